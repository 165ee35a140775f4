#include "routing/cluster_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "routing/host_routes_fixture.h"

namespace mex::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr const char* kName = "test-1.tenant-1.edge.example";

proxy::PassthroughServers servers(const std::vector<const char*>& texts) {
  proxy::PassthroughServers parsed;
  for (const char* text : texts) {
    parsed.push_back(*proxy::PassthroughServers::value_type::parse(text));
  }
  return parsed;
}

class ClusterAccessTest : public HostRoutesFixture {
 protected:
  void SetUp() override {
    HostRoutesFixture::SetUp();
    if (IsSkipped()) return;
    access_ = std::make_unique<ClusterAccess>(*routes_, [this](proxy::PassthroughTablePtr table) {
      applied_.push_back(std::move(table));
    });
  }

  ClusterWay way_ = {.cluster_id = "k3x9",
                     .api_server_name = kName,
                     .api_servers = servers({"10.101.7.10:6443", "10.101.7.11:6443"}),
                     .subnet = "10.101.7.0/24",
                     .gateway = "10.0.0.9"};
  std::vector<proxy::PassthroughTablePtr> applied_;
  std::unique_ptr<ClusterAccess> access_;
};

TEST_F(ClusterAccessTest, LeadToTheNodesAndToTheApiServer) {
  access_->use({way_});
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.9"));
  ASSERT_EQ(applied_.size(), 1U);
  EXPECT_THAT(*applied_[0], ElementsAre(Pair(kName, way_.api_servers)));
  access_->use({});
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0/24")));
  ASSERT_EQ(applied_.size(), 2U);
  EXPECT_TRUE(applied_[1]->empty());
}

TEST_F(ClusterAccessTest, TheTableIsAppliedOnlyWhenItHasChanged) {
  access_->use({});
  EXPECT_TRUE(applied_.empty());
  access_->use({way_});
  access_->use({way_});
  way_.gateway = "10.0.0.10";
  access_->use({way_});
  EXPECT_EQ(applied_.size(), 1U);
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.10"));
  way_.api_servers.pop_back();
  access_->use({way_});
  ASSERT_EQ(applied_.size(), 2U);
  EXPECT_THAT(*applied_[1], ElementsAre(Pair(kName, servers({"10.101.7.10:6443"}))));
}

TEST_F(ClusterAccessTest, ANameWithoutAServerStaysOurs) {
  way_.api_servers.clear();
  access_->use({way_});
  ASSERT_EQ(applied_.size(), 1U);
  EXPECT_THAT(*applied_[0], ElementsAre(Pair(kName, servers({}))));
}

TEST_F(ClusterAccessTest, AClusterMayNeedOnlyOneOfTheTwo) {
  ClusterWay unnamed = way_;
  unnamed.api_server_name.clear();
  access_->use({unnamed});
  EXPECT_TRUE(applied_.empty());
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.9"));
  ClusterWay shared = way_;
  shared.subnet.clear();
  shared.gateway.clear();
  access_->use({shared});
  EXPECT_EQ(applied_.size(), 1U);
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0/24")));
}

TEST_F(ClusterAccessTest, WithoutAProxyThereAreRoutesOnly) {
  ClusterAccess only_routes(*routes_, nullptr);
  only_routes.use({way_});
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.9"));
}

}  // namespace
}  // namespace mex::routing
