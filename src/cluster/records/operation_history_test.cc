#include "cluster/records/operation_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

OperationRecord operation(std::string id) {
  OperationRecord record;
  record.id = std::move(id);
  return record;
}

TEST(OperationHistory, ForgetsTheOldestAndSaysSo) {
  OperationHistory history(2);
  EXPECT_THAT(history.add(operation("a")), IsEmpty());
  EXPECT_THAT(history.add(operation("b")), IsEmpty());
  EXPECT_THAT(history.add(operation("c")), ElementsAre("a"));
  EXPECT_EQ(history.all().size(), 2U);
  EXPECT_FALSE(history.find("a"));
  EXPECT_EQ(history.find("c")->id, "c");
}

TEST(OperationHistory, KnowsTheLatestOfAClusterThatIsDone) {
  OperationHistory history(8);
  const auto of = [](std::string id, OperationState state, std::string cluster = "1") {
    OperationRecord record = operation(std::move(id));
    record.cluster_id = std::move(cluster);
    record.state = state;
    return record;
  };
  EXPECT_FALSE(history.latest_done("1"));
  history.add(of("a", OperationState::Done));
  history.add(of("b", OperationState::Done));
  history.add(of("c", OperationState::Failed));
  history.add(of("d", OperationState::Done, "2"));
  EXPECT_EQ(history.latest_done("1")->id, "b");
}

TEST(OperationHistory, TellsWhatItsClusterDidSince) {
  OperationHistory history(8);
  const auto of = [](std::string id, std::string cluster) {
    OperationRecord record = operation(std::move(id));
    record.cluster_id = std::move(cluster);
    return record;
  };
  for (const auto& [id, cluster] : {std::pair{"a", "1"}, {"b", "1"}, {"c", "2"}, {"d", "1"}}) {
    history.add(of(id, cluster));
  }
  const auto since = history.since(of("a", "1"));
  ASSERT_EQ(since.size(), 2U);
  EXPECT_EQ(since[0].id, "b");
  EXPECT_EQ(since[1].id, "d");
  EXPECT_THAT(history.since(of("d", "1")), IsEmpty());
  EXPECT_THAT(history.since(of("none", "1")), IsEmpty());
}

}  // namespace
}  // namespace mex::cluster
