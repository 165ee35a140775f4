#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"
#include "cluster/steps/cloud_fixture.h"
#include "http_client/percent_encoding.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kId = "0a1b2c3d-0000-4000-8000-00000000000a";
constexpr const char* kOther = "0a1b2c3d-0000-4000-8000-00000000000b";

std::string image(std::string_view id, std::string_view name) {
  return fmt::format(R"({{"id": "{}", "name": "{}", "status": "active"}})", id, name);
}
std::string network(std::string_view id, std::string_view name, bool is_external = false) {
  return fmt::format(R"({{"id": "{}", "name": "{}", "router:external": {}}})", id, name,
                     is_external);
}

class DiscoveryTest : public CloudTest {};

// ---- chosen once ----

TEST_F(DiscoveryTest, ImageUploadedAgainUnderItsNameIsNotTaken) {
  answer("GET /image/v2/images?name=debian-12&limit=500",
         R"({"images": [)" + image(kOther, "debian-12") + "]}");
  answer(fmt::format("GET /image/v2/images/{}", kId), image(kId, "debian-12-old"));
  EXPECT_EQ(discovered(FindImage{"debian-12", kId}).images.at(kId).id, kId);
  EXPECT_EQ(calls("GET", "images?"), 0U) << "the name is nobody's business any more";
}

TEST_F(DiscoveryTest, AnImageThatIsGoneIsNamedWithIdAndNameAndWhatCanBeDone) {
  answer("GET /image/v2/images?name=debian-12&limit=500",
         R"({"images": [)" + image(kOther, "debian-12") + "]}");
  const absl::Status status = refused(FindImage{"debian-12", kId});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(base::message_of(status),
            fmt::format("image debian-12 ({}): the cluster was made with it, and it is no longer "
                        "there",
                        kId));
  EXPECT_EQ(base::detail_of(status).cloud_code, "ImageNotFound");
  EXPECT_THAT(base::detail_of(status).next, HasSubstr("nodes/{node}:replace with \"image\""));
}

TEST_F(DiscoveryTest, ANovaFlavorOfTheSameNameIsNotTaken) {
  answer("GET /compute/v2.1/flavors/detail?limit=500",
         R"({"flavors": [{"id": "new", "name": "m1.small"}]})");
  const absl::Status status = refused(FindFlavor{"m1.small", "old"});
  EXPECT_THAT(base::message_of(status), HasSubstr("Nova flavor m1.small (old)"));
  EXPECT_THAT(base::detail_of(status).next, HasSubstr("\"flavor\""));
  answer("GET /compute/v2.1/flavors/old", R"({"flavor": {"id": "old", "name": "renamed"}})");
  EXPECT_EQ(discovered(FindFlavor{"m1.small", "old"}).flavors.at("old").name, "renamed");
}

TEST_F(DiscoveryTest, KeyPairDeletedIsSaidWithWhatCanBeChosen) {
  const absl::Status status = refused(FindKeyPair{"ops", "1e:2c"});
  EXPECT_THAT(base::message_of(status), HasSubstr("key pair ops (1e:2c)"));
  EXPECT_THAT(base::detail_of(status).next, HasSubstr("\"key_pair\""));
}

TEST_F(DiscoveryTest, KeyPairOfTheSameNameWithAnotherKeyIsSaid) {
  answer("GET /compute/v2.1/os-keypairs/ops",
         R"({"keypair": {"name": "ops", "fingerprint": "ff:00"}})");
  const absl::Status status = refused(FindKeyPair{"ops", "1e:2c"});
  EXPECT_EQ(base::detail_of(status).cloud_code, "KeyPairChanged");
  EXPECT_THAT(base::message_of(status), HasSubstr("another key, ff:00"));
  EXPECT_EQ(discovered(FindKeyPair{"ops", "ff:00"}).references.key_pair.id, "ff:00");
  EXPECT_EQ(discovered(FindKeyPair{"ops"}).references.key_pair.id, "ff:00");
}

TEST_F(DiscoveryTest, SharedNetworkRenamedIsFoundByItsId) {
  answer(fmt::format("GET /network/v2.0/networks/{}", kId),
         R"({"network": )" + network(kId, "renamed") + "}");
  answer(fmt::format("GET /network/v2.0/subnets?network_id={}&limit=500", kId),
         fmt::format(
             R"({{"subnets": [{{"id": "s", "network_id": "{}", "cidr": "192.0.2.0/24"}}]}})", kId));
  FindSharedNetwork find;
  find.name = "shared";
  find.chosen = {.id = kId, .name = "shared"};
  find.chosen_subnet = {.id = "s", .name = {}};
  const Discovered seen = discovered(find);
  EXPECT_EQ(seen.references.network.id, kId);
  EXPECT_EQ(seen.references.subnet.id, "s");
  find.chosen_subnet.id = "gone";
  EXPECT_THAT(base::message_of(refused(find)), HasSubstr("subnet gone"));
}

TEST_F(DiscoveryTest, SecondExternalNetworkOfANameChangesNothing) {
  answer("GET /network/v2.0/networks?router%3Aexternal=true&limit=500",
         R"({"networks": [)" + network(kId, "public", true) + ", " +
             network(kOther, "public", true) + "]}");
  answer("GET /network/v2.0/networks?router:external=true&limit=500",
         R"({"networks": [)" + network(kId, "public", true) + ", " +
             network(kOther, "public", true) + "]}");
  answer(fmt::format("GET /network/v2.0/networks/{}", kId),
         R"({"network": )" + network(kId, "public", true) + "}");
  EXPECT_EQ(base::detail_of(refused(FindExternalNetwork{"public"})).cloud_code,
            "ExternalNetworkAmbiguous");
  EXPECT_EQ(discovered(FindExternalNetwork{"public", {.id = kId, .name = "public"}})
                .references.external_network.id,
            kId);
}

TEST_F(DiscoveryTest, ServersSayWhatTheyAreMadeOf) {
  answer(
      "GET "
      "/compute/v2.1/servers/"
      "detail?tags=mex%3Aagent%3Dag3ntid1%2Cmex%3Acluster%3Dk3v9x2ab&limit=500",
      R"({"servers": [{"id": "s1", "name": "n", "image": {"id": "i1"},)"
      R"( "flavor": {"id": "f1", "links": []}},)"
      R"( {"id": "s2", "name": "v", "image": "", "flavor": {"id": "f2"}}]})");
  const Discovered seen = discovered(FindServerSources{});
  EXPECT_EQ(seen.sources.at("s1").image_id, "i1");
  EXPECT_EQ(seen.sources.at("s1").flavor_id, "f1");
  EXPECT_EQ(seen.sources.at("s2").image_id, "") << "it boots from a volume";
}

TEST_F(DiscoveryTest, TheNodesNetworkIsThatOfTheFirstPortThatIsThere) {
  answer("GET /network/v2.0/ports/p2",
         R"({"port": {"id": "p2", "network_id": "n",)"
         R"( "fixed_ips": [{"subnet_id": "s", "ip_address": "192.0.2.7"}]}})");
  const Discovered seen = discovered(FindNodeNetwork{{"p1", "p2"}});
  EXPECT_EQ(seen.references.network.id, "n");
  EXPECT_EQ(seen.references.subnet.id, "s");
  EXPECT_EQ(discovered(FindNodeNetwork{{"p1"}}).references.network.id, "");
}

// ---- networks as they are ----

class SharedNetworkTest : public DiscoveryTest {
 protected:
  SharedNetworkTest() {
    answer(
        "GET /network/v2.0/networks?name=shared&limit=500",
        R"({"networks": [{"id": "n", "name": "shared", "port_security_enabled": false, "mtu": 9000}]})");
    with_subnets(
        R"({"id": "s6", "network_id": "n", "cidr": "2001:db8::/64", "ip_version": 6},)"
        R"({"id": "s1", "name": "static", "network_id": "n", "cidr": "192.0.2.0/24",)"
        R"( "enable_dhcp": false},)"
        R"({"id": "s2", "name": "dynamic", "network_id": "n", "cidr": "198.51.100.0/24"})");
    find_.name = "shared";
  }
  void with_subnets(const std::string& subnets) {
    answer("GET /network/v2.0/subnets?network_id=n&limit=500", R"({"subnets": [)" + subnets + "]}");
  }

  FindSharedNetwork find_;
};

TEST_F(SharedNetworkTest, OneOfSeveralSubnetsIsTakenAndNeverOneOfIpv6) {
  EXPECT_EQ(discovered(find_).references.subnet.id, "s2") << "it has DHCP";
  EXPECT_EQ(discovered(find_).shared_subnet, "198.51.100.0/24");
  find_.addresses = {"192.0.2.7"};
  EXPECT_EQ(discovered(find_).references.subnet.id, "s1") << "it holds the address";
}

TEST_F(SharedNetworkTest, TheSubnetThatIsNamedIsTaken) {
  for (const char* name : {"static", "192.0.2.0/24"}) {
    find_.subnet = name;
    EXPECT_EQ(discovered(find_).references.subnet.id, "s1") << name;
  }
  find_.subnet = "other";
  const absl::Status status = refused(find_);
  EXPECT_EQ(base::detail_of(status).cloud_code, "SubnetNotFound");
  EXPECT_THAT(base::message_of(status), HasSubstr("no IPv4 subnet other"));
  EXPECT_THAT(base::message_of(status), HasSubstr("static (s1), dynamic (s2)"));
  find_.subnet = "2001:db8::/64";
  EXPECT_FALSE(refused(find_).ok()) << "it is no IPv4 subnet";
}

TEST_F(SharedNetworkTest, WithoutPortSecurityIsSeen) {
  EXPECT_FALSE(discovered(find_).has_port_security);
  EXPECT_EQ(discovered(find_).network_mtu, 9000);
}

class ExistingRouterTest : public DiscoveryTest {
 protected:
  ExistingRouterTest() {
    with_router(R"("external_gateway_info": {"network_id": "x", "external_fixed_ips":)"
                R"( [{"subnet_id": "x6", "ip_address": "2001:db8::9"},)"
                R"( {"subnet_id": "x4", "ip_address": "203.0.113.9"}]})");
    with_interface("10.9.0.0/24");
  }
  void with_router(const std::string& rest) {
    answer("GET /network/v2.0/routers?name=edge&limit=500",
           R"({"routers": [{"id": "r", "name": "edge", )" + rest + "}]}");
  }
  void with_interface(const std::string& cidr) {
    answer("GET /network/v2.0/ports?device_id=r&limit=500",
           R"({"ports": [{"id": "p", "network_id": "n",)"
           R"( "fixed_ips": [{"subnet_id": "s", "ip_address": "10.101.7.1"}]}]})");
    if (cidr.empty()) return;
    answer("GET /network/v2.0/subnets/s",
           fmt::format(R"({{"subnet": {{"id": "s", "network_id": "n", "cidr": "{}"}}}})", cidr));
  }
};

TEST_F(ExistingRouterTest, ItsIpv4AddressIsTheWayIn) {
  EXPECT_EQ(discovered(FindRouter{"edge"}).gateway, "203.0.113.9");
}

TEST_F(ExistingRouterTest, WithoutAGatewayIsRefusedBeforeAnythingIsMade) {
  with_router(R"("external_gateway_info": null)");
  const absl::Status status = refused(FindRouter{"edge"});
  EXPECT_EQ(base::detail_of(status).cloud_code, "RouterWithoutGateway");
  EXPECT_THAT(base::detail_of(status).next, HasSubstr("--external-gateway"));
}

TEST_F(ExistingRouterTest, ThatServesTheBlockAlreadyIsRefusedAndAnotherSubnetHelps) {
  with_interface("10.101.0.0/16");
  const absl::Status status = refused(FindRouter{"edge"});
  EXPECT_EQ(base::detail_of(status).cloud_code, kSubnetInUse);
  EXPECT_THAT(base::message_of(status), HasSubstr("10.101.0.0/16"));
  EXPECT_THAT(base::detail_of(status).next, HasSubstr("takes another subnet"));
  resources_[{ResourceKind::Subnet, {}}] = "s";
  EXPECT_EQ(discovered(FindRouter{"edge"}).references.router.id, "r") << "it is the cluster's own";
}

TEST_F(ExistingRouterTest, ThatServesAnotherProjectsSubnetIsJudgedByItsAddress) {
  with_interface("");
  answer("GET /network/v2.0/subnets/s", {{.status = 404, .body = "{}"}});
  EXPECT_EQ(base::detail_of(refused(FindRouter{"edge"})).cloud_code, kSubnetInUse);
}

TEST_F(ExistingRouterTest, WithAStaticRouteIntoTheBlockIsRefused) {
  with_router(R"("external_gateway_info": {"network_id": "x"}, "routes":)"
              R"( [{"destination": "10.101.7.128/25", "nexthop": "10.9.0.2"}])");
  EXPECT_THAT(base::message_of(refused(FindRouter{"edge"})),
              HasSubstr("a route to 10.101.7.128/25"));
}

// ---- volumes ----

class VolumesTest : public CloudTest {
 protected:
  VolumesTest() {
    answer("GET /compute/v2.1/flavors/detail?limit=500",
           R"({"flavors": [{"id": "f", "name": "m1.diskless", "disk": 0},)"
           R"( {"id": "g", "name": "m1.small", "disk": 20}]})");
  }
  void with_quota() {
    answer("GET /volumev3/v3/limits",
           R"({"limits": {"rate": [], "absolute": {"maxTotalVolumes": 10,)"
           R"( "totalVolumesUsed": 3, "maxTotalVolumeGigabytes": 1000,)"
           R"( "totalGigabytesUsed": 70}}})");
  }
};

TEST_F(VolumesTest, ANovaFlavorWithoutADiskAsksForTheQuotaOfVolumes) {
  with_quota();
  const Discovered seen = discovered(FindFlavor{"m1.diskless"});
  EXPECT_TRUE(seen.has_volumes);
  EXPECT_EQ(seen.volumes.volumes.limit, 10);
  EXPECT_EQ(seen.volumes.volumes.used, 3);
  EXPECT_EQ(seen.volumes.gigabytes.used, 70);
  EXPECT_FALSE(discovered(FindFlavor{"m1.small"}).has_volumes);
}

TEST_F(VolumesTest, AQuotaThatMayNotBeReadIsNotChecked) {
  answer("GET /volumev3/v3/limits", {{.status = 403, .body = "{}"}});
  const Discovered seen = discovered(FindFlavor{"m1.diskless"});
  EXPECT_TRUE(seen.has_volumes);
  EXPECT_EQ(seen.volumes.volumes.limit, -1);
}

TEST_F(VolumesTest, ACloudWithoutCinderBootsFromTheHostsDisks) {
  leave_out("volumev3");
  EXPECT_FALSE(discovered(FindFlavor{"m1.diskless"}).has_volumes);
  EXPECT_EQ(base::detail_of(refused(ReadVolumeQuota{})).cloud_code, "NoVolumes");
}

TEST_F(VolumesTest, VolumesThatTheFlavorAsksForAreCounted) {
  with_quota();
  EXPECT_EQ(discovered(ReadVolumeQuota{}).volumes.gigabytes.limit, 1000);
}

// ---- the largest packet ----

TEST_F(DiscoveryTest, TheMtuOfANewNetworkIsKnownWhenItIsMade) {
  answer("GET /network/v2.0/extensions", R"({"extensions": []})");
  answer("POST /network/v2.0/networks",
         {{.status = 201, .body = R"({"network": {"id": "n", "mtu": 1450}})"}});
  CreateNetwork create;
  create.body.name = "test-1-network";
  EXPECT_EQ(discovered(create).network_mtu, 1450);
}

// ---- ports ----

class PortsTest : public CloudTest {
 protected:
  PortsTest() {
    answer("GET /network/v2.0/extensions", R"({"extensions": []})");
    answer("POST /network/v2.0/ports",
           {{.status = 201,
             .body = R"({"ports": [{"id": "p", "network_id": "n", "fixed_ips":)"
                     R"( [{"subnet_id": "s6", "ip_address": "2001:db8::7"},)"
                     R"( {"subnet_id": "s4", "ip_address": "192.0.2.7"}]}]})"}});
    spec_.scheme = NetworkScheme::Shared;
    resources_[{ResourceKind::SecurityGroup, {}}] = "g";
    create_.ports.push_back({.slot = "worker-1", .body = {}});
    create_.ports[0].body.network_id = "n";
  }

  CreatePorts create_;
};

TEST_F(PortsTest, AnIpv6AddressIsNeverTheNodes) {
  const Outcome outcome = performed(create_);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.addresses.at("worker-1"), "192.0.2.7");
}

TEST_F(PortsTest, WithoutPortSecurityTheyHaveNoGroups) {
  ASSERT_TRUE(performed(create_).status.ok());
  EXPECT_THAT(last_body(), HasSubstr(R"("security_groups":["g"])"));
  spec_.lacks_port_security = true;
  ASSERT_TRUE(performed(create_).status.ok());
  EXPECT_THAT(last_body(), testing::Not(HasSubstr("security_groups")));
}

// As Neutron 21.0.0 does it with ports that are made in bulk.
class ForgottenPairsTest : public PortsTest {
 protected:
  ForgottenPairsTest() {
    create_.ports[0].body.name = "test-1-worker-1";
    create_.ports[0].body.allowed_addresses = {"10.244.0.0/16"};
  }
  void answer_list(const std::string& pairs) {
    answer(
        "GET /network/v2.0/ports?" + list_,
        R"({"ports": [{"id": "p", "name": "test-1-worker-1", "network_id": "n",)"
        R"( "mac_address": "fa:16:3e:00:00:01", "security_groups": ["g"], "allowed_address_pairs": [)" +
            pairs + "]}]}");
  }

  static constexpr const char* kSet = "PUT /network/v2.0/ports/p";
  static constexpr const char* kSingle = R"({"port": {"id": "p", "network_id": "n"}})";
  const std::string list_ =
      "description=" + http_client::percent_encode(mark_of(test_owner())) + "&limit=500";
};

TEST_F(ForgottenPairsTest, APortThatWasMadeWithoutItsAddressPairGetsItAtOnce) {
  answer(kSet, kSingle);
  const Outcome outcome = performed(create_);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(calls("PUT", "/ports/p"), 1U);
  EXPECT_THAT(last_body(), HasSubstr(R"("ip_address":"10.244.0.0/16")"));
  EXPECT_THAT(last_body(), HasSubstr(R"("security_groups":["g"])"));
}

TEST_F(ForgottenPairsTest, WhatTheAnswerHasIsNotSetAgain) {
  answer("POST /network/v2.0/ports",
         {{.status = 201,
           .body = R"({"ports": [{"id": "p", "network_id": "n", "security_groups": ["g"],)"
                   R"( "mac_address": "fa:16:3e:00:00:01",)"
                   R"( "allowed_address_pairs": [{"ip_address": "10.244.0.0/16",)"
                   R"( "mac_address": "fa:16:3e:00:00:01"}]}]})"}});
  ASSERT_TRUE(performed(create_).status.ok());
  EXPECT_EQ(calls("PUT", "/ports/p"), 0U);
}

TEST_F(ForgottenPairsTest, APortThatCouldNotBeCompletedIsKnownAndTheStepHasFailed) {
  answer(kSet, {{.status = 503, .body = "{}"}});
  const Outcome outcome = performed(create_);
  EXPECT_TRUE(absl::IsUnavailable(outcome.status)) << outcome.status;
  EXPECT_EQ(outcome.made.at({ResourceKind::Port, "worker-1"}), "p");
}

TEST_F(ForgottenPairsTest, APortOfAnEarlierAttemptGetsItsAddressPair) {
  answer_list("");
  answer(kSet, kSingle);
  ASSERT_TRUE(performed_again(create_).status.ok());
  EXPECT_EQ(calls("PUT", "/ports/p"), 1U);
  EXPECT_EQ(calls("POST", "/ports"), 0U);
  answer_list(R"({"ip_address": "10.244.0.0/16", "mac_address": "fa:16:3e:00:00:01"})");
  ASSERT_TRUE(performed_again(create_).status.ok());
  EXPECT_EQ(calls("PUT", "/ports/p"), 1U);
}

// ---- removal ----

class DetachTest : public CloudTest {
 protected:
  static constexpr const char* kDetach = "PUT /network/v2.0/routers/r/remove_router_interface";
  const Answer in_use_{.status = 409,
                       .body = R"({"NeutronError": {"type": "RouterInterfaceInUseByRoute",)"
                               R"( "message": "required by one or more routes"}})"};
};

TEST_F(DetachTest, StaticRoutesOnTheOwnRouterDoNotHoldUpDestroy) {
  answer(kDetach, {in_use_, {.status = 200, .body = "{}"}});
  answer("PUT /network/v2.0/routers/r", R"({"router": {"id": "r"}})");
  EXPECT_TRUE(performed(DetachRouter{"r", "s"}).status.ok());
  EXPECT_EQ(calls("PUT", "remove_router_interface"), 2U);
}

TEST_F(DetachTest, RoutesThatCannotBeClearedAreTheReason) {
  answer(kDetach, {in_use_});
  answer("PUT /network/v2.0/routers/r", {{.status = 403, .body = "{}"}});
  EXPECT_THAT(base::message_of(refused(DetachRouter{"r", "s"})), HasSubstr("clear the routes"));
}

// ---- names as they are ----

TEST_F(DiscoveryTest, AnImagesNameMayHaveAnyCharacters) {
  for (const std::string name : {"Debian 12: minimal", "in:x", "a,b", "say \\\"hi\\\""}) {
    answer("GET /image/v2/images?limit=500",
           R"({"images": [)" + image(kOther, "x") + ", " + image(kId, name) + "]}");
    std::string plain = name;
    for (std::size_t at = 0; (at = plain.find("\\\"", at)) != std::string::npos;) {
      plain.erase(at, 1);
    }
    EXPECT_EQ(discovered(FindImage{plain}).images.at(plain).id, kId) << plain;
  }
}

TEST_F(DiscoveryTest, AnIdMayBePastedInUpperCase) {
  answer(fmt::format("GET /image/v2/images/{}", kId), image(kId, "debian-12"));
  std::string upper = kId;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(discovered(FindImage{upper}).images.at(upper).id, kId);
}

TEST_F(DiscoveryTest, NamesThatDifferInCaseAreOthers) {
  answer("GET /network/v2.0/routers?name=edge&limit=500",
         R"({"routers": [{"id": "r1", "name": "Edge"}, {"id": "r2", "name": "edge",)"
         R"( "external_gateway_info": {"network_id": "x"}}]})");
  answer("GET /network/v2.0/ports?device_id=r2&limit=500", R"({"ports": []})");
  EXPECT_EQ(discovered(FindRouter{"edge"}).references.router.id, "r2");
}

}  // namespace
}  // namespace mex::cluster
