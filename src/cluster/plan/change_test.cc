#include "cluster/plan/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/status.h"
#include "cluster/plan/create_plan.h"
#include "cluster/plan/plan_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ChangeTest : public testing::Test {
 protected:
  ChangeTest() {
    record_.id = kTestClusterId;
    record_.spec = test_spec();
  }

  absl::StatusOr<ClusterRecord> scale(int count) const {
    return scaled(record_, "worker", count,
                  {.platform = platform_,
                   .is_taken = [this](const std::string& address) { return address == taken_; }});
  }
  static std::vector<std::string> slots(const std::vector<NodeSpec>& nodes) {
    std::vector<std::string> names;
    for (const NodeSpec& node : nodes) names.push_back(node.slot);
    return names;
  }

  ClusterRecord record_;
  PlatformConfig platform_;
  std::string taken_;
};

TEST_F(ChangeTest, NewNodesAreAsTheirNeighboursWithTheNextAddresses) {
  record_.spec.zones = {"az-1", "az-2"};
  const auto changed = scale(4);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_THAT(slots(changed->spec.nodes),
              ElementsAre("master-1", "worker-1", "worker-2", "worker-3", "worker-4"));
  EXPECT_THAT(changed->joining, ElementsAre("worker-3", "worker-4"));
  const NodeSpec& added = changed->spec.nodes[3];
  EXPECT_EQ(added.address, "10.101.7.103");
  EXPECT_EQ(added.image, "debian-12");
  EXPECT_EQ(added.nova_flavor, "m1.small");
  EXPECT_EQ(added.group, "worker");
  EXPECT_EQ(added.zone, "az-1");
  EXPECT_EQ(changed->spec.nodes[4].zone, "az-2");
  EXPECT_EQ(changed->spec.flavor.worker_pools[0].count, 4);
}

TEST_F(ChangeTest, TheLastNodesGo) {
  const auto changed = scale(1);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_THAT(slots(changed->spec.nodes), ElementsAre("master-1", "worker-1"));
  EXPECT_THAT(slots(changed->leaving), ElementsAre("worker-2"));
  EXPECT_THAT(changed->joining, IsEmpty());
}

// A node that is still being drained has its name and its address.
TEST_F(ChangeTest, ANodeThatIsStillThereKeepsItsPlace) {
  record_ = *scale(1);
  const auto changed = scale(2);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_THAT(slots(changed->spec.nodes), ElementsAre("master-1", "worker-1", "worker-3"));
  EXPECT_EQ(changed->spec.nodes[2].address, "10.101.7.103");
}

TEST_F(ChangeTest, ToTheSameNumberIsNoChange) {
  const auto changed = scale(2);
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->spec, record_.spec);
  EXPECT_FALSE(has_open_change(*changed));
}

TEST_F(ChangeTest, ToNoWorkersAndBack) {
  record_ = *scale(0);
  EXPECT_THAT(slots(record_.spec.nodes), ElementsAre("master-1"));
  record_.leaving.clear();
  platform_.image = "another";
  platform_.flavor = "m1.tiny";
  const auto changed = scale(1);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->spec.nodes[1].slot, "worker-1");
  EXPECT_EQ(changed->spec.nodes[1].image, "debian-12");
  EXPECT_EQ(changed->spec.nodes[1].nova_flavor, "m1.small");
}

TEST_F(ChangeTest, TheFirstNodeOfAPoolIsAsTheFlavorOrThePlatformSays) {
  record_.spec.nodes.resize(1);
  EXPECT_EQ(scale(1).status().code(), absl::StatusCode::kFailedPrecondition)
      << "neither flavor nor platform says what the node is to be";
  platform_.image = "debian-12";
  EXPECT_THAT(base::message_of(scale(1).status()), HasSubstr("Nova flavor"));
  platform_.flavor = "m1.tiny";
  const auto changed = scale(1);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->spec.nodes[1].nova_flavor, "m1.tiny");
  EXPECT_TRUE(changed->spec.nodes[1].is_nova_flavor_new);
}

TEST_F(ChangeTest, NamesThatAreNoneAreRefusedWithTheField) {
  const auto field = [this](const NewNames& names) {
    return base::detail_of(with_replaced(record_, "worker-1", names).status()).field;
  };
  EXPECT_EQ(field({.image = "a\nb", .nova_flavor = {}, .key_pair = {}}), "image");
  EXPECT_EQ(field({.image = {}, .nova_flavor = std::string(300, 'x'), .key_pair = {}}), "flavor");
  EXPECT_EQ(field({.image = {}, .nova_flavor = {}, .key_pair = " x"}), "key_pair");
}

TEST_F(ChangeTest, AnotherKeyPairIsForAllServersToCome) {
  record_.references.key_pair = {.id = "1e:2c", .name = "ops"};
  record_.spec.flavor.key_pair = "ops";
  auto changed =
      with_replaced(record_, "worker-1", {.image = {}, .nova_flavor = {}, .key_pair = "night"});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->spec.flavor.key_pair, "night");
  const auto looks = plan_update_discovery(changed->spec, changed->references, changed->joining);
  const auto look = std::find_if(looks.begin(), looks.end(), [](const PlannedStep& step) {
    return step.key == StepKey(StepKind::FindKeyPair);
  });
  ASSERT_NE(look, looks.end());
  EXPECT_EQ(std::get<FindKeyPair>(look->action).fingerprint, "") << "it is another pair's";
  undo_change(*changed);
  EXPECT_EQ(changed->spec.flavor.key_pair, "ops");
  EXPECT_EQ(changed->references.key_pair.id, "1e:2c");
  changed = with_replaced(record_, "worker-1", {.image = {}, .nova_flavor = {}, .key_pair = ""});
  EXPECT_EQ(changed->spec.flavor.key_pair, "");
}

TEST_F(ChangeTest, RefusesPoolsAndCountsThatAreNone) {
  const auto none = scaled(record_, "gpu", 1, {.platform = platform_, .is_taken = {}});
  EXPECT_EQ(none.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(base::message_of(none.status()), HasSubstr("there are: worker"));
  for (const int count : {-1, 251}) {
    EXPECT_EQ(scale(count).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(base::detail_of(scale(count).status()).field, "count");
  }
  EXPECT_THAT(base::message_of(scale(150).status()), HasSubstr("no address left"));
}

TEST_F(ChangeTest, OnASharedNetworkThePlatformsAddressesAreTaken) {
  record_.spec.scheme = NetworkScheme::Shared;
  record_.spec.network = "shared";
  record_.spec.subnet.clear();
  record_.spec.nodes[1].address = "192.0.2.11";
  record_.spec.nodes[2].address = "192.0.2.12";
  platform_.worker_addresses = {"192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.14"};
  taken_ = "192.0.2.13";
  EXPECT_EQ(scale(3)->spec.nodes[3].address, "192.0.2.14");
  EXPECT_THAT(base::message_of(scale(4).status()), HasSubstr("kubernetes.nodeaddrs"));
  platform_.worker_addresses.clear();
  EXPECT_EQ(scale(3)->spec.nodes[3].address, "") << "Neutron chooses";
}

TEST_F(ChangeTest, OnlyWorkersAreReplaced) {
  const auto changed = with_replaced(record_, "worker-2");
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_THAT(changed->failed_nodes, ElementsAre("worker-2"));
  EXPECT_THAT(changed->joining, ElementsAre("worker-2"));
  EXPECT_EQ(with_replaced(record_, "master-1").status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(with_replaced(record_, "worker-9").status().code(), absl::StatusCode::kNotFound);
}

class UpdatePlanTest : public ChangeTest {
 protected:
  Plan plan(const ClusterRecord& record, RemovalCause cause = RemovalCause::Requested) {
    present_ = whole_journal();
    broken_.clear();
    for (const std::string& slot : record.failed_nodes) {
      const ResourceKey key{ResourceKind::Server, slot};
      broken_.emplace(key, Remove{owned_at(key, present_[key]), cause});
      present_.erase(key);
    }
    OwnedResources owned;
    for (const NodeSpec& node : record.leaving) {
      for (const ResourceKind kind : {ResourceKind::Server, ResourceKind::Port}) {
        const ResourceKey key{kind, node.slot};
        owned.emplace(key, owned_at(key, present_[key]));
      }
    }
    const auto made = plan_update({.create = {.spec = record.spec,
                                              .owner = owner_,
                                              .discovered = discovered_,
                                              .user_data = user_data_,
                                              .addresses = record.addresses,
                                              .is_gateway_known = true,
                                              .present = present_,
                                              .broken = broken_,
                                              .stale_volumes = {},
                                              .check_existing = true},
                                   .joining = record.joining,
                                   .leaving = record.leaving,
                                   .owned = owned,
                                   .cordoned = record.cordoned,
                                   .restoring = record.restoring,
                                   .renewing = record.renewing});
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : Plan{};
  }
  static std::vector<std::string> names(const Plan& plan) {
    std::vector<std::string> all;
    for (const PlannedStep& step : plan.steps) all.push_back(step.name());
    return all;
  }
  static std::vector<std::string> before(const Plan& plan, std::string_view name) {
    for (const PlannedStep& step : plan.steps) {
      if (step.name() == name) return names_of(step.after);
    }
    ADD_FAILURE() << "no step " << name;
    return {};
  }

  Owner owner_ = test_owner();
  Discovered discovered_ = test_discovered();
  std::string user_data_;
  ResourceIds present_;
  BrokenServers broken_;
};

TEST_F(UpdatePlanTest, NewNodesTouchNoOthers) {
  const Plan made = plan(*scale(3));
  EXPECT_THAT(names(made), UnorderedElementsAre("join token", "ports", "server worker-3",
                                                "boot worker-3", "ready worker-3"));
  EXPECT_THAT(before(made, "server worker-3"), UnorderedElementsAre("ports", "join token"));
  EXPECT_THAT(before(made, "ready worker-3"), ElementsAre("boot worker-3"));
}

TEST_F(UpdatePlanTest, ANodeIsDrainedThenItsServerGoesAndItIsForgotten) {
  const Plan made = plan(*scale(1));
  EXPECT_THAT(names(made), ElementsAre("drain worker-2", "remove server worker-2", "gone worker-2",
                                       "forget worker-2", "remove port worker-2"));
  EXPECT_THAT(before(made, "remove server worker-2"), ElementsAre("drain worker-2"));
  EXPECT_THAT(before(made, "forget worker-2"), ElementsAre("gone worker-2"));
  EXPECT_THAT(before(made, "remove port worker-2"), ElementsAre("gone worker-2"));
}

TEST_F(UpdatePlanTest, AReplacedNodeKeepsItsPort) {
  const Plan made = plan(*with_replaced(record_, "worker-1"));
  EXPECT_THAT(names(made),
              UnorderedElementsAre("join token", "ports", "drain worker-1", "forget worker-1",
                                   "remove broken server worker-1", "gone worker-1",
                                   "server worker-1", "boot worker-1", "ready worker-1"));
  EXPECT_THAT(before(made, "remove broken server worker-1"), ElementsAre("drain worker-1"));
  EXPECT_THAT(before(made, "forget worker-1"), ElementsAre("gone worker-1"));
  EXPECT_THAT(before(made, "server worker-1"), testing::Contains("forget worker-1"));
}

// A node that says it is Ready is drained even if Nova calls its server broken; one that is dead
// has nothing to be drained.
TEST_F(UpdatePlanTest, WhatGoesUnaskedIsLookedAtOnceMoreAndDrained) {
  for (const RemovalCause cause : {RemovalCause::ServerError, RemovalCause::NodeNotReady}) {
    const Plan made = plan(*with_replaced(record_, "worker-1"), cause);
    EXPECT_THAT(before(made, "confirm fault worker-1"), IsEmpty());
    EXPECT_THAT(before(made, "drain worker-1"), ElementsAre("confirm fault worker-1"));
    EXPECT_THAT(before(made, "remove broken server worker-1"), ElementsAre("drain worker-1"));
  }
  const Plan asked = plan(*with_replaced(record_, "worker-1"));
  EXPECT_THAT(names(asked), testing::Not(testing::Contains("confirm fault worker-1")));
}

TEST_F(UpdatePlanTest, ANodeThatWasDrainedAndStaysIsUncordoned) {
  record_.cordoned = {"worker-1", "worker-2", "worker-9"};
  const Plan made = plan(*with_replaced(record_, "worker-2"));
  EXPECT_THAT(before(made, "uncordon worker-1"), IsEmpty());
  EXPECT_THAT(names(made), testing::Not(testing::Contains("uncordon worker-2")));
  EXPECT_TRUE(has_open_change(record_));
}

TEST_F(UpdatePlanTest, NodesGetTheirRenewalOneAfterTheOther) {
  const ClusterRecord renewed = with_renewal(record_);
  EXPECT_EQ(renewed.spec, record_.spec);
  EXPECT_TRUE(has_open_change(renewed));
  const Plan made = plan(renewed);
  EXPECT_THAT(names(made), ElementsAre("renewal master-1", "renewal worker-1", "renewal worker-2"));
  EXPECT_THAT(before(made, "renewal master-1"), IsEmpty());
  EXPECT_THAT(before(made, "renewal worker-1"), ElementsAre("renewal master-1"));
  EXPECT_THAT(before(made, "renewal worker-2"), ElementsAre("renewal worker-1"));
  ClusterRecord failed = renewed;
  undo_change(failed);
  EXPECT_THAT(failed.renewing, IsEmpty());
}

TEST_F(UpdatePlanTest, LooksAtNothingButTheInventoryWhenNodesOnlyGo) {
  const auto looks = plan_update_discovery(record_.spec, {}, {});
  for (const PlannedStep& step : looks) {
    EXPECT_TRUE(std::holds_alternative<LogIn>(step.action) ||
                std::holds_alternative<FindOwned>(step.action))
        << step.name();
  }
}

}  // namespace
}  // namespace mex::cluster
