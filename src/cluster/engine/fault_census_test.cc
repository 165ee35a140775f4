#include "cluster/engine/fault_census.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

using testing::HasSubstr;

TEST(FaultCensus, MoreThanAFifthIsTheCloud) {
  FaultCensus census;
  census.report("a", 10, 2);
  census.report("b", 10, 2);
  EXPECT_EQ(census.problem(), "") << "4 of 20";
  census.report("b", 10, 3);
  EXPECT_THAT(census.problem(), HasSubstr("5 of the 20 nodes"));
  census.report("b", 10, 0);
  EXPECT_EQ(census.problem(), "");
}

TEST(FaultCensus, AFewFaultsAreRepairedHoweverSmallTheFleet) {
  FaultCensus census;
  census.report("a", 3, 2);
  census.report("b", 3, 1);
  EXPECT_EQ(census.problem(), "");
  census.report("b", 3, 2);
  EXPECT_NE(census.problem(), "");
}

TEST(FaultCensus, AClusterThatIsGoneDoesNotCount) {
  FaultCensus census;
  census.report("a", 4, 4);
  EXPECT_NE(census.problem(), "");
  census.forget("a");
  EXPECT_EQ(census.problem(), "");
}

}  // namespace
}  // namespace mex::cluster
