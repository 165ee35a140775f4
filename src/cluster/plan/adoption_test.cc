#include "cluster/plan/adoption.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "cluster/plan/operation_plan.h"
#include "cluster/plan/plan_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_of(const std::vector<PlannedStep>& steps) {
  std::vector<std::string> names;
  for (const PlannedStep& step : steps) names.push_back(step.name());
  return names;
}

class AdoptionTest : public testing::Test {
 protected:
  AdoptionTest() {
    record_.id = kTestClusterId;
    record_.spec = test_spec();
    record_.resources = whole_journal();
    record_.has_cloud_resources = true;
    for (const NodeSpec& node : record_.spec.nodes) {
      const std::string id = record_.resources.at({ResourceKind::Server, node.slot});
      discovered_.sources[id] = {
          .id = id, .image_id = "i of " + node.slot, .flavor_id = "f of " + node.slot};
    }
  }
  void put_on_shared_network() {
    record_.spec.scheme = NetworkScheme::Shared;
    record_.spec.network = "shared";
    record_.spec.subnet.clear();
  }
  NodeSpec& node(std::size_t i) { return record_.spec.nodes[i]; }

  ClusterRecord record_;
  Discovered discovered_;
};

TEST_F(AdoptionTest, IsForRecordsWithoutIdsThatHaveServers) {
  EXPECT_TRUE(needs_adoption(record_, OperationKind::Scale));
  EXPECT_FALSE(needs_adoption(record_, OperationKind::Destroy));
  EXPECT_THAT(names_of(plan_adoption(record_)), ElementsAre("token", "look servers' sources"));
  ASSERT_TRUE(adopt(record_, discovered_, OperationKind::Scale).ok());
  EXPECT_EQ(node(1).image_id, "i of worker-1");
  EXPECT_EQ(node(2).nova_flavor_id, "f of worker-2");
  EXPECT_FALSE(needs_adoption(record_, OperationKind::Scale));
  record_.has_cloud_resources = false;
  EXPECT_FALSE(needs_adoption(record_, OperationKind::Create));
}

TEST_F(AdoptionTest, ANodeWithoutItsServerIsMadeOfWhatItsPoolHas) {
  discovered_.sources.erase(record_.resources.at({ResourceKind::Server, "worker-1"}));
  record_.joining = {"worker-1"};
  ASSERT_TRUE(adopt(record_, discovered_, OperationKind::Repair).ok());
  EXPECT_EQ(node(1).image_id, "i of worker-2");
  EXPECT_EQ(node(1).nova_flavor_id, "f of worker-2");
}

TEST_F(AdoptionTest, OrElseOfWhatTheClusterHasUnderThatName) {
  for (const char* slot : {"worker-1", "worker-2"}) {
    discovered_.sources.erase(record_.resources.at({ResourceKind::Server, slot}));
  }
  record_.joining = {"worker-1"};
  node(1).nova_flavor = "m1.large";
  EXPECT_THAT(base::message_of(adopt(record_, discovered_, OperationKind::Repair)),
              HasSubstr("the Nova flavor of worker-1"));
  EXPECT_EQ(node(1).image_id, "i of master-1");
}

TEST_F(AdoptionTest, AnEmptyListMakesNothingOfTheNamesMeaningNow) {
  record_.joining = {"worker-1"};
  discovered_ = test_discovered();
  const absl::Status status = adopt(record_, discovered_, OperationKind::Repair);
  EXPECT_EQ(base::detail_of(status).cloud_code, "SourceUnknown");
  EXPECT_EQ(node(1).image_id, "");
}

TEST_F(AdoptionTest, ACreateMayChooseForNodesWithoutAServer) {
  for (const char* slot : {"master-1", "worker-1", "worker-2"}) {
    record_.resources.erase({ResourceKind::Server, slot});
  }
  EXPECT_FALSE(needs_adoption(record_, OperationKind::Create));
  EXPECT_TRUE(adopt(record_, {}, OperationKind::Create).ok());
  EXPECT_TRUE(node(0).is_image_new);
}

TEST_F(AdoptionTest, TheNodesNetworkIsThatOfTheirPorts) {
  put_on_shared_network();
  ASSERT_TRUE(needs_adoption(record_, OperationKind::Scale));
  const auto steps = plan_adoption(record_);
  EXPECT_THAT(names_of(steps),
              ElementsAre("token", "look servers' sources", "look nodes' network"));
  EXPECT_EQ(std::get<FindNodeNetwork>(steps[2].action).port_ids.size(), 3U);
  record_.joining = {"worker-1"};
  EXPECT_EQ(base::detail_of(adopt(record_, discovered_, OperationKind::Scale)).cloud_code,
            "NetworkUnknown");
  discovered_.references.network = {.id = "n", .name = "shared"};
  ASSERT_TRUE(adopt(record_, discovered_, OperationKind::Scale).ok());
  EXPECT_EQ(record_.references.network.id, "n");
}

TEST_F(AdoptionTest, AServerGroupThatIsGoneIsSaidBeforeANodeWouldStandBesideTheOthers) {
  record_.spec.flavor.placement.anti_affinity = AntiAffinity::Hard;
  record_.resources[{ResourceKind::ServerGroup, "worker"}] = "g";
  record_.joining = {"worker-2"};
  PresentResources present;
  const absl::Status gone = check_server_groups(record_, OperationKind::Scale, present);
  EXPECT_EQ(base::detail_of(gone).cloud_code, "ServerGroupNotFound");
  EXPECT_THAT(base::message_of(gone), HasSubstr("test-1-k3v9x2ab-server-group-worker (g)"));
  EXPECT_FALSE(check_server_groups(record_, OperationKind::Repair, present).ok());
  EXPECT_TRUE(check_server_groups(record_, OperationKind::Replace, present).ok());
  present.kept[{ResourceKind::ServerGroup, "worker"}] = "g";
  EXPECT_TRUE(check_server_groups(record_, OperationKind::Scale, present).ok());
  record_.spec.flavor.placement.anti_affinity = AntiAffinity::Soft;
  EXPECT_TRUE(check_server_groups(record_, OperationKind::Scale, {}).ok());
}

TEST_F(AdoptionTest, WhatAPlanWasMadeWithIsKept) {
  discovered_ = test_discovered();
  discovered_.references.key_pair = {.id = "1e:2c", .name = "ops"};
  keep_choices(record_, discovered_, OperationKind::Create);
  EXPECT_EQ(node(2).image_id, "image-id");
  EXPECT_EQ(node(2).nova_flavor_id, "flavor-id");
  EXPECT_EQ(record_.references.external_network.id, "public-id");
  EXPECT_EQ(record_.references.key_pair.name, "ops");
}

TEST_F(AdoptionTest, AFailedCreateKeepsWhatIsInUseAndChoosesTheRestAnew) {
  keep_choices(record_, test_discovered(), OperationKind::Create);
  record_.references.network = {.id = "n", .name = "shared"};
  record_.resources = {{{ResourceKind::Server, "master-1"}, "s"},
                       {{ResourceKind::Router, {}}, "r"}};
  ClusterRecord again = record_;
  again.spec = test_spec();
  again.spec.nodes[2].image = "debian-13";
  keep_choices_in_use(again, record_);
  EXPECT_EQ(again.spec.nodes[1].image_id, "image-id") << "a server is made of it";
  EXPECT_EQ(again.spec.nodes[2].image_id, "");
  EXPECT_TRUE(again.spec.nodes[2].is_image_new);
  EXPECT_FALSE(again.spec.nodes[2].is_nova_flavor_new);
  EXPECT_EQ(again.references.external_network.id, "public-id");
  EXPECT_EQ(again.references.network, CloudReference()) << "no port is on it";

  record_.resources.clear();
  again.spec = test_spec();
  keep_choices_in_use(again, record_);
  EXPECT_EQ(again.spec.nodes[1].image_id, "") << "nothing was made of it";
  EXPECT_TRUE(again.spec.nodes[1].is_image_new);
  EXPECT_EQ(again.references.external_network, CloudReference());
}

}  // namespace
}  // namespace mex::cluster
