#include "api/v1/cluster_proto.h"

#include <gtest/gtest.h>

#include "api/transcoding/request_message.h"

namespace mex::api {
namespace {

using std::chrono::milliseconds;
using transcoding::reply_json;

base::WallTime at(std::int64_t ms) { return base::WallTime(milliseconds(ms)); }

TEST(ClusterProtoTest, ClusterShowsStateReasonAndNodes) {
  cluster::ClusterView view;
  view.id = "c1";
  view.tenant = "t";
  view.name = "n";
  view.phase = cluster::ClusterPhase::Failed;
  view.reason = {"quota", "QuotaExceeded", "req-1", "raise it", "last words"};
  view.created = at(1'500);
  view.subnet = "10.101.0.0/24";
  view.router_id = "r1";
  cluster::NodeView& node = view.nodes.emplace_back();
  node.slot = "master-1";
  node.role = "master";
  node.status = "ERROR";
  node.fault = "No host";
  cluster::ConditionView& condition = view.conditions.emplace_back();
  condition.type = "ServersActive";
  condition.status = "False";
  EXPECT_EQ(
      *reply_json(to_proto(view)),
      R"({"id":"c1","tenant":"t","name":"n","state":"FAILED","reason":{"message":"quota",)"
      R"("code":"QuotaExceeded","openstack_request_id":"req-1","next":"raise it","console":"last words"},)"
      R"("conditions":[{"type":"ServersActive","status":"False",)"
      R"("observed_at":"1970-01-01T00:00:00Z","last_transition_at":"1970-01-01T00:00:00Z"}],)"
      R"("network":{"cidr":"10.101.0.0/24",)"
      R"("router_id":"r1"},)"
      R"("nodes":[{"slot":"master-1","role":"master","status":"ERROR","fault":"No host"}],)"
      R"("created_at":"1970-01-01T00:00:01.500Z"})");
}

}  // namespace
}  // namespace mex::api
