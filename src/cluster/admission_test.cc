#include "cluster/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/status.h"

namespace mex::cluster {
namespace {

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
    return {.platform = platform_, .pool = pool_, .region = "RegionOne"};
  }
  absl::StatusOr<ClusterSpec> admitted() const { return admit(request_, rules(), "provisions[0]"); }

  absl::Status assign(ClusterSpec& spec) {
    return assign_addresses(
        spec, rules(), [this](const Ipv4Block& block) { return taken_.count(to_text(block)) > 0; },
        "provisions[0]");
  }

  void expect_field_error(const char* field, const char* text) const {
    const absl::Status status = admitted().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_EQ(base::detail_of(status).field, std::string("provisions[0].") + field);
    EXPECT_THAT(base::message_of(status), HasSubstr(text));
  }

  PlatformConfig platform_;
  AddressPool pool_ = *AddressPool::parse("10.101.0.0/16");
  ClusterRequest request_;
  std::set<std::string> taken_;
};

TEST_F(AdmissionTest, FillsInTheDefaults) {
  platform_.zone = "nova";
  platform_.external_network = "public";
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->image, "debian-12");
  EXPECT_EQ(spec->flavor, "m1.small");
  EXPECT_EQ(spec->zone, "nova");
  EXPECT_EQ(spec->region, "RegionOne");
  EXPECT_EQ(spec->external_network, "public");
  EXPECT_TRUE(spec->isolated());
  ASSERT_EQ(spec->nodes.size(), 3U);
  EXPECT_EQ(spec->nodes[0].slot, "master-1");
  EXPECT_EQ(spec->nodes[2].slot, "worker-2");
}

TEST_F(AdmissionTest, TheWishWinsOverTheDefaults) {
  request_.image = "cirros";
  request_.flavor = "m1.large";
  request_.zone = "az-2";
  request_.metadata = "team=red,color=blue";
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->image, "cirros");
  EXPECT_EQ(spec->flavor, "m1.large");
  EXPECT_EQ(spec->zone, "az-2");
  EXPECT_EQ(spec->metadata.at("color"), "blue");
}

TEST_F(AdmissionTest, AClusterFlavorInTheFlavorFieldIsTheKind) {
  request_.flavor = std::exchange(request_.kind, "");
  const auto spec = admitted();
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->kind, "kubernetes-mini-openstack");
  EXPECT_EQ(spec->flavor, "m1.small");
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
  expect_field_error("kind", "unknown kind \"kubernetes-maxi\"; known kinds: kubernetes-mini");
  request_.kind = "";
  expect_field_error("kind", "is missing");
}

TEST_F(AdmissionTest, ImageAndFlavorMustComeFromSomewhere) {
  platform_.image = "";
  expect_field_error("image", "no defaults.image");
  platform_.image = "x";
  platform_.flavor = "";
  expect_field_error("flavor", "no defaults.flavor");
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

TEST_F(AdmissionTest, MetadataIsChecked) {
  for (const char* wrong : {"a", "=b", "a=b,,c=d", "sl/ash=1"}) {
    request_.metadata = wrong;
    EXPECT_FALSE(admitted().ok()) << wrong;
  }
  request_.metadata = "role=x";
  expect_field_error("metadata", "the key role is set by the agent");
  request_.metadata = "mex:slot=x";
  expect_field_error("metadata", "is set by the agent");
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
  expect_field_error("fixedip", "must end in .2 to .100");
  request_.fixed_ip = "10.101.3.1";
  expect_field_error("fixedip", "must end in");
}

TEST_F(AdmissionTest, EachClusterGetsItsOwnSubnet) {
  ClusterSpec spec = *admitted();
  taken_ = {"10.101.0.0/24", "10.101.1.0/24"};
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
  taken_ = {"10.101.77.0/24"};
  EXPECT_EQ(assign(second).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(AdmissionTest, AFullPoolIsSaid) {
  pool_ = *AddressPool::parse("10.101.7.0/24");
  taken_ = {"10.101.7.0/24"};
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

  taken_ = {"10.0.0.101/32"};
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

TEST_F(AdmissionTest, TheSameWishFitsItsCluster) {
  ClusterSpec spec = *admitted();
  ASSERT_TRUE(assign(spec).ok());
  EXPECT_TRUE(check_same(spec, request_, rules(), "p").ok());
  // What the wish leaves open is not compared, so a later change of a default does not matter.
  platform_.image = "other";
  EXPECT_TRUE(check_same(spec, request_, rules(), "p").ok());
  request_.image = "debian-12";
  EXPECT_TRUE(check_same(spec, request_, rules(), "p").ok());
}

TEST_F(AdmissionTest, AnotherWishDoesNot) {
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

}  // namespace
}  // namespace mex::cluster
