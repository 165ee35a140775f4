#include "api/v1/operation_proto.h"

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

TEST(OperationProtoTest, OperationShowsItsWaterfall) {
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

}  // namespace
}  // namespace mex::api
