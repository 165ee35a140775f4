#include "api/views.h"

#include <gtest/gtest.h>

#include "api/transcoding/request_message.h"

namespace mex::api {
namespace {

using std::chrono::milliseconds;
using transcoding::reply_json;

base::WallTime at(std::int64_t ms) { return base::WallTime(milliseconds(ms)); }

TEST(ViewsTest, ClusterShowsStateReasonAndNodes) {
  cluster::ClusterView view;
  view.id = "c1";
  view.tenant = "t";
  view.name = "n";
  view.phase = cluster::ClusterPhase::Failed;
  view.reason = {"quota", "QuotaExceeded", "req-1", "raise it"};
  view.created = at(1'500);
  view.subnet = "10.101.0.0/24";
  view.nodes.push_back(
      {.slot = "master-1", .role = "master", .status = "ERROR", .fault = "No host"});
  view.conditions.push_back({.type = "ServersActive", .status = "False", .observed_at = at(0)});
  EXPECT_EQ(*reply_json(to_proto(view)),
            R"({"id":"c1","tenant":"t","name":"n","state":"FAILED","reason":{"message":"quota",)"
            R"("code":"QuotaExceeded","openstack_request_id":"req-1","next":"raise it"},)"
            R"("conditions":[{"type":"ServersActive","status":"False",)"
            R"("observed_at":"1970-01-01T00:00:00Z"}],"network":{"cidr":"10.101.0.0/24"},)"
            R"("nodes":[{"slot":"master-1","role":"master","status":"ERROR","fault":"No host"}],)"
            R"("created_at":"1970-01-01T00:00:01.500Z"})");
}

TEST(ViewsTest, ReasonIsOneLineInTheFirstApi) {
  cluster::ClusterView view;
  view.phase = cluster::ClusterPhase::Active;
  EXPECT_EQ(to_provision(view).reason(), "");
  EXPECT_EQ(to_provision(view).state(), "ACTIVE");
  view.reason = {"no image", "ImageNotFound", "req-1", "name another"};
  EXPECT_EQ(to_provision(view).reason(), "no image (req-1); name another");
  view.reason.message = "no image, says req-1";
  EXPECT_EQ(to_provision(view).reason(), "no image, says req-1; name another");
}

TEST(ViewsTest, OperationShowsItsWaterfall) {
  cluster::OperationView view;
  view.id = "o1";
  view.state = cluster::OperationState::Blocked;
  view.steps.resize(3);
  view.steps[0] = {.name = "token",
                   .state = cluster::StepState::Done,
                   .started = at(0),
                   .ended = at(20),
                   .attempts = 1};
  view.steps[1] = {.name = "a", .state = cluster::StepState::Blocked, .retry_at = at(9'000)};
  view.steps[2] = {.name = "b", .state = cluster::StepState::Blocked, .retry_at = at(7'000)};
  const auto operation = to_proto(view);
  EXPECT_EQ(operation.state(), ::mexosagent::v1::Operation::BLOCKED);
  EXPECT_EQ(operation.kind(), ::mexosagent::v1::Operation::CREATE);
  EXPECT_EQ(operation.retry_at().seconds(), 7);
  EXPECT_EQ(*reply_json(operation.steps(0)),
            R"({"name":"token","state":"DONE","started_at":"1970-01-01T00:00:00Z",)"
            R"("ended_at":"1970-01-01T00:00:00.020Z","attempts":1})");
}

TEST(ViewsTest, RouteShowsItsCounters) {
  edge::ProxyRouteView view{.name = "n", .path = "/p", .origin = "http://o"};
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
