// The agent's own routes, to its clusters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "routing/host_routes_fixture.h"
#include "routing/stored_host_route.h"
#include "store/store.h"

namespace mex::routing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSubnet = "10.101.7.0/24";
constexpr const char* kLineOfCluster =
    "10.101.7.0/24 via 10.0.0.9 dev inside proto mexosagent cluster k3x9\n";
const ClusterRoute kWay{"k3x9", kSubnet, "10.0.0.9"};

// A store whose disk may be full.
class FullableStore final : public store::Store {
 public:
  explicit FullableStore(store::Store& real) : real_(real) {}
  absl::StatusOr<store::Entry> get(std::string_view key) const override { return real_.get(key); }
  absl::StatusOr<std::vector<store::Entry>> list(std::string_view prefix) const override {
    return real_.list(prefix);
  }
  absl::StatusOr<store::Revision> commit(const store::Transaction& transaction) override {
    if (is_full) return absl::UnavailableError("disk is full");
    return real_.commit(transaction);
  }

  bool is_full = false;

 private:
  store::Store& real_;
};

class ClusterRoutesTest : public HostRoutesFixture {
 protected:
  std::size_t stored() const { return store_->list(kClusterRoutePrefix)->size(); }
};

TEST_F(ClusterRoutesTest, AreListedAsTheAgentsOwnAndGoWithTheirCluster) {
  routes_->use_cluster_routes({kWay, {"m8p2", "10.101.8.0/24", "10.0.0.10"}});
  EXPECT_THAT(table(), HasSubstr(kLineOfCluster));
  EXPECT_THAT(table(), HasSubstr("10.101.8.0/24 via 10.0.0.10"));
  ASSERT_EQ(routes_->list().size(), 2U);
  EXPECT_EQ(routes_->list()[0].cluster_id, "k3x9");
  EXPECT_EQ(routes_->list()[0].problem, "");
  routes_->use_cluster_routes({{"m8p2", "10.101.8.0/24", "10.0.0.10"}});
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0")));
  EXPECT_THAT(table(), HasSubstr("10.101.8.0/24 via 10.0.0.10"));
  EXPECT_EQ(routes_->list().size(), 1U);
  EXPECT_EQ(stored(), 1U);
}

TEST_F(ClusterRoutesTest, AnotherGatewayReplacesAndAnUnknownOneChangesNothing) {
  routes_->use_cluster_routes({{"k3x9", kSubnet, ""}});
  EXPECT_TRUE(routes_->list().empty()) << "no way is known yet";
  routes_->use_cluster_routes({kWay});
  routes_->use_cluster_routes({{"k3x9", kSubnet, "10.0.0.10"}});
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.10 dev inside"));
  routes_->use_cluster_routes({{"k3x9", kSubnet, ""}});
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.10 dev inside"));
  routes_->use_cluster_routes({{"m8p2", kSubnet, ""}});
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0"))) << "the way to another cluster";
}

TEST_F(ClusterRoutesTest, CannotBeDeletedByTheOperator) {
  routes_->use_cluster_routes({kWay});
  const absl::Status refused = routes_->remove({{kSubnet, "", ""}});
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(base::message_of(refused)),
              HasSubstr("the agent's own way to cluster k3x9 and goes with the cluster"));
  EXPECT_THAT(table(), HasSubstr(kLineOfCluster));
}

TEST_F(ClusterRoutesTest, TheOperatorsRouteToTheSameSubnetGoesBefore) {
  const HostRoute operators{kSubnet, "10.0.0.77", ""};
  routes_->use_cluster_routes({kWay});
  ASSERT_TRUE(routes_->add({operators}).ok());
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.77 dev inside proto mexosagent\n"));
  EXPECT_THAT(table(), Not(HasSubstr("cluster k3x9")));
  routes_->use_cluster_routes({kWay, {"m8p2", "10.101.8.0/24", "10.0.0.10"}});
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.77"));
  EXPECT_THAT(table(), EndsWith("not in force: 10.101.7.0/24 via 10.0.0.9: the operator has a "
                                "route to the same subnet\n"));
  ASSERT_EQ(routes_->list().size(), 3U);
  EXPECT_EQ(routes_->list()[0].route, operators);
  EXPECT_THAT(routes_->list()[1].problem, HasSubstr("the operator has a route"));

  ASSERT_TRUE(routes_->remove({operators}).ok());
  EXPECT_THAT(table(), HasSubstr(kLineOfCluster)) << "the agent's takes its place";
  EXPECT_THAT(table(), Not(HasSubstr("10.0.0.77")));
}

TEST_F(ClusterRoutesTest, TheEndOfAClusterLeavesTheOperatorsRouteAlone) {
  routes_->use_cluster_routes({kWay});
  ASSERT_TRUE(routes_->add({{kSubnet, "10.0.0.77", ""}}).ok());
  routes_->use_cluster_routes({});
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.77"));
  EXPECT_EQ(routes_->list().size(), 1U);
  EXPECT_EQ(stored(), 0U);
}

TEST_F(ClusterRoutesTest, AnOperatorsRouteThatIsRefusedLeavesTheAgentsInPlace) {
  routes_->use_cluster_routes({kWay});
  EXPECT_FALSE(routes_->add({{kSubnet, "192.0.2.1", ""}}).ok());
  EXPECT_THAT(table(), HasSubstr(kLineOfCluster));
  EXPECT_EQ(routes_->list().size(), 1U);
}

TEST_F(ClusterRoutesTest, SomebodyElsesRouteIsNeitherReplacedNorRemoved) {
  ip("route add 10.101.7.0/24 via 10.0.0.77");
  routes_->use_cluster_routes({kWay});
  EXPECT_THAT(routes_->list()[0].problem, HasSubstr("the host has another route there"));
  routes_->use_cluster_routes({});
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.77 dev inside\n"));
}

TEST_F(ClusterRoutesTest, AGatewayOutOfReachIsShownAndTriedAgain) {
  routes_->use_cluster_routes({{"k3x9", kSubnet, "172.24.4.17"}});
  EXPECT_THAT(table(), EndsWith("not in force: 10.101.7.0/24 via 172.24.4.17: the gateway is on no "
                                "network of this host\n"));
  ip("addr add 172.24.4.1/24 dev inside");
  await([&] { return routes_->list()[0].problem.empty(); });
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 172.24.4.17 dev inside proto mexosagent "
                                 "cluster k3x9\n"));
}

TEST_F(ClusterRoutesTest, ComeBackWithTheInterface) {
  routes_->use_cluster_routes({kWay});
  ip("link set inside down");
  await([&] { return !routes_->list()[0].problem.empty(); });
  EXPECT_THAT(table(), Not(HasSubstr(kLineOfCluster)));
  ip("link set inside up");
  await([&] { return table().find(kLineOfCluster) != std::string::npos; });
}

TEST_F(ClusterRoutesTest, TheNextProcessHasThemBeforeItKnowsOfClusters) {
  routes_->use_cluster_routes({kWay});
  routes_.reset();
  ip("route del 10.101.7.0/24");
  restart();
  EXPECT_THAT(table(), HasSubstr(kLineOfCluster));
  routes_->use_cluster_routes({kWay});
  EXPECT_THAT(table(), HasSubstr(kLineOfCluster));
}

TEST_F(ClusterRoutesTest, TheNextProcessRemovesThoseWhoseClusterIsGoneAndNoOthers) {
  routes_->use_cluster_routes({kWay});
  ASSERT_TRUE(routes_->add({{"10.101.9.0/24", "10.0.0.9", ""}}).ok());
  // With our mark but of no record: another agent's on the same host.
  ip("route add 10.101.10.0/24 via 10.0.0.9 proto 109");
  restart();
  routes_->use_cluster_routes({});
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0")));
  EXPECT_THAT(table(), HasSubstr("10.101.9.0/24 via 10.0.0.9"));
  EXPECT_THAT(table(), HasSubstr("10.101.10.0/24 via 10.0.0.9"));
}

// The process died after it had stored that the route is unwanted and before it removed it.
TEST_F(ClusterRoutesTest, AnInterruptedRemovalIsFinishedByTheNextProcess) {
  routes_->use_cluster_routes({kWay});
  store::Transaction intent;
  intent.put(host_route_key(kClusterRoutePrefix, kSubnet),
             to_json(StoredHostRoute{{kSubnet, "10.0.0.9", ""}, "k3x9", false}));
  ASSERT_TRUE(store_->commit(intent).ok());
  restart();
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0")));
  EXPECT_EQ(stored(), 0U);
}

TEST_F(ClusterRoutesTest, NothingIsDoneThatCannotBeWrittenDownAndItIsTriedAgain) {
  FullableStore store(*store_);
  routes_ = HostRoutes::open(store).value();
  ASSERT_TRUE(routes_->restore().ok());
  store.is_full = true;
  routes_->use_cluster_routes({kWay});
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0")));
  store.is_full = false;
  ip("addr add 10.0.1.1/24 dev inside");
  await([&] { return table().find(kLineOfCluster) != std::string::npos; });
  store.is_full = true;
  routes_->use_cluster_routes({});
  EXPECT_THAT(table(), HasSubstr(kLineOfCluster));
  store.is_full = false;
  routes_->use_cluster_routes({});
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0")));
  EXPECT_EQ(stored(), 0U);
  routes_.reset();
}

TEST_F(ClusterRoutesTest, WhatMakesNoSenseIsLeftOut) {
  routes_->use_cluster_routes({{"a", "10.101.7.0", ""},
                               {"b", "0.0.0.0/0", "10.0.0.9"},
                               {"c", kSubnet, "router"},
                               {"d", kSubnet, "10.0.0.9"},
                               {"e", kSubnet, "10.0.0.10"}});
  ASSERT_EQ(routes_->list().size(), 1U);
  EXPECT_EQ(routes_->list()[0].cluster_id, "d") << "of two to one subnet the first";
}

}  // namespace
}  // namespace mex::routing
