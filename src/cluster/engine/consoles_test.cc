#include "cluster/engine/consoles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "cluster/flavor/test_time.h"

namespace mex::cluster {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ConsolesTest, AMachineIsAwaitedForAWhileBeforeItsConsoleIsRead) {
  Consoles consoles;
  EXPECT_THAT(consoles.due({{"master-1", at_second(100)}}, seconds(10), at_second(109)), IsEmpty());
  EXPECT_THAT(consoles.due({{"master-1", at_second(100)}}, seconds(10), at_second(110)),
              ElementsAre("master-1"));
  EXPECT_THAT(consoles.due({{"master-1", at_second(100)}}, seconds(10), at_second(119)), IsEmpty());
}

TEST(ConsolesTest, AtMostThreeAreReadAtOnceAndTheOthersNext) {
  Consoles consoles;
  const std::vector<Consoles::Candidate> all{
      {"a", at_second(0)}, {"b", at_second(0)}, {"c", at_second(0)}, {"d", at_second(0)}};
  const auto first = consoles.due(all, seconds(10), at_second(20));
  EXPECT_EQ(first.size(), Consoles::kMaxAtOnce);
  const auto second = consoles.due(all, seconds(10), at_second(30));
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
