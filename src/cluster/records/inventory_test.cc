#include "cluster/records/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/records/inventory_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const ResourceKey kNetwork{ResourceKind::Network, {}};
const ResourceKey kMaster{ResourceKind::Server, "master-1"};

Choice choice_of(const Inventory& inventory, const ResourceIds& journal,
                 Precedence precedence = Precedence::OfTheJournal) {
  return choose(inventory, journal, test_spec(), kTestClusterId, precedence);
}

TEST(ResourceKeys, AreAllOfAnIsolatedCluster) {
  EXPECT_EQ(resource_keys(test_spec()).size(), 4U + 3U + 3U);
  ClusterSpec shared = test_spec();
  shared.scheme = NetworkScheme::Shared;
  shared.network = "net-1";
  EXPECT_EQ(resource_keys(shared).size(), 1U + 3U + 3U);
}

TEST(Choose, FindsEachPlaceByName) {
  const Choice choice = choice_of(whole_inventory(), {});
  EXPECT_EQ(choice.chosen, whole_journal());
  EXPECT_THAT(choice.duplicates, IsEmpty());
  EXPECT_THAT(choice.unowned, IsEmpty());
}

TEST(Choose, TheJournalDecidesBetweenTwo) {
  const Inventory two{seen_at(kNetwork, "a"), seen_at(kNetwork, "b")};
  const Choice choice = choice_of(two, {{kNetwork, "b"}});
  EXPECT_EQ(choice.chosen.at(kNetwork), "b");
  EXPECT_THAT(choice.duplicates, ElementsAre(two[0]));
}

TEST(Choose, WithoutAJournalTheSmallestIdDecides) {
  const Inventory two{seen_at(kNetwork, "b"), seen_at(kNetwork, "a")};
  EXPECT_EQ(choice_of(two, {}).chosen.at(kNetwork), "a");
}

TEST(Choose, WhileAClusterIsMadeAWorkingServerIsBetterThanAJournaledBrokenOne) {
  const Inventory two{seen_at(kMaster, "a", "ERROR"), seen_at(kMaster, "b", "ACTIVE")};
  const Choice choice = choice_of(two, {{kMaster, "a"}}, Precedence::OfWorkingServers);
  EXPECT_EQ(choice.chosen.at(kMaster), "b");
  EXPECT_THAT(choice.duplicates, ElementsAre(two[0]));
  const Inventory one{seen_at(kMaster, "a", "ERROR")};
  EXPECT_EQ(choice_of(one, {{kMaster, "a"}}).chosen.at(kMaster), "a");
}

// The symptom: Nova has a server in ERROR whose node is Ready, a second one for its place turns up,
// and the Ready one is removed without a drain as the duplicate of the other.
TEST(Choose, LaterTheJournaledServerStaysWhateverNovaSaysOfIt) {
  const Inventory two{seen_at(kMaster, "a", "ACTIVE"), seen_at(kMaster, "b", "ERROR")};
  const Choice choice = choice_of(two, {{kMaster, "b"}});
  EXPECT_EQ(choice.chosen.at(kMaster), "b");
  EXPECT_THAT(choice.duplicates, ElementsAre(two[0]));
  EXPECT_EQ(choice_of(two, {}).chosen.at(kMaster), "a") << "neither is journaled";
}

TEST(Choose, ForgetsWhatIsGone) { EXPECT_THAT(choice_of({}, {{kNetwork, "a"}}).chosen, IsEmpty()); }

TEST(Choose, MarkedThingsOfOtherNamesAreStrangers) {
  ObservedResource odd = seen_at(kNetwork, "a");
  odd.name = "somebody-elses";
  const Choice choice = choice_of({odd}, {});
  EXPECT_THAT(choice.chosen, IsEmpty());
  EXPECT_THAT(choice.unowned, ElementsAre(odd));
}

TEST(Choose, AJournaledResourceThatLostItsMarkStillCounts) {
  ObservedResource unmarked = seen_at(kNetwork, "a");
  unmarked.is_marked = false;
  unmarked.name = "renamed";
  EXPECT_EQ(choice_of({unmarked}, {{kNetwork, "a"}}).chosen.at(kNetwork), "a");
  // And it is never called a duplicate, for duplicates are removed.
  const Choice choice = choice_of({unmarked, seen_at(kNetwork, "0")}, {{kNetwork, "a"}});
  EXPECT_EQ(choice.chosen.at(kNetwork), "a");
  EXPECT_THAT(choice.duplicates, ElementsAre(seen_at(kNetwork, "0")));
}

}  // namespace
}  // namespace mex::cluster
