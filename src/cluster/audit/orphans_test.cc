#include "cluster/audit/orphans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "cluster/records/inventory_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const ResourceKey kNetwork{ResourceKind::Network, {}};
const ResourceKey kServer{ResourceKind::Server, "worker-1"};

class OrphansTest : public testing::Test {
 protected:
  void look() { orphans_.update(seen_, known_, base::system_clock().wall_now()); }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const Orphan& orphan : orphans_.view().orphans) ids.push_back(orphan.resource.id);
    return ids;
  }

  std::map<std::string, Inventory> seen_{
      {kTestClusterId, {seen_at(kServer, "s"), seen_at(kNetwork, "n")}}};
  std::set<std::string> known_;
  Orphans orphans_;
};

TEST_F(OrphansTest, BeforeTheFirstLookNothingIsKnown) {
  EXPECT_FALSE(orphans_.view().observed_at);
  orphans_.look_failed(absl::UnavailableError("no route"));
  EXPECT_EQ(orphans_.view().problem, "no route");
  look();
  EXPECT_TRUE(orphans_.view().observed_at);
  EXPECT_EQ(orphans_.view().problem, "");
}

TEST_F(OrphansTest, AreShownAtTheSecondLook) {
  look();
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_TRUE(orphans_.is_waiting());
  look();
  EXPECT_THAT(ids(), ElementsAre("n", "s")) << "by kind";
  EXPECT_FALSE(orphans_.is_waiting());
  EXPECT_EQ(orphans_.view().orphans[0].cluster_id, kTestClusterId);
}

TEST_F(OrphansTest, WhatBelongsToAClusterOfTheAgentIsNone) {
  known_.insert(kTestClusterId);
  look();
  look();
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_F(OrphansTest, OneThatIsGoneIsForgotten) {
  look();
  seen_[kTestClusterId].pop_back();
  look();
  EXPECT_THAT(ids(), ElementsAre("s"));
  seen_.clear();
  look();
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_F(OrphansTest, NothingIsRemovedThatNobodyAskedFor) {
  look();
  look();
  EXPECT_THAT(orphans_.to_remove(), IsEmpty());
  ASSERT_TRUE(orphans_.request_removal({"s"}).ok());
  EXPECT_EQ(orphans_.to_remove(),
            (std::map<std::string, Inventory>{{kTestClusterId, {seen_at(kServer, "s")}}}));
  EXPECT_TRUE(orphans_.is_waiting());
}

TEST_F(OrphansTest, AnIdThatIsNoneOfThemIsNamedAndNothingIsRemoved) {
  look();
  EXPECT_TRUE(absl::IsNotFound(orphans_.request_removal({"s"}))) << "seen once only";
  look();
  const absl::Status status = orphans_.request_removal({"s", "mine"});
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(base::message_of(status), HasSubstr("mine"));
  EXPECT_THAT(orphans_.to_remove(), IsEmpty());
}

TEST_F(OrphansTest, WhyOneCouldNotBeRemovedIsShownUntilItIsAskedForAgain) {
  look();
  look();
  ASSERT_TRUE(orphans_.request_removal({"n"}).ok());
  orphans_.removal_failed("n", "in use");
  orphans_.removal_failed("unknown", "in use");
  look();
  EXPECT_EQ(orphans_.view().orphans[0].problem, "in use");
  EXPECT_TRUE(orphans_.view().orphans[0].is_being_removed);
  ASSERT_TRUE(orphans_.request_removal({"n"}).ok());
  EXPECT_EQ(orphans_.view().orphans[0].problem, "");
}

}  // namespace
}  // namespace mex::cluster
