#include "dns/peer_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::dns {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PeerWatchTest, DeadIsWhoseBeatStandsStill) {
  PeerWatch watch(seconds(15));
  const base::SteadyTime begin{};
  for (int second = 0; second <= 20; ++second) {
    watch.see("a", {"alive", {}, false, static_cast<std::uint64_t>(second)},
              begin + seconds(second));
    watch.see("a", {"dead", {}, false, 7}, begin + seconds(second));
  }
  EXPECT_THAT(watch.dead("a", begin + seconds(15)), IsEmpty());
  EXPECT_THAT(watch.dead("a", begin + seconds(20)), ElementsAre("dead"));
}

// An agent that was killed between two names shows two beats, for ever.
TEST(PeerWatchTest, NamesAreWatchedOneByOne) {
  PeerWatch watch(seconds(15));
  const base::SteadyTime begin{};
  for (int second = 0; second <= 20; ++second) {
    watch.see("a", {"dead", {}, false, 7}, begin + seconds(second));
    watch.see("b", {"dead", {}, false, 8}, begin + seconds(second));
  }
  EXPECT_THAT(watch.dead("a", begin + seconds(20)), ElementsAre("dead"));
  EXPECT_THAT(watch.dead("b", begin + seconds(20)), ElementsAre("dead"));
  EXPECT_THAT(watch.dead("c", begin + seconds(20)), IsEmpty());
}

}  // namespace
}  // namespace mex::dns
