#include "cluster/steps/project_inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cluster/records/inventory_fixture.h"
#include "cluster/steps/cloud_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const ResourceKey kNetwork{ResourceKind::Network, {}};
const ResourceKey kPort{ResourceKind::Port, "worker-1"};

class ProjectInventoryTest : public CloudTest {
 protected:
  ProjectInventoryTest() {
    for (const char* kind :
         {"networks", "subnets", "routers", "security-groups", "security-group-rules", "ports"}) {
      list(kind, "");
    }
    servers("");
  }

  void list(const std::string& path, const std::string& elements) {
    std::string key = path;
    std::replace(key.begin(), key.end(), '-', '_');
    answer(fmt::format("GET /network/v2.0/{}?project_id=p1&limit=500", path),
           fmt::format(R"({{"{}": [{}]}})", key, elements));
  }
  void servers(const std::string& elements) {
    answer("GET /compute/v2.1/servers/detail?tags=mex%3Aagent%3Dag3ntid1&limit=500",
           fmt::format(R"({{"servers": [{}]}})", elements));
  }
  static std::string marked(const std::string& id, const std::string& more = "") {
    return fmt::format(R"({{"id": "{}", "name": "n", "description": "{}"{}}})", id,
                       mark_of(test_owner()), more);
  }
  absl::StatusOr<ProjectInventory> look(const std::vector<ExpectedResource>& expected = {}) {
    return read_project(cloud(), test_owner().agent_id, expected, in_time());
  }
  std::vector<std::string> ids(const ProjectInventory& seen) const {
    std::vector<std::string> ids;
    for (const auto& [cluster, inventory] : seen.clusters) {
      for (const ObservedResource& resource : inventory) ids.push_back(cluster + " " + resource.id);
    }
    return ids;
  }
};

TEST_F(ProjectInventoryTest, IsWhatCarriesTheAgentsMarkOnceByCluster) {
  list("networks", marked("a") + "," + marked("a") + "," +
                       R"({"id": "b", "description": "mexosagent agent=other cluster=x"},
                          {"id": "c", "description": "mine"}, {"id": "d"},
                          {"id": "e", "description": "mexosagent agent=ag3ntid1 cluster=gone"})");
  const auto seen = look();
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(ids(*seen), UnorderedElementsAre("k3v9x2ab a", "gone e"));
}

TEST_F(ProjectInventoryTest, HasHowThingsAreSet) {
  list("ports", marked("p", R"(, "network_id": "n", "tags": ["t"], "security_groups": ["g"],
                              "allowed_address_pairs": [{"ip_address": "10.244.0.0/16"}])") +
                    R"(, {"id": "i", "network_id": "n", "device_id": "r",
                         "device_owner": "network:router_interface_distributed",
                         "fixed_ips": [{"subnet_id": "s", "ip_address": "10.0.0.1"}]})");
  list("security-group-rules",
       R"({"id": "1", "security_group_id": "g", "direction": "ingress", "ethertype": "IPv4"})");
  const auto seen = look();
  ASSERT_TRUE(seen.ok()) << seen.status();
  const ResourceSettings& port = seen->settings.at("p");
  EXPECT_THAT(port.tags, ElementsAre("t"));
  EXPECT_THAT(port.filters.allowed_addresses, ElementsAre("10.244.0.0/16"));
  EXPECT_THAT(port.filters.security_group_ids, ElementsAre("g"));
  EXPECT_THAT(seen->interfaces, ElementsAre(Pair("r", "s")));
  EXPECT_EQ(seen->rules.at("g").size(), 1U);
}

TEST_F(ProjectInventoryTest, AServerIsKnownByItsTagsWhenItsDescriptionIsAnothers) {
  servers(R"({"id": "s", "name": "n", "status": "ACTIVE", "description": "my favourite",
              "tags": ["x", "mex:agent=ag3ntid1", "mex:cluster=k3v9x2ab"]},
             {"id": "t", "status": "ACTIVE", "tags": ["mex:agent=ag3ntid1"]})");
  const auto seen = look();
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(ids(*seen), ElementsAre("k3v9x2ab s"));
}

TEST_F(ProjectInventoryTest, WhatAListLacksIsReadByItsId) {
  list("networks", marked("a"));
  answer("GET /network/v2.0/networks/there", R"({"network": )" + marked("there") + "}");
  answer("GET /network/v2.0/networks/bare", R"({"network": {"id": "bare", "description": ""}})");
  answer("GET /network/v2.0/networks/mute", {{.status = 503, .body = "", .headers = {}}});
  const auto seen = look({{ResourceKind::Network, "a", kTestClusterId},
                          {ResourceKind::Network, "there", kTestClusterId},
                          {ResourceKind::Network, "bare", kTestClusterId},
                          {ResourceKind::Network, "gone", kTestClusterId},
                          {ResourceKind::ServerGroup, "group", kTestClusterId}});
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(ids(*seen), UnorderedElementsAre("k3v9x2ab a", "k3v9x2ab there"));
  EXPECT_THAT(seen->unlisted, UnorderedElementsAre(Pair("bare", Unlisted::Unmarked),
                                                   Pair("gone", Unlisted::NotFound)));
}

TEST_F(ProjectInventoryTest, OfAServerWhoseCellIsDownItsMarkIsNotKnown) {
  servers(marked("t"));
  answer("GET /compute/v2.1/servers/s", R"({"server": {"id": "s", "status": "UNKNOWN"}})");
  const auto seen = look({{ResourceKind::Server, "s", kTestClusterId}});
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(seen->unlisted, IsEmpty());
}

TEST_F(ProjectInventoryTest, WhereServersHaveNoTagsTheirMetadataSaysWhoseTheyAre) {
  servers(R"({"id": "s", "name": "n", "metadata": {"mex:agent": "ag3ntid1",
                                                   "mex:cluster": "k3v9x2ab"}},
             {"id": "t", "name": "n", "description": null, "tags": [],
              "metadata": {"mex:agent": "ag3ntid1", "mex:cluster": "k3v9x2ab"}})");
  const auto seen = look();
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(ids(*seen), ElementsAre("k3v9x2ab s")) << "the other one's mark was taken off";
}

TEST_F(ProjectInventoryTest, VolumesAreListedWhereSomeClusterHasAny) {
  answer("GET /volumev3/v3/volumes/detail?limit=500",
         R"({"volumes": [)" + marked("v") + R"(, {"id": "w", "description": "mine"}]})");
  EXPECT_THAT(ids(*look()), IsEmpty());
  const auto seen = look({{ResourceKind::Volume, "x", kTestClusterId}});
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(ids(*seen), ElementsAre("k3v9x2ab v"));
  EXPECT_THAT(seen->unlisted, IsEmpty());
}

// The symptom: the catalogue of another region, where nothing of this agent is.
TEST_F(ProjectInventoryTest, WhereNothingOfTheAgentsIsSeenNothingIsGone) {
  const auto seen = look(
      {{ResourceKind::Network, "a", kTestClusterId}, {ResourceKind::Server, "s", kTestClusterId}});
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(seen->unlisted, IsEmpty());
  list("networks", marked("b"));
  const auto half = look(
      {{ResourceKind::Network, "a", kTestClusterId}, {ResourceKind::Server, "s", kTestClusterId}});
  EXPECT_THAT(half->unlisted, ElementsAre(Pair("a", Unlisted::NotFound)))
      << "of Nova nothing was seen";
}

TEST_F(ProjectInventoryTest, WithoutOneOfTheListsThereIsNone) {
  answer("GET /network/v2.0/ports?project_id=p1&limit=500", {{.status = 404, .body = ""}});
  EXPECT_FALSE(look().ok());
}

TEST_F(ProjectInventoryTest, ALookReadsNoMoreThanAFew) {
  list("networks", marked("a"));
  std::vector<ExpectedResource> expected;
  for (int i = 0; i < 1000; ++i) {
    expected.push_back({ResourceKind::Port, fmt::format("p{}", i), kTestClusterId});
  }
  ASSERT_TRUE(look(expected).ok());
  EXPECT_EQ(calls("GET", "/ports/p"), 64U);
}

// ---- setting again what was changed ----

TEST_F(ProjectInventoryTest, TagsThatPeopleHaveAddedStay) {
  resources_[kNetwork] = "a";
  answer("GET /network/v2.0/networks/a",
         R"({"network": {"id": "a", "tags": ["backup", "mexosagent"]}})");
  answer("PUT /network/v2.0/networks/a/tags", R"({"tags": []})");
  const auto tag = [this](std::vector<std::string> tags) {
    return performed(TagResource{kNetwork, std::move(tags), true}).status;
  };
  EXPECT_TRUE(tag({"mexosagent"}).ok());
  EXPECT_EQ(calls("PUT", "/tags"), 0U) << "they are all there";
  EXPECT_TRUE(tag({"mexosagent", "mex:name=test-1"}).ok());
  EXPECT_EQ(last_body(), R"({"tags":["backup","mexosagent","mex:name=test-1"]})");
}

TEST_F(ProjectInventoryTest, AServersTagsAreNovas) {
  const ResourceKey server{ResourceKind::Server, "worker-1"};
  resources_[server] = "s";
  answer("GET /compute/v2.1/servers/s",
         R"({"server": {"id": "s", "name": "s", "status": "ACTIVE", "tags": []}})");
  answer("PUT /compute/v2.1/servers/s/tags", R"({"tags": []})");
  EXPECT_TRUE(performed(TagResource{server, {"mexosagent"}, true}).status.ok());
  EXPECT_EQ(last_body(), R"({"tags":["mexosagent"]})");
}

TEST_F(ProjectInventoryTest, WhatPeopleHaveAllowedBesidesStays) {
  resources_[kPort] = "p";
  resources_[{ResourceKind::SecurityGroup, {}}] = "g";
  answer("GET /network/v2.0/ports/p",
         {{.status = 200, .body = R"({"port": {"id": "p", "network_id": "n",
           "security_groups": ["mine"], "allowed_address_pairs": [{"ip_address": "192.0.2.7"}]}})"},
          {.status = 200, .body = R"({"port": {"id": "p", "network_id": "n",
           "security_groups": ["g"], "allowed_address_pairs": [{"ip_address": "10.244.0.0/16"}]}})"}});
  answer("PUT /network/v2.0/ports/p", R"({"port": {}})");
  const SetPortFilters set{.slots = {"worker-1"}, .allowed_addresses = {"10.244.0.0/16"}};
  EXPECT_TRUE(performed(set).status.ok());
  EXPECT_EQ(last_body(), R"({"port":{"allowed_address_pairs":[{"ip_address":"192.0.2.7"},)"
                         R"({"ip_address":"10.244.0.0/16"}],"security_groups":["mine","g"]}})");
  EXPECT_TRUE(performed(set).status.ok());
  EXPECT_EQ(calls("PUT", "/ports/p"), 1U) << "it is set already";
}

}  // namespace
}  // namespace mex::cluster
