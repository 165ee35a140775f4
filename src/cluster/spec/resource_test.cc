#include "cluster/spec/resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

using testing::Contains;
using testing::Each;
using testing::SizeIs;

TEST(ResourceKey, TextAndBack) {
  for (const ResourceKey& key :
       {ResourceKey{ResourceKind::Network, {}}, ResourceKey{ResourceKind::SecurityGroup, {}},
        ResourceKey{ResourceKind::Port, "master-1"},
        ResourceKey{ResourceKind::ServerGroup, "worker"},
        ResourceKey{ResourceKind::Server, "worker-2"}}) {
    EXPECT_EQ(resource_key_from_string(to_string(key)), key) << to_string(key);
  }
  for (const char* wrong : {"", "server", "network x", "pod a", "server ", "server-group"}) {
    EXPECT_FALSE(resource_key_from_string(wrong)) << wrong;
  }
}

TEST(Mark, TextAndBack) {
  const Owner owner{"ag3nt", "k3v9x2ab"};
  EXPECT_EQ(owner_of(mark_of(owner)), owner);
  for (const char* none : {"", "mexosagent", "mexosagent agent=a", "mexosagent agent=a cluster=",
                           "mexosagent agent=a cluster=b c", "mexosagent agent=a b cluster=c",
                           " mexosagent agent=a cluster=b", "my mexosagent agent=a cluster=b"}) {
    EXPECT_FALSE(owner_of(none)) << none;
  }
}

// With the longest names everything is still within the limits of tags (60) and host names (63).
TEST(Names, StayWithinTheLimits) {
  const std::string longest(kMaxNameLength, 'a');
  const Owner owner{"abcdefgh", "ijklmnop"};
  EXPECT_THAT(tags_of(owner, longest, longest, {ResourceKind::SecurityGroup, {}}),
              Each(SizeIs(testing::Le(60U))));
  EXPECT_LE(resource_name(longest, owner.cluster_id, {ResourceKind::Server, "worker-99"}).size(),
            63U);
}

TEST(Names, SayWhoseTheyAre) {
  const Owner owner{"ag3nt", "k3v9x2ab"};
  EXPECT_EQ(mark_of(owner), "mexosagent agent=ag3nt cluster=k3v9x2ab");
  const auto tags = tags_of(owner, "tenant-1", "test-1", {ResourceKind::Server, "master-1"});
  for (const char* tag : {"mexosagent", "mex:agent=ag3nt", "mex:cluster=k3v9x2ab",
                          "mex:tenant=tenant-1", "mex:name=test-1", "mex:slot=master-1"}) {
    EXPECT_THAT(tags, Contains(tag));
  }
  EXPECT_EQ(resource_name("test-1", "k3v9x2ab", {ResourceKind::Server, "master-1"}),
            "test-1-k3v9x2ab-master-1");
  EXPECT_EQ(resource_name("test-1", "k3v9x2ab", {ResourceKind::Network, {}}),
            "test-1-k3v9x2ab-network");
  EXPECT_EQ(resource_name("test-1", "k3v9x2ab", {ResourceKind::ServerGroup, "worker"}),
            "test-1-k3v9x2ab-server-group-worker");
}

}  // namespace
}  // namespace mex::cluster
