#include "cluster/plan/create_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/status.h"
#include "cluster/plan/plan_fixture.h"

namespace mex::cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class CreatePlanTest : public testing::Test {
 protected:
  absl::StatusOr<Plan> try_plan() {
    return plan_create({.spec = spec_,
                        .owner = owner_,
                        .discovered = discovered_,
                        .user_data = user_data_,
                        .addresses = addresses_,
                        .is_gateway_known = is_gateway_known_,
                        .present = present_,
                        .broken = broken_,
                        .check_existing = check_existing_});
  }
  Plan plan() {
    auto made = try_plan();
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *std::move(made) : Plan();
  }
  static const PlannedStep& step(const Plan& plan, const std::string& name) {
    static const PlannedStep none = plain_step(StepKind::LogIn, LogIn{});
    for (const PlannedStep& one : plan.steps) {
      if (one.name() == name) return one;
    }
    ADD_FAILURE() << "no step " << name;
    return none;
  }
  static std::vector<std::string> open_steps(const Plan& plan) {
    std::vector<std::string> names;
    for (const PlannedStep& one : plan.steps) {
      if (!one.is_done && traits_of(one.action).changes_cloud) names.push_back(one.name());
    }
    return names;
  }
  // Round trips before the step's own, with everything that can go together going together.
  static int depth(const Plan& plan, const std::string& name) {
    int deepest = 0;
    for (const std::string& before : names_of(step(plan, name).after)) {
      deepest = std::max(deepest, depth(plan, before));
    }
    return deepest + 1;
  }

  ClusterSpec spec_ = test_spec();
  Owner owner_ = test_owner();
  Discovered discovered_ = test_discovered();
  std::string user_data_ = "#cloud-config\n";
  std::map<std::string, std::string> addresses_;
  bool is_gateway_known_ = false;
  ResourceIds present_;
  BrokenServers broken_;
  bool check_existing_ = false;
};

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

TEST_F(CreatePlanTest, ServersOfANovaFlavorWithoutADiskBootFromVolumesThatAreCounted) {
  discovered_.flavors["m1.small"].disk_gib = 0;
  discovered_.has_volumes = true;
  discovered_.volumes.volumes = {.limit = 5, .used = 2};
  discovered_.volumes.gigabytes = {.limit = 100, .used = 40};
  const Plan made = plan();
  const auto& server = std::get<CreateServer>(step(made, "server worker-1").action).body;
  ASSERT_TRUE(server.root_volume);
  EXPECT_EQ(server.root_volume->size_gib, 20);
  discovered_.volumes.volumes.used = 3;
  discovered_.volumes.gigabytes.used = 41;
  discovered_.volume_request_id = "req-v";
  const absl::Status lacking = try_plan().status();
  EXPECT_EQ(base::message_of(lacking),
            "quota: volumes: 3 needed, 2 of 5 left; volume gigabytes: 60 needed, 59 of 100 left");
  EXPECT_EQ(base::detail_of(lacking).request_id, "req-v");
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

TEST_F(CreatePlanTest, ASharedNetworkThatPodsOrServicesWouldHideIsRefused) {
  spec_.scheme = NetworkScheme::Shared;
  spec_.network = "net-1";
  spec_.subnet = "";
  spec_.flavor.kubernetes.image_style = ImageStyle::Baked;
  discovered_.references.network = {.id = "net-id", .name = "net-1"};
  discovered_.shared_subnet = "10.244.7.0/24";
  const absl::Status pods = try_plan().status();
  EXPECT_EQ(pods.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(pods), HasSubstr("kubernetes.pod_network"));
  EXPECT_THAT(base::detail_of(pods).next, HasSubstr("another kubernetes.pod_network"));
  discovered_.shared_subnet = "10.0.0.0/8";
  spec_.flavor.kubernetes.pod_network = "192.168.0.0/16";
  EXPECT_THAT(base::message_of(try_plan().status()), HasSubstr("kubernetes.service_network"));
  discovered_.shared_subnet = "192.0.2.0/24";
  EXPECT_TRUE(try_plan().ok());
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

TEST_F(CreatePlanTest, ServerGroupsHaveQuotasToo) {
  spec_.flavor.placement.anti_affinity = AntiAffinity::Hard;
  discovered_.compute.server_groups = {.limit = 10, .used = 10};
  discovered_.compute.server_group_members = 1;
  EXPECT_EQ(base::message_of(try_plan().status()),
            "quota: server groups: 1 needed, 0 of 10 left; members of a server group: 2 needed, 1 "
            "of 1 left");
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

TEST_F(CreatePlanTest, RefusesAnImageThatDoesNotFit) {
  const auto refused = [this](const char* text) {
    const absl::Status status = try_plan().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(base::message_of(status), HasSubstr(text));
    discovered_ = test_discovered();
  };
  discovered_.images["debian-12"].status = "queued";
  refused("image debian-12: is queued, not active");
  discovered_.images["debian-12"].min_ram_mib = 4096;
  refused("needs 4096 MiB of memory, flavor m1.small has 2048");
  discovered_.images["debian-12"].min_disk_gib = 40;
  refused("needs a disk of 40 GiB, flavor m1.small has 20");
  discovered_.flavors["m1.small"].disk_gib = 0;
  discovered_.images["debian-12"].min_disk_gib = 40;
  EXPECT_TRUE(try_plan().ok());
}

TEST_F(CreatePlanTest, NamesEveryShortageOfQuota) {
  discovered_.compute.instances = {.limit = 10, .used = 9};
  discovered_.compute.cores = {.limit = 20, .used = 14};
  discovered_.compute.ram_mib = {.limit = 6144, .used = 1024};
  discovered_.compute_request_id = "req-compute";
  discovered_.network.ports = {.limit = 5, .used = 4};
  discovered_.network.networks = {.limit = 1, .used = 3};
  discovered_.network_request_id = "req-network";
  const absl::Status status = try_plan().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::message_of(status),
            "quota: instances: 3 needed, 1 of 10 left; ram (MiB): 6144 needed, 5120 of 6144 left; "
            "networks: 1 needed, 0 of 1 left; ports: 4 needed, 1 of 5 left");
  EXPECT_EQ(base::detail_of(status).cloud_code, "QuotaExceeded");
  EXPECT_EQ(base::detail_of(status).request_id, "req-compute");
  discovered_.compute = {};
  EXPECT_EQ(base::detail_of(try_plan().status()).request_id, "req-network");
}

TEST_F(CreatePlanTest, QuotaIsAskedOnlyForWhatIsMissing) {
  discovered_.compute.instances = {.limit = 3, .used = 3};
  discovered_.network.security_group_rules = {.limit = 8, .used = 8};
  EXPECT_FALSE(try_plan().ok());
  present_ = whole_journal();
  check_existing_ = true;
  EXPECT_TRUE(try_plan().ok()) << try_plan().status();
}

}  // namespace
}  // namespace mex::cluster
