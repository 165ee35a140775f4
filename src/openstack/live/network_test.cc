#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "openstack/api_call.h"
#include "openstack/error.h"
#include "openstack/live/live_cloud.h"
#include "openstack/neutron.h"
#include "openstack/session.h"

namespace mex::openstack {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// Makes resources under one unique name and removes everything that carries that name's mark.
class LiveNetworkTest : public ::testing::Test {
 protected:
  ~LiveNetworkTest() override {
    NeutronFilter mine;
    mine.description = mark_;
    const auto subnets = neutron_.list_subnets(mine, live_context());
    const auto routers = neutron_.list_routers(mine, live_context());
    if (subnets.ok() && routers.ok()) {
      for (const Router& router : *routers) {
        for (const Subnet& subnet : *subnets) {
          std::ignore = neutron_.remove_router_interface(router.id, subnet.id, live_context());
        }
        EXPECT_TRUE(neutron_.delete_router(router.id, live_context()).ok());
      }
    }
    for (const Port& port : or_none(neutron_.list_ports(mine, live_context()))) {
      EXPECT_TRUE(neutron_.delete_port(port.id, live_context()).ok());
    }
    for (const Network& network : or_none(neutron_.list_networks(mine, live_context()))) {
      EXPECT_TRUE(neutron_.delete_network(network.id, live_context()).ok());
    }
    for (const auto& group : or_none(neutron_.list_security_groups(mine, live_context()))) {
      EXPECT_TRUE(neutron_.delete_security_group(group.id, live_context()).ok());
    }
  }

  Network make_network() {
    auto network = neutron_.create_network({.name = mark_, .description = mark_}, live_context());
    EXPECT_TRUE(network.ok()) << network.status();
    return network.value_or(Network());
  }

  Subnet make_subnet(const Network& network) {
    auto subnet = neutron_.create_subnet({.network_id = network.id,
                                          .name = mark_,
                                          .description = mark_,
                                          .cidr = "10.77.7.0/24",
                                          .gateway_ip = "10.77.7.1",
                                          .dns_servers = {"192.0.2.53"}},
                                         live_context());
    EXPECT_TRUE(subnet.ok()) << subnet.status();
    return subnet.value_or(Subnet());
  }

  SecurityGroup make_group() {
    auto group =
        neutron_.create_security_group({.name = mark_, .description = mark_}, live_context());
    EXPECT_TRUE(group.ok()) << group.status();
    return group.value_or(SecurityGroup());
  }

  NeutronFilter described() const {
    NeutronFilter filter;
    filter.description = mark_;
    return filter;
  }

  static NeutronFilter tagged(std::vector<std::string> tags) {
    NeutronFilter filter;
    filter.tags = std::move(tags);
    return filter;
  }

  static Session::Options two_per_page() {
    Session::Options options;
    options.page_size = 2;
    return options;
  }

  const std::string mark_ = unique_name();
  Session session_{live_config(), two_per_page()};
  Neutron neutron_{session_};
};

TEST_F(LiveNetworkTest, Networks) {
  const Network made = make_network();
  EXPECT_EQ(made.name, mark_);
  EXPECT_EQ(made.description, mark_);
  EXPECT_FALSE(made.external);
  const std::vector<std::string> tags = {"mexlive", "of=" + mark_};
  ASSERT_TRUE(
      neutron_.replace_tags(Neutron::Taggable::Network, made.id, tags, live_context()).ok());
  const auto by_tags = neutron_.list_networks(tagged(tags), live_context());
  ASSERT_TRUE(by_tags.ok()) << by_tags.status();
  ASSERT_THAT(*by_tags, SizeIs(1));
  EXPECT_EQ(by_tags->front().id, made.id);
  EXPECT_THAT(by_tags->front().tags, UnorderedElementsAre("mexlive", "of=" + mark_));
  EXPECT_THAT(*neutron_.list_networks(tagged({"mexlive", "other"}), live_context()), IsEmpty());
  EXPECT_THAT(*neutron_.list_networks(described(), live_context()), SizeIs(1));
  EXPECT_EQ(neutron_.get_network(made.id, live_context())->name, mark_);
  EXPECT_TRUE(neutron_.delete_network(made.id, live_context()).ok());
  EXPECT_TRUE(neutron_.delete_network(made.id, live_context()).ok()) << "gone is fine";
  EXPECT_TRUE(absl::IsNotFound(neutron_.get_network(made.id, live_context()).status()));
}

TEST_F(LiveNetworkTest, TheExternalNetworkIsFound) {
  NeutronFilter filter;
  filter.external = true;
  const auto networks = neutron_.list_networks(filter, live_context());
  ASSERT_TRUE(networks.ok()) << networks.status();
  ASSERT_THAT(*networks, Not(IsEmpty()));
  for (const Network& network : *networks) EXPECT_TRUE(network.external);
}

TEST_F(LiveNetworkTest, ListsAreFetchedToTheLastPage) {
  for (int i = 0; i < 5; ++i) make_network();
  CallTrace trace;
  const auto networks = neutron_.list_networks(described(), live_context(&trace));
  ASSERT_TRUE(networks.ok()) << networks.status();
  EXPECT_THAT(*networks, SizeIs(5));
  EXPECT_EQ(trace.attempts, 3) << "two per page";
}

TEST_F(LiveNetworkTest, ATenantsTopology) {
  const Network network = make_network();
  const Subnet subnet = make_subnet(network);
  EXPECT_EQ(subnet.cidr, "10.77.7.0/24");
  EXPECT_EQ(subnet.gateway_ip, "10.77.7.1");
  EXPECT_THAT(subnet.dns_servers, ElementsAre("192.0.2.53"));
  NeutronFilter external;
  external.external = true;
  const std::string outside = neutron_.list_networks(external, live_context())->at(0).id;
  const auto router = neutron_.create_router(
      {.name = mark_, .description = mark_, .external_network_id = outside}, live_context());
  ASSERT_TRUE(router.ok()) << router.status();
  EXPECT_EQ(router->external_network_id, outside);
  EXPECT_THAT(router->external_addresses, Not(IsEmpty()));
  ASSERT_TRUE(neutron_.add_router_interface(router->id, subnet.id, live_context()).ok());
  const absl::Status again = neutron_.add_router_interface(router->id, subnet.id, live_context());
  EXPECT_TRUE(absl::IsInvalidArgument(again)) << again;
  EXPECT_FALSE(outcome_unknown(again));

  NeutronFilter of_router;
  of_router.device_id = router->id;
  of_router.network_id = network.id;
  const auto interfaces = neutron_.list_ports(of_router, live_context());
  ASSERT_TRUE(interfaces.ok()) << interfaces.status();
  ASSERT_THAT(*interfaces, SizeIs(1));
  EXPECT_THAT(interfaces->front().device_owner, StartsWith("network:router_interface"));

  for (const auto& [kind, id] : {std::pair(Neutron::Taggable::Subnet, subnet.id),
                                 std::pair(Neutron::Taggable::Router, router->id)}) {
    EXPECT_TRUE(neutron_.replace_tags(kind, id, {"of=" + mark_}, live_context()).ok());
  }
  EXPECT_THAT(*neutron_.list_subnets(tagged({"of=" + mark_}), live_context()), SizeIs(1));
  EXPECT_THAT(*neutron_.list_routers(tagged({"of=" + mark_}), live_context()), SizeIs(1));

  const absl::Status in_use = neutron_.delete_network(network.id, live_context());
  EXPECT_TRUE(absl::IsFailedPrecondition(in_use)) << in_use;
  EXPECT_EQ(base::detail_of(in_use).cloud_code, "NetworkInUse");
  EXPECT_THAT(base::detail_of(in_use).request_id, StartsWith("req-"));
  EXPECT_FALSE(outcome_unknown(in_use));

  EXPECT_TRUE(neutron_.remove_router_interface(router->id, subnet.id, live_context()).ok());
  EXPECT_TRUE(neutron_.remove_router_interface(router->id, subnet.id, live_context()).ok());
  EXPECT_TRUE(neutron_.delete_router(router->id, live_context()).ok());
  EXPECT_TRUE(neutron_.delete_subnet(subnet.id, live_context()).ok());
  EXPECT_TRUE(absl::IsNotFound(neutron_.get_router(router->id, live_context()).status()));
  EXPECT_TRUE(absl::IsNotFound(neutron_.get_subnet(subnet.id, live_context()).status()));
}

TEST_F(LiveNetworkTest, RulesAreMadeInOneCallAllOrNone) {
  const SecurityGroup group = make_group();
  SecurityGroupRule ssh;
  ssh.security_group_id = group.id;
  ssh.description = mark_;
  ssh.protocol = "tcp";
  ssh.port_min = 22;
  ssh.port_max = 22;
  ssh.remote_cidr = "10.0.0.0/8";
  SecurityGroupRule inside = ssh;
  inside.protocol.clear();
  inside.port_min.reset();
  inside.port_max.reset();
  inside.remote_cidr.clear();
  inside.remote_group_id = group.id;
  SecurityGroupRule bad = ssh;
  bad.port_min = 100;
  const auto refused = neutron_.create_security_group_rules({inside, bad}, live_context());
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
  EXPECT_THAT(*neutron_.list_security_group_rules(described(), live_context()), IsEmpty());

  CallTrace trace;
  const auto made = neutron_.create_security_group_rules({ssh, inside}, live_context(&trace));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(trace.attempts, 1);
  NeutronFilter of_group;
  of_group.security_group_id = group.id;
  const auto rules = neutron_.list_security_group_rules(of_group, live_context());
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_THAT(*rules, SizeIs(4)) << "two made by us, two by Neutron for the way out";
  EXPECT_EQ(made->at(0).port_min, 22);
  EXPECT_EQ(made->at(0).remote_cidr, "10.0.0.0/8");
  EXPECT_EQ(made->at(1).remote_group_id, group.id);
  EXPECT_FALSE(made->at(1).port_min.has_value());
}

TEST_F(LiveNetworkTest, PortsAreMadeInOneCallWithTheirTags) {
  const Network network = make_network();
  const Subnet subnet = make_subnet(network);
  const SecurityGroup group = make_group();
  std::vector<NewPort> wanted;
  for (const std::string slot : {"master-1", "worker-1", "worker-2"}) {
    NewPort port;
    port.network_id = network.id;
    port.name = mark_ + "-" + slot;
    port.description = mark_;
    port.fixed_addresses = {
        {.subnet_id = subnet.id, .address = fmt::format("10.77.7.{}", 10 + wanted.size())}};
    port.security_group_ids = {group.id};
    port.tags = {"mexlive", "slot=" + mark_ + slot};
    wanted.push_back(port);
  }
  const auto made = neutron_.create_ports(wanted, live_context());
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_THAT(*made, SizeIs(3));
  for (std::size_t i = 0; i < made->size(); ++i) {
    EXPECT_EQ(made->at(i).name, wanted[i].name);
    EXPECT_EQ(made->at(i).fixed_addresses.at(0).address, wanted[i].fixed_addresses[0].address);
    EXPECT_THAT(made->at(i).security_group_ids, ElementsAre(group.id));
    EXPECT_THAT(made->at(i).mac_address, SizeIs(17));
    const auto found = neutron_.list_ports(tagged(wanted[i].tags), live_context());
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_THAT(*found, SizeIs(1));
    EXPECT_EQ(found->front().id, made->at(i).id);
  }
  EXPECT_THAT(*neutron_.list_ports(described(), live_context()), SizeIs(3));

  const auto clash = neutron_.create_ports({wanted[0]}, live_context());
  EXPECT_TRUE(absl::IsFailedPrecondition(clash.status())) << clash.status();
  EXPECT_THAT(base::detail_of(clash.status()).cloud_code, StartsWith("IpAddress"));
}

TEST_F(LiveNetworkTest, QuotasCountWhatIsUsed) {
  const auto before = neutron_.quotas(live_context());
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_NE(before->ports.limit, 0);
  const Network network = make_network();
  const auto after = neutron_.quotas(live_context());
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_GE(after->networks.used, 1);
}

TEST_F(LiveNetworkTest, AnExceededQuotaIsResourceExhausted) {
  const Network network = make_network();
  absl::Status status;
  // Of all quotas a tenant can fill this one is the smallest: ten by default.
  for (int i = 0; status.ok() && i < 12; ++i) {
    ApiCall call;
    call.service = Service::Network;
    call.what = "share network";
    call.method = "POST";
    call.path = "/rbac-policies";
    call.body = {{"rbac_policy",
                  {{"object_type", "network"},
                   {"object_id", network.id},
                   {"action", "access_as_shared"},
                   {"target_tenant", fmt::format("{:032x}", i + 1)}}}};
    call.idempotent = false;
    status = session_.call(call, live_context()).status();
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(base::detail_of(status).cloud_code, "OverQuota");
  EXPECT_THAT(base::detail_of(status).request_id, StartsWith("req-"));
  EXPECT_FALSE(outcome_unknown(status));
}

TEST_F(LiveNetworkTest, ForeignNetworksCannotBeTouched) {
  NeutronFilter filter;
  filter.external = true;
  const std::string outside = neutron_.list_networks(filter, live_context())->at(0).id;
  const absl::Status status = neutron_.delete_network(outside, live_context());
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(base::detail_of(status).request_id, StartsWith("req-"));
}

TEST_F(LiveNetworkTest, ABadRequestSaysWhatIsWrong) {
  const Network network = make_network();
  const auto subnet = neutron_.create_subnet({.network_id = network.id,
                                              .name = mark_,
                                              .description = mark_,
                                              .cidr = "10.77.7.0/99",
                                              .gateway_ip = "",
                                              .dns_servers = {}},
                                             live_context());
  EXPECT_TRUE(absl::IsInvalidArgument(subnet.status())) << subnet.status();
  EXPECT_THAT(base::message_of(subnet.status()), HasSubstr("10.77.7.0/99"));
  EXPECT_THAT(base::message_of(subnet.status()), HasSubstr("create subnet"));
}

}  // namespace
}  // namespace mex::openstack
