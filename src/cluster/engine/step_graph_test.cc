#include "cluster/engine/step_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "cluster/flavor/test_time.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

StepKey key(std::string name) { return {StepKind::FindImage, std::move(name)}; }

PlannedStep step(std::string name, const std::vector<std::string>& after = {}) {
  PlannedStep made = plain_step(key(std::move(name)), LogIn{});
  for (const std::string& before : after) made.after.push_back(key(before));
  return made;
}

class StepGraphTest : public testing::Test {
 protected:
  std::vector<std::string> ready() {
    std::vector<std::string> names;
    for (const PlannedStep* planned : graph_.ready(operation_)) {
      names.push_back(std::get<std::string>(planned->key.subject));
    }
    return names;
  }
  void set(const char* name, StepState state) { find_step(operation_, key(name))->state = state; }

  OperationRecord operation_;
  StepGraph graph_;
};

TEST_F(StepGraphTest, StepsAreReadyWhenAllBeforeThemAreDone) {
  graph_.begin({step("a"), step("b"), step("c", {"a", "b"}), step("d", {"c"})}, operation_,
               at_millisecond(1));
  EXPECT_THAT(ready(), ElementsAre("a", "b"));
  set("a", StepState::Done);
  set("b", StepState::Running);
  EXPECT_THAT(ready(), IsEmpty());
  set("b", StepState::Skipped);
  EXPECT_THAT(ready(), ElementsAre("c"));
  set("c", StepState::Blocked);
  EXPECT_THAT(ready(), IsEmpty());
  set("c", StepState::Failed);
  EXPECT_THAT(ready(), IsEmpty());
  EXPECT_FALSE(graph_.is_complete(operation_));
  set("c", StepState::Done);
  set("d", StepState::Done);
  EXPECT_TRUE(graph_.is_complete(operation_));
}

TEST_F(StepGraphTest, AnEmptyStageIsComplete) {
  graph_.begin({}, operation_, at_millisecond(1));
  EXPECT_TRUE(graph_.is_complete(operation_));
}

TEST_F(StepGraphTest, ALaterStageRunsKnownStepsAgainAndKeepsTheirHistory) {
  graph_.begin({step("a"), step("b")}, operation_, at_millisecond(1));
  StepView& first = *find_step(operation_, key("a"));
  first.state = StepState::Done;
  first.attempts = 3;
  first.outcome_unknown = true;
  first.ended = at_millisecond(2);
  PlannedStep done = step("b");
  done.is_done = true;
  done.resource_id = "id";
  graph_.begin({step("a"), done, step("c")}, operation_, at_millisecond(9));
  ASSERT_EQ(operation_.steps.size(), 3U);
  EXPECT_EQ(operation_.steps[0].state, StepState::Pending);
  EXPECT_EQ(operation_.steps[0].attempts, 3);
  EXPECT_TRUE(operation_.steps[0].outcome_unknown);
  EXPECT_FALSE(operation_.steps[0].ended);
  EXPECT_EQ(operation_.steps[1].state, StepState::Done);
  EXPECT_EQ(operation_.steps[1].resource_id, "id");
  EXPECT_EQ(operation_.steps[1].ended, at_millisecond(9));
  EXPECT_THAT(ready(), ElementsAre("a", "c"));
}

}  // namespace
}  // namespace mex::cluster
