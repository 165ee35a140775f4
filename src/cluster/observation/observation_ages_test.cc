#include "cluster/observation/observation_ages.h"

#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

using std::chrono::seconds;

base::SteadyTime at(int second) { return base::SteadyTime(seconds(second)); }

TEST(ObservationAges, TheOldestOfAllClustersCounts) {
  ObservationAges ages;
  ages.report("a", {.servers = at(90), .api_server = at(95)});
  ages.report("b", {.servers = at(99), .api_server = at(40), .is_silent = true});
  ages.report("c", {});
  const auto oldest = ages.oldest(at(100));
  EXPECT_EQ(oldest.servers, seconds(10));
  EXPECT_EQ(oldest.api_servers, seconds(60));
  EXPECT_EQ(oldest.silent_api_servers, 1U);
}

TEST(ObservationAges, WhatIsSeenAgainIsYoungAndWhatIsGoneDoesNotCount) {
  ObservationAges ages;
  EXPECT_EQ(ages.oldest(at(100)).servers, seconds(0));
  ages.report("a", {.servers = at(10)});
  ages.report("b", {.servers = at(20), .is_silent = true});
  ages.report("a", {.servers = at(100)});
  EXPECT_EQ(ages.oldest(at(100)).servers, seconds(80));
  ages.forget("b");
  EXPECT_EQ(ages.oldest(at(100)).servers, seconds(0));
  EXPECT_EQ(ages.oldest(at(100)).silent_api_servers, 0U);
}

}  // namespace
}  // namespace mex::cluster
