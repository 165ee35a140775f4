#include "api/views.h"

#include <gtest/gtest.h>

#include "api/transcoding/request_message.h"

namespace mex::api {
namespace {

using std::chrono::milliseconds;
using transcoding::reply_json;

base::WallTime at(std::int64_t ms) { return base::WallTime(milliseconds(ms)); }

cluster::StepView blocked_until(base::WallTime time) {
  cluster::StepView step;
  step.state = cluster::StepState::Blocked;
  step.retry_at = time;
  return step;
}

TEST(ViewsTest, ClusterShowsStateReasonAndNodes) {
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

TEST(ViewsTest, ReasonIsOneLineInTheFirstApi) {
  cluster::ClusterView view;
  view.phase = cluster::ClusterPhase::Active;
  EXPECT_EQ(to_provision(view).reason(), "");
  EXPECT_EQ(to_provision(view).state(), "ACTIVE");
  view.reason = {"no image", "ImageNotFound", "req-1", "name another", {}};
  EXPECT_EQ(to_provision(view).reason(), "no image (req-1); name another");
  view.reason.message = "no image, says req-1";
  EXPECT_EQ(to_provision(view).reason(), "no image, says req-1; name another");
}

TEST(ViewsTest, OperationShowsItsWaterfall) {
  cluster::OperationView view;
  view.id = "o1";
  view.state = cluster::OperationState::Blocked;
  view.steps = {blocked_until(at(9'000)), blocked_until(at(7'000))};
  cluster::StepView& token = *view.steps.emplace(view.steps.begin());
  token.name = "token";
  token.state = cluster::StepState::Done;
  token.started = at(0);
  token.ended = at(20);
  token.attempts = 1;
  token.request_id = "req-9";
  const auto operation = to_proto(view);
  EXPECT_EQ(operation.state(), ::mexosagent::v1::Operation::BLOCKED);
  EXPECT_EQ(operation.kind(), ::mexosagent::v1::Operation::CREATE);
  EXPECT_EQ(operation.retry_at().seconds(), 7);
  EXPECT_EQ(*reply_json(operation.steps(0)),
            R"({"name":"token","state":"DONE","started_at":"1970-01-01T00:00:00Z",)"
            R"("ended_at":"1970-01-01T00:00:00.020Z","attempts":1,)"
            R"("openstack_request_id":"req-9"})");
}

TEST(ViewsTest, RouteShowsItsCounters) {
  routing::ProxyRouteView view;
  view.path = "/p";
  view.counters.requests = 3;
  view.counters.status_classes[1] = 2;
  view.counters.status_classes[4] = 1;
  const auto route = to_proto(view);
  EXPECT_EQ(route.counters().requests(), 3U);
  EXPECT_EQ(route.counters().responses_2xx(), 2U);
  EXPECT_EQ(route.counters().responses_5xx(), 1U);
  EXPECT_EQ(to_proxy(view).path(), "/p");
}

}  // namespace
}  // namespace mex::api
