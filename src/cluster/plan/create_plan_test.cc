#include "cluster/plan/create_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/status.h"
#include "cluster/plan/create_plan_fixture.h"

namespace mex::cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

TEST_F(CreatePlanTest, HasTheCallsItNeedsAndNoMore) {
  EXPECT_THAT(open_steps(plan()),
              UnorderedElementsAre("network", "router", "subnet", "router interface",
                                   "security group", "rules", "ports", "server master-1",
                                   "server worker-1", "server worker-2", "tags network",
                                   "tags subnet", "tags router", "tags security-group"));
}

// Token, look-ups, and the depth of the plan: six in all before the last server is asked for.
TEST_F(CreatePlanTest, IsAtMostSixRoundTripsDeep) {
  const Plan made = plan();
  for (const char* server : {"server master-1", "server worker-1", "server worker-2"}) {
    EXPECT_EQ(2 + depth(made, server), 6) << server;
  }
  for (const PlannedStep& look : plan_create_discovery(spec_, {}, true)) {
    EXPECT_THAT(look.after, look.name() == "token" ? testing::SizeIs(0) : testing::SizeIs(1));
  }
}

TEST_F(CreatePlanTest, MarksNamesAndTagsEverything) {
  const Plan made = plan();
  const auto& network = std::get<CreateNetwork>(step(made, "network").action).body;
  EXPECT_EQ(network.name, "test-1-k3v9x2ab-network");
  EXPECT_EQ(network.description, mark_of(owner_));
  const auto& router = std::get<CreateRouter>(step(made, "router").action).body;
  EXPECT_EQ(router.description, mark_of(owner_));
  EXPECT_EQ(router.external_network_id, "public-id");
  const auto& group = std::get<CreateSecurityGroup>(step(made, "security group").action).body;
  EXPECT_EQ(group.description, mark_of(owner_));
  const auto& tags = std::get<TagResource>(step(made, "tags router").action).tags;
  EXPECT_THAT(tags, Contains("mex:slot=router"));
}

TEST_F(CreatePlanTest, KeepsNeutronsOwnAddressesAwayFromTheNodes) {
  const Plan made = plan();
  const auto& subnet = std::get<CreateSubnet>(step(made, "subnet").action).body;
  EXPECT_EQ(subnet.cidr, "10.101.7.0/24");
  EXPECT_EQ(subnet.gateway_ip, "10.101.7.1");
  ASSERT_EQ(subnet.allocation_pools.size(), 1U);
  EXPECT_EQ(subnet.allocation_pools[0].first, "10.101.7.200");
  EXPECT_EQ(subnet.allocation_pools[0].last, "10.101.7.254");
}

TEST_F(CreatePlanTest, AsksForAllPortsAtOnceWithFixedAddresses) {
  const Plan made = plan();
  const auto& ports = std::get<CreatePorts>(step(made, "ports").action).ports;
  ASSERT_EQ(ports.size(), 3U);
  EXPECT_EQ(ports[1].slot, "worker-1");
  EXPECT_EQ(ports[1].body.name, "test-1-k3v9x2ab-worker-1");
  ASSERT_EQ(ports[1].body.fixed_addresses.size(), 1U);
  EXPECT_EQ(ports[1].body.fixed_addresses[0].address, "10.101.7.101");
  EXPECT_THAT(ports[1].body.tags, Contains("mex:slot=worker-1"));
}

TEST_F(CreatePlanTest, TellsServersWhatTheyAre) {
  spec_.metadata["team"] = "red";
  spec_.proxy_address = "10.0.0.5";
  const Plan made = plan();
  const auto& worker = std::get<CreateServer>(step(made, "server worker-2").action).body;
  EXPECT_EQ(worker.image_id, "image-id");
  EXPECT_EQ(worker.flavor_id, "flavor-id");
  EXPECT_EQ(worker.user_data, "") << "made when the server is asked for, with its secrets";
  EXPECT_TRUE(worker.config_drive);
  EXPECT_THAT(worker.tags, Contains("mex:cluster=k3v9x2ab"));
  const std::map<std::string, std::string> expected{{"mexosagent", "1"},
                                                    {"mex:agent", "ag3ntid1"},
                                                    {"mex:cluster", "k3v9x2ab"},
                                                    {"mex:name", "test-1"},
                                                    {"mex:slot", "worker-2"},
                                                    {"mex:tenant", "tenant-1"},
                                                    {"tenant", "tenant-1"},
                                                    {"role", "k8s-node"},
                                                    {"k8smaster", "10.101.7.10"},
                                                    {"edgeproxy", "10.0.0.5"},
                                                    {"team", "red"}};
  EXPECT_EQ(worker.metadata, expected);
  EXPECT_EQ(std::get<CreateServer>(step(made, "server master-1").action).body.metadata.at("role"),
            "k8s-master");
}

TEST_F(CreatePlanTest, OpensEverythingToTheEdgeProxyOnly) {
  const auto rules = [this] { return std::get<CreateRules>(step(plan(), "rules").action).bodies; };
  EXPECT_EQ(rules().size(), 6U);
  EXPECT_EQ(rules().front().remote_group_id, kOwnGroup);
  spec_.proxy_address = "10.0.0.5";
  ASSERT_EQ(rules().size(), 7U);
  EXPECT_EQ(rules().back().remote_cidr, "10.0.0.5/32");
  EXPECT_EQ(rules().back().protocol, "");
}

TEST_F(CreatePlanTest, OnASharedNetworkNothingOfTheNetworkIsMade) {
  spec_.scheme = NetworkScheme::Shared;
  spec_.network = "net-1";
  spec_.subnet = "";
  spec_.nodes[0].address = "";
  discovered_.references.network.id = "net-id";
  discovered_.references.subnet.id = "subnet-id";
  const Plan made = plan();
  EXPECT_THAT(open_steps(made),
              UnorderedElementsAre("security group", "rules", "ports", "server master-1",
                                   "server worker-1", "server worker-2", "tags security-group"));
  const auto& ports = std::get<CreatePorts>(step(made, "ports").action).ports;
  EXPECT_EQ(ports[0].body.network_id, "net-id");
  ASSERT_EQ(ports[0].body.fixed_addresses.size(), 1U);
  EXPECT_EQ(ports[0].body.fixed_addresses[0].subnet_id, "subnet-id") << "all are in the same";
  EXPECT_EQ(ports[0].body.fixed_addresses[0].address, "") << "Neutron chooses";
  EXPECT_EQ(ports[1].body.fixed_addresses[0].subnet_id, "subnet-id");
}

TEST_F(CreatePlanTest, RootVolumesThatAFlavorAsksForAreOfItsRole) {
  spec_.flavor.masters.shape.root_volume_gib = 50;
  spec_.flavor.masters.shape.root_volume_type = "ssd";
  discovered_.has_volumes = true;
  const Plan made = plan();
  const auto& master = std::get<CreateServer>(step(made, "server master-1").action).body;
  ASSERT_TRUE(master.root_volume);
  EXPECT_EQ(master.root_volume->size_gib, 50);
  EXPECT_EQ(master.root_volume->type, "ssd");
  EXPECT_FALSE(std::get<CreateServer>(step(made, "server worker-1").action).body.root_volume);
  std::vector<std::string> looks;
  for (const PlannedStep& look : plan_create_discovery(spec_, {}, false)) {
    looks.push_back(look.name());
  }
  EXPECT_THAT(looks, Contains("look volume quota"));
}

TEST_F(CreatePlanTest, AVolumeIsMadeAtOnceAndItsServerWaitsForIt) {
  spec_.flavor.worker_pools[0].shape.root_volume_gib = 10;
  spec_.nodes[1].zone = "az-1";
  spec_.nodes[2].zone = "az-2";
  discovered_.has_volumes = true;
  discovered_.volume_zones = {"az-1", "nova"};
  const Plan made = plan();
  EXPECT_THAT(names_of(step(made, "volume worker-1").after), IsEmpty());
  EXPECT_THAT(names_of(step(made, "volume ready worker-1").after),
              UnorderedElementsAre("volume worker-1"));
  EXPECT_THAT(names_of(step(made, "server worker-1").after),
              UnorderedElementsAre("ports", "volume ready worker-1"));
  EXPECT_THAT(names_of(step(made, "server master-1").after), UnorderedElementsAre("ports"));
  EXPECT_EQ(depth(made, "server worker-1"), depth(made, "server master-1"));
  const auto& body = std::get<CreateVolume>(step(made, "volume worker-1").action).body;
  EXPECT_EQ(body.name, "test-1-k3v9x2ab-worker-1");
  EXPECT_EQ(body.description, mark_of(owner_));
  EXPECT_EQ(body.image_id, "image-id");
  EXPECT_EQ(body.size_gib, 10);
  EXPECT_EQ(body.availability_zone, "az-1");
  EXPECT_EQ(body.metadata.at("mex:slot"), "worker-1");
  const auto& other = std::get<CreateVolume>(step(made, "volume worker-2").action).body;
  EXPECT_EQ(other.availability_zone, "") << "Cinder knows no such zone";
}

TEST_F(CreatePlanTest, AServerThatIsThereNeedsNoVolume) {
  spec_.flavor.worker_pools[0].shape.root_volume_gib = 10;
  discovered_.has_volumes = true;
  present_ = whole_journal();
  check_existing_ = true;
  for (const PlannedStep& one : plan().steps) {
    EXPECT_FALSE(std::holds_alternative<CreateVolume>(one.action)) << one.name();
  }
}

TEST_F(CreatePlanTest, OnANetworkWithoutPortSecurityThereAreNoGroups) {
  spec_.scheme = NetworkScheme::Shared;
  spec_.network = "net-1";
  spec_.subnet = "";
  spec_.flavor.kubernetes.image_style = ImageStyle::Baked;
  discovered_.references.network.id = "net-id";
  discovered_.has_port_security = false;
  const Plan made = plan();
  EXPECT_THAT(open_steps(made), UnorderedElementsAre("ports", "server master-1", "server worker-1",
                                                     "server worker-2"));
  const auto& ports = std::get<CreatePorts>(step(made, "ports").action).ports;
  EXPECT_THAT(ports[0].body.allowed_addresses, IsEmpty()) << "everything may pass anyway";
  EXPECT_THAT(step(made, "ports").after, IsEmpty());
}

TEST_F(CreatePlanTest, OnAnExternalNetworkNeutronChoosesTheAddresses) {
  spec_.scheme = NetworkScheme::External;
  spec_.external_network = "public";
  spec_.subnet = "";
  for (NodeSpec& node : spec_.nodes) node.address = "";
  discovered_.references.network.id = "public-id";
  const auto looks = plan_create_discovery(spec_, {}, false);
  const auto look = std::find_if(looks.begin(), looks.end(),
                                 [](const auto& one) { return one.name() == "look network"; });
  ASSERT_NE(look, looks.end());
  EXPECT_TRUE(std::get<FindSharedNetwork>(look->action).is_external);
  EXPECT_EQ(std::get<FindSharedNetwork>(look->action).name, "public");
  const Plan made = plan();
  const auto& ports = std::get<CreatePorts>(step(made, "ports").action).ports;
  EXPECT_EQ(ports[0].body.network_id, "public-id");
  EXPECT_THAT(ports[0].body.fixed_addresses, IsEmpty());
  EXPECT_THAT(open_steps(made), Not(Contains("router")));
}

TEST_F(CreatePlanTest, UsesAnExistingRouterWithoutTouchingIt) {
  spec_.flavor.network.router = "edge";
  discovered_.references.router.id = "edge-id";
  const Plan made = plan();
  EXPECT_THAT(
      open_steps(made),
      UnorderedElementsAre("network", "subnet", "router interface", "security group", "rules",
                           "ports", "server master-1", "server worker-1", "server worker-2",
                           "tags network", "tags subnet", "tags security-group"));
  EXPECT_EQ(std::get<AttachRouter>(step(made, "router interface").action).router_id, "edge-id");
  std::vector<std::string> looks;
  for (const PlannedStep& look : plan_create_discovery(spec_, {}, false))
    looks.push_back(look.name());
  EXPECT_THAT(looks, Contains("look router"));
  EXPECT_THAT(looks, Not(Contains("look external network")));
}

TEST_F(CreatePlanTest, TellsNeutronOfNameServersAndNat) {
  spec_.flavor.network.dns_servers = {"10.0.0.53", "10.0.0.54"};
  spec_.flavor.network.nat = false;
  const Plan made = plan();
  EXPECT_THAT(std::get<CreateSubnet>(step(made, "subnet").action).body.dns_servers,
              ElementsAre("10.0.0.53", "10.0.0.54"));
  EXPECT_FALSE(std::get<CreateRouter>(step(made, "router").action).body.snat);
  spec_.flavor.network.nat = true;
  EXPECT_NE(hash_of(made), hash_of(plan()));
}

TEST_F(CreatePlanTest, EveryNodeHasItsOwnImageFlavorZoneAndTheKeyPair) {
  spec_.flavor.key_pair = "ops";
  spec_.nodes[2].image = "cuda";
  spec_.nodes[2].nova_flavor = "g1";
  spec_.nodes[2].zone = "az-2";
  spec_.zones = {"az-2"};
  discovered_.images["cuda"] = {.id = "cuda-id", .name = "cuda", .status = "active", .owner = {}};
  discovered_.flavors["g1"] = {.id = "g1-id", .name = "g1", .vcpus = 8, .ram_mib = 4096};
  const Plan made = plan();
  const auto& worker = std::get<CreateServer>(step(made, "server worker-2").action).body;
  EXPECT_EQ(worker.image_id, "cuda-id");
  EXPECT_EQ(worker.flavor_id, "g1-id");
  EXPECT_EQ(worker.availability_zone, "az-2");
  EXPECT_EQ(worker.key_name, "ops");
  const auto& master = std::get<CreateServer>(step(made, "server master-1").action).body;
  EXPECT_EQ(master.image_id, "image-id");
  EXPECT_EQ(master.availability_zone, "");
  std::vector<std::string> looks;
  for (const PlannedStep& look : plan_create_discovery(spec_, {}, false))
    looks.push_back(look.name());
  EXPECT_THAT(looks, ElementsAre("token", "look image cuda", "look image debian-12",
                                 "look flavor g1", "look flavor m1.small", "look zones",
                                 "look key pair", "look external network", "look extensions",
                                 "look compute quota", "look network quota"));
  // Two of 2 cores and one of 8; two of 2048 MiB and one of 4096.
  discovered_.compute.cores = {.limit = 11, .used = 0};
  discovered_.compute.ram_mib = {.limit = 8191, .used = 0};
  EXPECT_EQ(base::message_of(try_plan().status()),
            "quota: cores: 12 needed, 11 of 11 left; ram (MiB): 8192 needed, 8191 of 8191 left");
}

TEST_F(CreatePlanTest, KeepsTheNodesOfAGroupApart) {
  spec_.flavor.placement.anti_affinity = AntiAffinity::Soft;
  const Plan made = plan();
  const auto& group = std::get<CreateServerGroup>(step(made, "server-group worker").action);
  EXPECT_EQ(group.body.name, "test-1-k3v9x2ab-server-group-worker");
  EXPECT_EQ(group.body.policy, "soft-anti-affinity");
  EXPECT_THAT(open_steps(made), Not(Contains("server-group master")));  // it would be alone
  EXPECT_THAT(names_of(step(made, "server worker-1").after),
              ElementsAre("ports", "server-group worker"));
  EXPECT_EQ(std::get<CreateServer>(step(made, "server worker-1").action).group, "worker");
  EXPECT_EQ(std::get<CreateServer>(step(made, "server master-1").action).group, "");
  EXPECT_EQ(2 + depth(made, "server worker-2"), 6);
  spec_.flavor.placement.anti_affinity = AntiAffinity::Hard;
  const Plan hard = plan();
  EXPECT_EQ(std::get<CreateServerGroup>(step(hard, "server-group worker").action).body.policy,
            "anti-affinity");
  spec_.flavor.masters.count = 3;
  EXPECT_THAT(open_steps(plan()), Contains("server-group master"));
}

TEST_F(CreatePlanTest, MastersThatNovaMerelyPrefersApartAreAskedForInTurn) {
  NodeSpec second = spec_.nodes.front();
  second.slot = "master-2";
  second.address = "10.101.1.11";
  spec_.nodes.insert(spec_.nodes.begin() + 1, second);
  spec_.flavor.masters.count = 2;
  spec_.flavor.placement.anti_affinity = AntiAffinity::Soft;
  const Plan made = plan();
  EXPECT_THAT(names_of(step(made, "server master-1").after),
              ElementsAre("ports", "server-group master"));
  EXPECT_THAT(names_of(step(made, "host master-1").after), ElementsAre("server master-1"));
  EXPECT_THAT(names_of(step(made, "server master-2").after),
              ElementsAre("ports", "server-group master", "host master-1"));
  EXPECT_THAT(names_of(step(made, "server worker-1").after), Not(Contains("host master-2")));
  spec_.flavor.placement.anti_affinity = AntiAffinity::Hard;  // the hosts themselves see to it
  EXPECT_THAT(names_of(step(plan(), "server master-2").after), Not(Contains("host master-1")));
}

TEST_F(CreatePlanTest, ALargeSubnetEndsWithNeutronsOwnAddresses) {
  spec_.subnet = "10.101.8.0/22";
  const Plan made = plan();
  const auto& subnet = std::get<CreateSubnet>(step(made, "subnet").action).body;
  EXPECT_EQ(subnet.allocation_pools[0].first, "10.101.11.200");
  EXPECT_EQ(subnet.allocation_pools[0].last, "10.101.11.254");
}

TEST_F(CreatePlanTest, UnmanagedServersGetTheOperatorsUserDataAndNoNodesAreAwaited) {
  spec_.flavor.kubernetes.image_style = ImageStyle::Unmanaged;
  const Plan made = plan();
  const auto& worker = std::get<CreateServer>(step(made, "server worker-2").action).body;
  EXPECT_EQ(worker.user_data, user_data_);
  for (const PlannedStep& one : made.steps)
    EXPECT_FALSE(traits_of(one.action).needs_api_server) << one.name();
  EXPECT_THAT(std::get<CreatePorts>(step(made, "ports").action).ports[0].body.allowed_addresses,
              IsEmpty());
}

TEST_F(CreatePlanTest, WaitsForTheApiServerThenForEveryNode) {
  const Plan made = plan();
  EXPECT_THAT(names_of(step(made, "api server").after),
              ElementsAre("boot master-1", "router interface"));
  EXPECT_THAT(names_of(step(made, "ready worker-2").after),
              ElementsAre("boot worker-2", "api server"));
  EXPECT_THAT(names_of(step(made, "ready master-1").after),
              ElementsAre("boot master-1", "api server"));
}

TEST_F(CreatePlanTest, AppliesManifestsOneAfterTheOtherTheNetworksFirst) {
  spec_.flavor.kubernetes.cni = "/etc/mexosagent/flannel.yaml";
  spec_.flavor.kubernetes.manifests = {"https://a.example/b.yaml", "/etc/c.yaml",
                                       "/etc/mexosagent/flannel.yaml"};
  const Plan made = plan();
  EXPECT_THAT(names_of(step(made, "apply /etc/mexosagent/flannel.yaml").after),
              ElementsAre("api server"));
  EXPECT_THAT(names_of(step(made, "apply https://a.example/b.yaml").after),
              ElementsAre("apply /etc/mexosagent/flannel.yaml"));
  EXPECT_THAT(names_of(step(made, "apply /etc/c.yaml").after),
              ElementsAre("apply https://a.example/b.yaml"));
}

TEST_F(CreatePlanTest, PodsOfTheBridgeMaySendFromTheirOwnAddresses) {
  const auto allowed = [this] {
    return std::get<CreatePorts>(step(plan(), "ports").action).ports[0].body.allowed_addresses;
  };
  EXPECT_THAT(allowed(), ElementsAre("10.244.0.0/16"));
  spec_.flavor.kubernetes.cni = "/etc/flannel.yaml";
  EXPECT_THAT(allowed(), IsEmpty());
}

TEST_F(CreatePlanTest, LooksUpWhatHasAnAddressThatIsNotInTheRecord) {
  spec_.scheme = NetworkScheme::Shared;
  spec_.network = "shared";
  spec_.subnet.clear();
  for (NodeSpec& node : spec_.nodes) node.address.clear();
  present_ = whole_journal();
  addresses_ = {{"master-1", "192.0.2.7"}, {"worker-1", "192.0.2.8"}};
  const Plan made = plan();
  EXPECT_FALSE(step(made, "ports").is_done);
  const auto& ports = std::get<CreatePorts>(step(made, "ports").action).ports;
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_EQ(ports[0].slot, "worker-2");
}

TEST_F(CreatePlanTest, LooksUpARouterWhoseAddressIsNotInTheRecord) {
  present_ = whole_journal();
  EXPECT_FALSE(step(plan(), "router").is_done);
  is_gateway_known_ = true;
  EXPECT_TRUE(step(plan(), "router").is_done);
}

TEST_F(CreatePlanTest, MakesOnlyWhatIsMissing) {
  present_ = whole_journal();
  is_gateway_known_ = true;
  present_.erase({ResourceKind::Server, "worker-2"});
  present_.erase({ResourceKind::Port, "worker-2"});
  check_existing_ = true;
  const Plan made = plan();
  EXPECT_THAT(
      open_steps(made),
      UnorderedElementsAre("router interface", "rules", "ports", "server worker-2", "tags network",
                           "tags subnet", "tags router", "tags security-group"));
  const auto& ports = std::get<CreatePorts>(step(made, "ports").action).ports;
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_EQ(ports[0].slot, "worker-2");
  EXPECT_EQ(step(made, "network").resource_id, "id of network");
  EXPECT_TRUE(step(made, "server worker-2").check_existing);
}

TEST_F(CreatePlanTest, ReplacesABrokenServerInItsPlace) {
  present_ = whole_journal();
  const ResourceKey master{ResourceKind::Server, "master-1"};
  broken_.emplace(master, Remove{owned_at(master, present_[master]), RemovalCause::ServerError});
  present_.erase(master);
  const Plan made = plan();
  const auto& removal = std::get<Remove>(step(made, "remove broken server master-1").action);
  EXPECT_EQ(removal.resource.id(), "id of server master-1");
  EXPECT_THAT(names_of(step(made, "gone master-1").after),
              ElementsAre("remove broken server master-1"));
  EXPECT_THAT(names_of(step(made, "server master-1").after), Contains("gone master-1"));
  EXPECT_TRUE(step(made, "ports").is_done);
  discovered_.compute.instances = {.limit = 3, .used = 3};
  EXPECT_TRUE(try_plan().ok()) << try_plan().status();
}

TEST_F(CreatePlanTest, EqualPlansHaveEqualHashes) {
  spec_.flavor.kubernetes.image_style = ImageStyle::Unmanaged;
  const std::string hash = hash_of(plan());
  EXPECT_EQ(hash, hash_of(plan()));
  EXPECT_EQ(hash.size(), 16U);
  user_data_ += "x";
  const std::string other_user_data = hash_of(plan());
  EXPECT_NE(hash, other_user_data);
  spec_.nodes[1].address = "10.101.7.150";
  EXPECT_NE(other_user_data, hash_of(plan()));
}

}  // namespace
}  // namespace mex::cluster
