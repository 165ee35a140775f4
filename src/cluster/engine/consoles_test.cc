#include "cluster/engine/consoles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace mex::cluster {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const base::SteadyTime kStart{};

TEST(ConsolesTest, AMachineIsAwaitedForAWhileBeforeItsConsoleIsRead) {
  Consoles consoles;
  EXPECT_THAT(consoles.due({{"master-1", seconds(9)}}, seconds(10), kStart), IsEmpty());
  EXPECT_THAT(consoles.due({{"master-1", seconds(10)}}, seconds(10), kStart + seconds(1)),
              ElementsAre("master-1"));
  EXPECT_THAT(consoles.due({{"master-1", seconds(19)}}, seconds(10), kStart + seconds(10)),
              IsEmpty());
}

TEST(ConsolesTest, AtMostThreeAreReadAtOnceAndTheOthersNext) {
  Consoles consoles;
  const std::vector<Consoles::Candidate> all{
      {"a", seconds(20)}, {"b", seconds(20)}, {"c", seconds(20)}, {"d", seconds(20)}};
  const auto first = consoles.due(all, seconds(10), kStart);
  EXPECT_EQ(first.size(), Consoles::kMaxAtOnce);
  const auto second = consoles.due(all, seconds(10), kStart + seconds(10));
  EXPECT_EQ(second.size(), Consoles::kMaxAtOnce);
  for (const char* slot : {"a", "b", "c", "d"}) {
    const bool is_in_first = std::find(first.begin(), first.end(), slot) != first.end();
    EXPECT_TRUE(is_in_first || second.front() == slot) << slot;
  }
}

TEST(ConsolesTest, ATextStaysUntilItIsReadAgain) {
  Consoles consoles;
  EXPECT_EQ(consoles.text("a"), "");
  consoles.set("a", "booting");
  EXPECT_EQ(consoles.text("a"), "booting");
  consoles.clear();
  EXPECT_EQ(consoles.text("a"), "");
}

}  // namespace
}  // namespace mex::cluster
