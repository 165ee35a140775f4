#include "routing/host_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "routing/host_routes_fixture.h"
#include "routing/stored_host_route.h"
#include "store/store.h"

namespace mex::routing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using HostRoutesTest = HostRoutesFixture;

constexpr const char* kLine = "10.101.3.0/24 via 10.0.0.9 dev inside proto mexosagent\n";
const HostRoute kRoute{"10.101.3.0/24", "10.0.0.9", "inside"};

TEST_F(HostRoutesTest, AddsListsAndRemoves) {
  ASSERT_TRUE(routes_->add({kRoute}).ok());
  EXPECT_THAT(table(), StartsWith("10.0.0.0/24 dev inside proto kernel scope link src 10.0.0.1\n"));
  EXPECT_THAT(table(), HasSubstr(kLine));
  ASSERT_EQ(routes_->list().size(), 1U);
  EXPECT_EQ(routes_->list()[0].route, kRoute);
  EXPECT_EQ(routes_->list()[0].problem, "");
  ASSERT_TRUE(routes_->add({kRoute}).ok()) << "again is the same";
  ASSERT_TRUE(routes_->remove({{"10.101.3.0/24", "", ""}}).ok());
  EXPECT_THAT(table(), Not(HasSubstr("10.101.3.0")));
  EXPECT_TRUE(routes_->list().empty());
  EXPECT_TRUE(store_->list(kHostRoutePrefix)->empty());
}

TEST_F(HostRoutesTest, TheSameSubnetReplaces) {
  ASSERT_TRUE(routes_->add({kRoute}).ok());
  ASSERT_TRUE(routes_->add({{"10.101.3.0/24", "10.0.0.10", ""}}).ok());
  EXPECT_THAT(table(), HasSubstr("10.101.3.0/24 via 10.0.0.10 dev inside proto mexosagent\n"));
  EXPECT_THAT(table(), Not(HasSubstr("10.0.0.9")));
  EXPECT_EQ(routes_->list().size(), 1U);
}

TEST_F(HostRoutesTest, TakesIpv6) {
  ip("addr add fd01::1/64 dev inside nodad");
  ASSERT_TRUE(routes_->add({{"fd00::/64", "fd01::9", ""}}).ok());
  EXPECT_THAT(table(), HasSubstr("fd00::/64 via fd01::9 dev inside proto mexosagent"));
  ASSERT_TRUE(routes_->add({{"fd00::/64", "fd01::a", ""}}).ok());
  EXPECT_THAT(table(), Not(HasSubstr("fd01::9")));
  ASSERT_TRUE(routes_->remove({{"fd00::/64", "", ""}}).ok());
  EXPECT_THAT(table(), Not(HasSubstr("fd00::/64")));
}

TEST_F(HostRoutesTest, AListIsTakenWholeOrNotAtAll) {
  ASSERT_TRUE(routes_->add({kRoute}).ok());
  const absl::Status status = routes_->add({{"10.101.3.0/24", "10.0.0.10", ""},
                                            {"10.101.4.0/24", "10.0.0.9", ""},
                                            {"10.101.5.0/24", "192.0.2.1", ""}});
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(base::message_of(status)),
              HasSubstr("10.101.5.0/24 via 192.0.2.1: the gateway is on no network of this host"));
  EXPECT_THAT(table(), HasSubstr(kLine));
  EXPECT_THAT(table(), Not(HasSubstr("10.101.4.0")));
  EXPECT_EQ(routes_->list().size(), 1U);
  EXPECT_EQ(store_->list(kHostRoutePrefix)->size(), 1U);
  restart();
  EXPECT_THAT(table(), HasSubstr(kLine));
}

TEST_F(HostRoutesTest, AnUnknownInterfaceIsNamed) {
  const absl::Status status = routes_->add({{"10.101.3.0/24", "10.0.0.9", "eth9"}});
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr("there is no interface eth9"));
  EXPECT_TRUE(store_->list(kHostRoutePrefix)->empty());
}

TEST_F(HostRoutesTest, SomebodyElsesRouteIsNeitherReplacedNorRemoved) {
  ip("route add 10.101.3.0/24 via 10.0.0.77");
  const absl::Status status = routes_->add({kRoute});
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr("via 10.0.0.77"));
  const absl::Status unknown = routes_->remove({kRoute});
  EXPECT_TRUE(absl::IsNotFound(unknown)) << unknown;
  EXPECT_THAT(table(), HasSubstr("10.101.3.0/24 via 10.0.0.77 dev inside\n"));
}

TEST_F(HostRoutesTest, OtherNetworksAreThoseThatTheAgentDoesNotNeedItself) {
  ip("route add 10.101.9.0/24 via 10.0.0.77");
  ip("route add default via 10.0.0.1");
  ASSERT_TRUE(routes_->add({kRoute}).ok());
  routes_->use_cluster_routes(
      {{.cluster_id = "c1", .subnet = "10.101.4.0/24", .gateway = "10.0.0.9"}});
  std::vector<std::string> networks;
  for (const base::Ipv4Block& block : routes_->other_networks()) {
    networks.push_back(to_string(block));
  }
  EXPECT_THAT(networks, testing::IsSupersetOf({"10.101.3.0/24", "10.101.9.0/24"}));
  EXPECT_THAT(networks, Not(testing::Contains("10.101.4.0/24")));
  EXPECT_THAT(networks, Not(testing::Contains("0.0.0.0/0")));
}

TEST_F(HostRoutesTest, IsPutBackWhenTheInterfaceComesBack) {
  ASSERT_TRUE(routes_->add({kRoute}).ok());
  ip("link set inside down");
  await([&] { return !routes_->list()[0].problem.empty(); });
  EXPECT_THAT(table(), Not(HasSubstr(kLine)));
  ip("link set inside up");
  await([&] { return table().find(kLine) != std::string::npos; });
  await([&] { return routes_->list()[0].problem.empty(); });
}

TEST_F(HostRoutesTest, IsRestoredByTheNextProcess) {
  ASSERT_TRUE(routes_->add({kRoute}).ok());
  routes_.reset();
  ip("route del 10.101.3.0/24");
  restart();
  EXPECT_THAT(table(), HasSubstr(kLine));
}

// The process died after it had stored that the route is unwanted and before it removed it.
TEST_F(HostRoutesTest, AnInterruptedRemovalIsFinishedByTheNextProcess) {
  ASSERT_TRUE(routes_->add({kRoute}).ok());
  store::Transaction intent;
  intent.put(host_route_key(kHostRoutePrefix, kRoute.subnet),
             to_json(StoredHostRoute{kRoute, "", false}));
  ASSERT_TRUE(store_->commit(intent).ok());
  restart();
  EXPECT_THAT(table(), Not(HasSubstr("10.101.3.0")));
  EXPECT_TRUE(routes_->list().empty());
  EXPECT_TRUE(store_->list(kHostRoutePrefix)->empty());
}

TEST_F(HostRoutesTest, ARecordThatCannotBeReadIsSetAsideAndItsSubnetStaysTaken) {
  ASSERT_TRUE(routes_->add({kRoute}).ok());
  ip("route add 10.9.0.0/16 via 10.0.0.9");
  const std::string key = host_route_key(kHostRoutePrefix, "10.9.0.0/16");
  const std::string other = host_route_key(kHostRoutePrefix, "10.8.0.0/16");
  ASSERT_TRUE(store_
                  ->commit(store::Transaction().put(key, "{}").put(
                      other, to_json(StoredHostRoute{kRoute, "", true})))
                  .ok());
  restart();
  EXPECT_THAT(table(), HasSubstr(kLine));
  EXPECT_THAT(table(), HasSubstr("10.9.0.0/16"));  // what the kernel has goes on
  const HostRoute route{.subnet = "10.9.0.0/16", .gateway = "10.0.0.9", .device = ""};
  for (const absl::Status& status : {routes_->add({route}), routes_->remove({route})}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(key));
  }
  EXPECT_EQ(store_->get(key)->value, "{}");
  EXPECT_TRUE(store_->is_set_aside(other));  // it is of another subnet
  EXPECT_EQ(routes_->list().size(), 1U);
}

TEST_F(HostRoutesTest, TheWayToAClusterIsMadeAlsoWhereItsRecordCannotBeRead) {
  const std::string key = host_route_key(kClusterRoutePrefix, "10.101.7.0/24");
  ASSERT_TRUE(store_->commit(store::Transaction().put(key, "{\"cut")).ok());
  restart();
  routes_->use_cluster_routes(
      {{"k3x9", "10.101.7.0/24", "10.0.0.9"}, {"m8p2", "10.101.8.0/24", "10.0.0.10"}});
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.9"));
  EXPECT_THAT(table(), HasSubstr("10.101.8.0/24 via 10.0.0.10"));
  EXPECT_EQ(store_->get(key)->value, "{\"cut");
  routes_->use_cluster_routes({});
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0")));
  EXPECT_THAT(table(), Not(HasSubstr("10.101.8.0")));
  EXPECT_EQ(store_->list(kClusterRoutePrefix)->size(), 1U);
}

TEST_F(HostRoutesTest, TheWayToAClusterThatIsNotKnownStaysAsItIs) {
  routes_->use_cluster_routes({{"k3x9", "10.101.7.0/24", "10.0.0.9"}});
  restart();
  routes_->use_cluster_routes({{"k3x9", "", ""}});
  EXPECT_THAT(table(), HasSubstr("10.101.7.0/24 via 10.0.0.9"));
  routes_->use_cluster_routes({{"another", "", ""}});
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0")));
}

}  // namespace
}  // namespace mex::routing
