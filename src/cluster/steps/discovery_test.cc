#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"
#include "cluster/steps/cloud_fixture.h"

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
         R"({"routers": [{"id": "r1", "name": "Edge"}, {"id": "r2", "name": "edge"}]})");
  EXPECT_EQ(discovered(FindRouter{"edge"}).references.router.id, "r2");
}

}  // namespace
}  // namespace mex::cluster
