#include "cluster/records/owned_resource.h"

#include <gtest/gtest.h>

#include "cluster/records/inventory_fixture.h"

namespace mex::cluster {
namespace {

const ResourceKey kServer{ResourceKind::Server, "worker-1"};

std::optional<OwnedResource> prove(const ObservedResource& seen, const ResourceIds& journal) {
  return OwnedResource::prove(seen, journal, test_spec(), kTestClusterId);
}

TEST(OwnedResource, HasTheMarkAndAnIdOfTheJournal) {
  ObservedResource renamed = seen_at(kServer, "s");
  renamed.name = "renamed in a dashboard";
  const auto owned = prove(renamed, {{kServer, "s"}});
  ASSERT_TRUE(owned);
  EXPECT_EQ(owned->key(), kServer);
  EXPECT_EQ(owned->id(), "s");
}

TEST(OwnedResource, WhoseIdWasLostHasAName) {
  const auto owned = prove(seen_at(kServer, "late"), {{kServer, "s"}});
  ASSERT_TRUE(owned);
  EXPECT_EQ(owned->key(), kServer);
}

// The symptom: a worker's tags and description are taken off by hand, and its server is deleted.
TEST(OwnedResource, IsNoneWithoutTheMark) {
  ObservedResource unmarked = seen_at(kServer, "s");
  unmarked.is_marked = false;
  EXPECT_FALSE(prove(unmarked, {{kServer, "s"}}));
}

TEST(OwnedResource, IsNoneThatTheJournalDoesNotExplain) {
  ObservedResource strange = seen_at(kServer, "s");
  strange.name = "not ours";
  EXPECT_FALSE(prove(strange, {{kServer, "other"}}));
  strange.kind = ResourceKind::Port;
  EXPECT_FALSE(prove(strange, {{kServer, "s"}})) << "the id of another kind";
}

}  // namespace
}  // namespace mex::cluster
