#include "cluster/spec/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/flavor/builtin.h"
#include "cluster/flavor/check.h"
#include "cluster/flavor/image_settings.h"
#include "cluster/spec/address_keys.h"

namespace mex::cluster {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

class AdmissionTest : public testing::Test {
 protected:
  AdmissionTest() {
    platform_.image = "debian-12";
    platform_.flavor = "m1.small";
    request_.tenant = "tenant-1";
    request_.name = "test-1";
    request_.kind = "kubernetes-mini-openstack";
  }

  AdmissionRules rules() const {
    return {.platform = platform_, .pool = pool_, .flavors = flavors_, .region = "RegionOne"};
  }
  absl::StatusOr<ClusterSpec> admitted() const { return admit(request_, rules(), "provisions[0]"); }

  absl::Status assign(ClusterSpec& spec) {
    const auto is_taken = [&](const base::Ipv4Block& block) {
      const auto keys = address_keys(spec, block);
      return std::any_of(keys.begin(), keys.end(),
                         [this](const std::string& key) { return taken_.count(key) > 0; });
    };
    return assign_addresses(spec, rules(), is_taken, "provisions[0]");
  }

  void expect_field_error(const char* field, const char* text) const {
    const absl::Status status = admitted().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_EQ(base::detail_of(status).field, std::string("provisions[0].") + field);
    EXPECT_THAT(base::message_of(status), HasSubstr(text));
  }

  PlatformConfig platform_;
  AddressPool pool_ = *AddressPool::parse("10.101.0.0/16");
  FlavorSet flavors_ = built_in_flavors();
  ClusterRequest request_;
  std::set<std::string> taken_;  // as address keys
};

TEST_F(AdmissionTest, ASubnetIsOneOfTheNetworkThatItIsNamedWith) {
  platform_.network = "net-1";
  platform_.subnet = "192.0.2.0/24";
  EXPECT_EQ(admitted()->network_subnet, "192.0.2.0/24");
  request_.network = "net-1";
  EXPECT_EQ(admitted()->network_subnet, "192.0.2.0/24");
  request_.network = "net-2";
  EXPECT_EQ(admitted()->network_subnet, "");
}

TEST_F(AdmissionTest, FillsInTheDefaults) {
  platform_.zone = "nova";
  platform_.external_network = "public";
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->nodes[0].image, "debian-12");
  EXPECT_EQ(spec->nodes[1].nova_flavor, "m1.small");
  EXPECT_EQ(spec->nodes[2].zone, "nova");
  ClusterFlavor flavor = built_in_flavors().at("kubernetes-mini-openstack").flavor;
  take_platforms(platform_, flavor.kubernetes);
  EXPECT_EQ(spec->flavor, flavor);
  EXPECT_EQ(spec->flavor.kubernetes.image_style, ImageStyle::Baked);
  EXPECT_EQ(spec->flavor_revision, 1);
  EXPECT_EQ(spec->region, "RegionOne");
  EXPECT_EQ(spec->external_network, "public");
  EXPECT_TRUE(spec->isolated());
  ASSERT_EQ(spec->nodes.size(), 3U);
  EXPECT_EQ(spec->nodes[0].slot, "master-1");
  EXPECT_EQ(spec->nodes[2].slot, "worker-2");
}

TEST_F(AdmissionTest, TheRequestWinsOverTheDefaults) {
  request_.image = "cirros";
  request_.flavor = "m1.large";
  request_.zone = "az-2";
  request_.metadata = "team=red,color=blue";
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  for (const NodeSpec& node : spec->nodes) {
    EXPECT_EQ(node.image, "cirros");
    EXPECT_EQ(node.nova_flavor, "m1.large");
    EXPECT_EQ(node.zone, "az-2");
  }
  EXPECT_EQ(spec->metadata.at("color"), "blue");
}

TEST_F(AdmissionTest, AClusterFlavorInTheFlavorFieldIsTheKind) {
  request_.flavor = std::exchange(request_.kind, "");
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->flavor.name, "kubernetes-mini-openstack");
  EXPECT_EQ(spec->nodes[0].nova_flavor, "m1.small");
}

TEST_F(AdmissionTest, NamesAreLabels) {
  request_.name = "Test_1";
  expect_field_error("name", "DNS label of at most 40 characters");
  request_.name = "";
  expect_field_error("name", "is missing");
  request_.name = "ok";
  request_.tenant = std::string(41, 'a');
  expect_field_error("tenant", "DNS label");
}

TEST_F(AdmissionTest, KindsMustBeKnown) {
  request_.kind = "kubernetes-maxi";
  expect_field_error("kind",
                     "unknown kind \"kubernetes-maxi\"; known kinds: kubernetes-gpu-openstack, ");
  request_.kind = "";
  expect_field_error("kind", "is missing");
}

TEST_F(AdmissionTest, ImageAndFlavorMustComeFromSomewhere) {
  platform_.image = "";
  expect_field_error("image", "defaults.image");
  platform_.image = "x";
  platform_.flavor = "";
  expect_field_error("flavor", "defaults.flavor");
}

TEST_F(AdmissionTest, AClusterKeepsWhatThePlatformSaidOfImages) {
  platform_.image_style = ImageStyle::Unmanaged;
  platform_.image_quirks.cgroup_driver = CgroupDriver::Cgroupfs;
  platform_.image_quirks.skipped_phases = {"addon/coredns"};
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->flavor.kubernetes.image_style, ImageStyle::Unmanaged);
  EXPECT_EQ(spec->flavor.kubernetes.image_quirks.cgroup_driver, CgroupDriver::Cgroupfs);
  EXPECT_THAT(spec->flavor.kubernetes.image_quirks.skipped_phases, ElementsAre("addon/coredns"));
  platform_.image_style = ImageStyle::Baked;
  flavors_ = with_own_flavor(flavors_, *spec);
  EXPECT_EQ(admitted()->flavor.kubernetes.image_style, ImageStyle::Unmanaged);
}

TEST_F(AdmissionTest, OtherRegionsAreRefused) {
  request_.region = "RegionTwo";
  expect_field_error("region", "this agent works in region RegionOne");
}

TEST_F(AdmissionTest, StorageIsNotOffered) {
  request_.storage = "10";
  EXPECT_EQ(admitted().status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(base::detail_of(admitted().status()).field, "provisions[0].storage");
}

TEST_F(AdmissionTest, MetadataMayHaveBlanksAfterItsCommas) {
  request_.metadata = "team=red, color = dark blue ";
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->metadata.at("team"), "red");
  EXPECT_EQ(spec->metadata.at("color"), "dark blue");
}

TEST_F(AdmissionTest, MetadataIsChecked) {
  for (const char* wrong : {"a", "=b", "a=b,,c=d", "sl/ash=1"}) {
    request_.metadata = wrong;
    EXPECT_FALSE(admitted().ok()) << wrong;
  }
  request_.metadata = "role=x";
  expect_field_error("metadata", "the key role is set by the agent");
  for (const char* ours : {"mex:slot=x", "a=b, mex:slot=x", " mex:slot = x", "a=b,  role=x"}) {
    request_.metadata = ours;
    expect_field_error("metadata", "is set by the agent");
  }
  request_.metadata = "a=" + std::string(256, 'x');
  expect_field_error("metadata", "at most 255 bytes");
}

TEST_F(AdmissionTest, ControlCharactersAreRefused) {
  request_.image = "a\nb";
  expect_field_error("image", "without control characters");
}

TEST_F(AdmissionTest, FixedIpMustFitThePool) {
  request_.fixed_ip = "ten";
  expect_field_error("fixedip", "must be an IPv4 address");
  request_.fixed_ip = "192.168.0.10";
  expect_field_error("fixedip", "address pool 10.101.0.0/16");
  request_.fixed_ip = "10.101.3.101";
  expect_field_error("fixedip", "must be 10.101.3.2 to 10.101.3.100");
  request_.fixed_ip = "10.101.3.1";
  expect_field_error("fixedip", "must be 10.101.3.2 to");
}

TEST_F(AdmissionTest, EachClusterGetsItsOwnSubnet) {
  ClusterSpec spec = *admitted();
  taken_ = {"/addresses/-/10.101.0.0/24", "/addresses/-/10.101.1.0/24"};
  ASSERT_TRUE(assign(spec).ok());
  EXPECT_EQ(spec.subnet, "10.101.2.0/24");
  EXPECT_EQ(spec.nodes[0].address, "10.101.2.10");
  EXPECT_EQ(spec.nodes[1].address, "10.101.2.101");
  EXPECT_EQ(spec.nodes[2].address, "10.101.2.102");
  EXPECT_EQ(spec.master_address, "10.101.2.10");
}

TEST_F(AdmissionTest, FixedIpChoosesTheSubnet) {
  request_.fixed_ip = "10.101.77.5";
  ClusterSpec spec = *admitted();
  ASSERT_TRUE(assign(spec).ok());
  EXPECT_EQ(spec.subnet, "10.101.77.0/24");
  EXPECT_EQ(spec.nodes[0].address, "10.101.77.5");
  ClusterSpec second = *admitted();
  taken_ = {"/addresses/-/10.101.77.0/24"};
  EXPECT_EQ(assign(second).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(AdmissionTest, AFullPoolIsSaid) {
  pool_ = *AddressPool::parse("10.101.7.0/24");
  taken_ = {"/addresses/-/10.101.7.0/24"};
  ClusterSpec spec = *admitted();
  const absl::Status status = assign(spec);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(base::message_of(status), HasSubstr("10.101.7.0/24"));
}

TEST_F(AdmissionTest, ASharedNetworkUsesThePlatformsAddresses) {
  platform_.network = "net-1";
  platform_.master_addresses = {"10.0.0.100"};
  platform_.worker_addresses = {"10.0.0.101", "10.0.0.102"};
  ClusterSpec spec = *admitted();
  EXPECT_FALSE(spec.isolated());
  ASSERT_TRUE(assign(spec).ok());
  EXPECT_EQ(spec.subnet, "");
  EXPECT_EQ(spec.nodes[0].address, "10.0.0.100");
  EXPECT_EQ(spec.nodes[2].address, "10.0.0.102");
  EXPECT_EQ(spec.master_address, "10.0.0.100");

  taken_ = {"/addresses/net-1/10.0.0.101/32"};
  ClusterSpec second = *admitted();
  const absl::Status status = assign(second);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(status), HasSubstr("10.0.0.101 on network net-1 belongs"));
}

TEST_F(AdmissionTest, ASharedNetworkWithoutAddressesLeavesThemToNeutron) {
  request_.network = "net-1";
  ClusterSpec spec = *admitted();
  ASSERT_TRUE(assign(spec).ok());
  EXPECT_EQ(spec.nodes[0].address, "");
  EXPECT_EQ(spec.master_address, "");
}

TEST_F(AdmissionTest, TooFewAddressesAreSaid) {
  platform_.network = "net-1";
  platform_.master_addresses = {"10.0.0.100"};
  platform_.worker_addresses = {"10.0.0.101"};
  ClusterSpec spec = *admitted();
  EXPECT_THAT(base::message_of(assign(spec)), HasSubstr("has no address for worker-2"));
}

TEST_F(AdmissionTest, TheSameRequestFitsItsCluster) {
  ClusterSpec spec = *admitted();
  ASSERT_TRUE(assign(spec).ok());
  EXPECT_TRUE(check_same(spec, request_, rules(), "p").ok());
  // What the request leaves open is not compared, so a later change of a default does not matter.
  platform_.image = "other";
  EXPECT_TRUE(check_same(spec, request_, rules(), "p").ok());
  request_.image = "debian-12";
  EXPECT_TRUE(check_same(spec, request_, rules(), "p").ok());
}

TEST_F(AdmissionTest, AnotherRequestDoesNot) {
  const ClusterSpec spec = *admitted();
  const auto differs = [&](std::string ClusterRequest::*member, const char* value,
                           const char* field) {
    ClusterRequest request = request_;
    request.*member = value;
    const absl::Status status = check_same(spec, request, rules(), "p");
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << field;
    EXPECT_EQ(base::detail_of(status).field, std::string("p.") + field);
  };
  differs(&ClusterRequest::image, "x", "image");
  differs(&ClusterRequest::flavor, "x", "flavor");
  differs(&ClusterRequest::network, "x", "network");
  differs(&ClusterRequest::zone, "x", "zone");
  differs(&ClusterRequest::fixed_ip, "10.101.9.9", "fixedip");
  differs(&ClusterRequest::metadata, "a=b", "metadata");
}

// A flavor with everything that a provision could leave out.
class AdmissionOfFlavorTest : public AdmissionTest {
 protected:
  AdmissionOfFlavorTest() {
    flavor_.name = "big";
    flavor_.masters.count = 3;
    flavor_.masters.shape.nova_flavor = "m1.master";
    flavor_.worker_pools = {
        {.name = "worker", .count = 2, .shape = {}},
        {.name = "gpu",
         .count = 1,
         .shape = {.nova_flavor = "g1", .image = "cuda", .labels = {}, .taints = {}}}};
    flavor_.placement.zones = {"az-1", "az-2"};
    request_.kind = "big";
    use();
  }
  void use(std::int64_t revision = 1) {
    EXPECT_TRUE(check_flavor(flavor_, pool_).ok()) << check_flavor(flavor_, pool_);
    flavors_["big"] = {.flavor = flavor_, .revision = revision};
  }
  static std::vector<std::string> all(const ClusterSpec& spec, std::string NodeSpec::*member) {
    std::vector<std::string> values;
    for (const NodeSpec& node : spec.nodes) values.push_back(node.*member);
    return values;
  }

  ClusterFlavor flavor_;
};

TEST_F(AdmissionOfFlavorTest, EveryNodeHasItsPlaceAndShape) {
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_THAT(all(*spec, &NodeSpec::slot),
              ElementsAre("master-1", "master-2", "master-3", "worker-1", "worker-2", "gpu-1"));
  EXPECT_THAT(all(*spec, &NodeSpec::group),
              ElementsAre("master", "master", "master", "worker", "worker", "gpu"));
  EXPECT_THAT(all(*spec, &NodeSpec::nova_flavor),
              ElementsAre("m1.master", "m1.master", "m1.master", "m1.small", "m1.small", "g1"));
  EXPECT_THAT(all(*spec, &NodeSpec::image),
              ElementsAre("debian-12", "debian-12", "debian-12", "debian-12", "debian-12", "cuda"));
  EXPECT_THAT(all(*spec, &NodeSpec::zone),
              ElementsAre("az-1", "az-2", "az-1", "az-1", "az-2", "az-1"));
}

TEST_F(AdmissionOfFlavorTest, TheProvisionWinsOverTheFlavor) {
  request_.flavor = "m1.any";
  request_.image = "any";
  request_.zone = "az-9";
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_THAT(all(*spec, &NodeSpec::nova_flavor), Each("m1.any"));
  EXPECT_THAT(all(*spec, &NodeSpec::image), Each("any"));
  EXPECT_THAT(all(*spec, &NodeSpec::zone), Each("az-9"));
}

TEST_F(AdmissionOfFlavorTest, ASchemeOfItsOwnWinsOverThePlatform) {
  platform_.network = "net-1";
  EXPECT_EQ(admitted()->scheme, NetworkScheme::Shared);
  flavor_.network.scheme = NetworkScheme::Isolated;
  use();
  EXPECT_EQ(admitted()->scheme, NetworkScheme::Isolated);
  EXPECT_EQ(admitted()->network, "");
  request_.network = "net-2";
  EXPECT_EQ(admitted()->scheme, NetworkScheme::Shared);
  EXPECT_EQ(admitted()->network, "net-2");
}

TEST_F(AdmissionOfFlavorTest, ASharedNetworkMustComeFromSomewhere) {
  flavor_.network.scheme = NetworkScheme::Shared;
  use();
  expect_field_error("network", "neither the flavor big nor the toml file");
  flavor_.network.network = "net-7";
  use();
  EXPECT_EQ(admitted()->network, "net-7");
}

TEST_F(AdmissionOfFlavorTest, AnExternalNetworkHasNeutronsAddresses) {
  platform_.network = "net-1";
  platform_.master_addresses = {"10.0.0.100"};
  flavor_.network.scheme = NetworkScheme::External;
  flavor_.network.external_network = "public";
  use();
  ClusterSpec spec = *admitted();
  ASSERT_TRUE(assign(spec).ok());
  EXPECT_EQ(spec.external_network, "public");
  EXPECT_THAT(all(spec, &NodeSpec::address), Each(""));
  request_.fixed_ip = "203.0.113.9";
  spec = *admitted();
  ASSERT_TRUE(assign(spec).ok());
  EXPECT_EQ(spec.nodes[0].address, "203.0.113.9");
  EXPECT_THAT(address_keys(spec), ElementsAre("/addresses/external/203.0.113.9/32"));
}

TEST_F(AdmissionOfFlavorTest, HostNamesStayWithinTheirLimit) {
  flavor_.worker_pools[0].name = "a-name-of-twenty-let";
  use();
  request_.name = std::string(31, 'a');
  EXPECT_TRUE(admitted().ok()) << admitted().status();
  request_.name = std::string(32, 'a');
  expect_field_error("name", "must be at most 31 characters: with a-name-of-twenty-let-1");
}

TEST_F(AdmissionOfFlavorTest, ThreeMastersNeedThreeAddresses) {
  request_.fixed_ip = "10.101.3.98";
  EXPECT_TRUE(admitted().ok()) << admitted().status();
  request_.fixed_ip = "10.101.3.99";
  expect_field_error("fixedip", "must be 10.101.3.2 to 10.101.3.98");
}

TEST_F(AdmissionOfFlavorTest, AClusterKeepsItsRevision) {
  const ClusterSpec spec = *admitted();
  flavor_.worker_pools.clear();
  flavor_.masters.shape.nova_flavor = "m2.master";
  use(2);
  const FlavorSet own = with_own_flavor(flavors_, spec);
  EXPECT_EQ(own.at("big").flavor, spec.flavor);
  EXPECT_EQ(own.at("big").revision, 1);
  EXPECT_EQ(admitted()->flavor_revision, 2);
  const AdmissionRules own_rules{
      .platform = platform_, .pool = pool_, .flavors = own, .region = "RegionOne"};
  EXPECT_TRUE(check_same(spec, request_, own_rules, "p").ok());
  // Its cluster knows it even after it was removed for all others.
  flavors_.erase("big");
  EXPECT_EQ(with_own_flavor(flavors_, spec).at("big").flavor, spec.flavor);
}

// Clusters of many sizes come and go: two never share an address, and what is given back is used
// again.
TEST_F(AdmissionOfFlavorTest, SubnetsNeverOverlapAndAreUsedAgain) {
  constexpr int kRounds = 300;
  const AddressPool other = *AddressPool::parse("10.101.8.0/21");
  pool_ = *AddressPool::parse("10.101.0.0/20");
  flavor_.kubernetes.pod_network = "10.240.0.0/12";
  std::mt19937 random(20261122);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  std::vector<ClusterSpec> clusters;
  int refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    if (!clusters.empty() && below(5) < 2) {
      const auto gone = clusters.begin() + static_cast<std::ptrdiff_t>(below(clusters.size()));
      for (const std::string& key : address_keys(*gone)) EXPECT_EQ(taken_.erase(key), 1U);
      clusters.erase(gone);
      continue;
    }
    flavor_.worker_pools = {{.name = "a", .count = static_cast<int>(below(251)), .shape = {}},
                            {.name = "b", .count = static_cast<int>(below(200)), .shape = {}}};
    flavor_.network.address_pool = below(2) == 0 ? to_string(other.block()) : "";
    use();
    ClusterSpec spec = *admitted();
    const absl::Status status = assign(spec);
    if (!status.ok()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
      ++refused;
      continue;
    }
    const base::Ipv4Block subnet = *base::parse_ipv4_block(spec.subnet);
    std::set<std::string> addresses;
    for (const NodeSpec& node : spec.nodes) {
      const base::Ipv4 address = *base::parse_ipv4(node.address);
      EXPECT_TRUE(subnet.contains(address));
      EXPECT_TRUE(addresses.insert(node.address).second);
      EXPECT_LT(address, address_in(subnet, first_automatic_offset(subnet.prefix_length)));
    }
    for (const ClusterSpec& cluster : clusters) {
      EXPECT_FALSE(overlap(subnet, *base::parse_ipv4_block(cluster.subnet)))
          << spec.subnet << " " << cluster.subnet;
    }
    for (std::string& key : address_keys(spec)) EXPECT_TRUE(taken_.insert(std::move(key)).second);
    clusters.push_back(std::move(spec));
  }
  EXPECT_GT(refused, 0) << "the pool was never full";
  for (const ClusterSpec& cluster : clusters) {
    for (const std::string& key : address_keys(cluster)) taken_.erase(key);
  }
  EXPECT_TRUE(taken_.empty());
}

}  // namespace
}  // namespace mex::cluster
