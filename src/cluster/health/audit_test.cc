#include "cluster/health/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "cluster/plan/action.h"
#include "cluster/plan/traffic_rules.h"
#include "cluster/records/inventory_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const ResourceKey kRouter{ResourceKind::Router, {}};
const ResourceKey kGroup{ResourceKind::SecurityGroup, {}};
const ResourceKey kPort{ResourceKind::Port, "worker-1"};
const ResourceKey kServer{ResourceKind::Server, "worker-1"};

std::string id_of(const ResourceKey& key) { return "id of " + to_string(key); }

// A cluster, and a look at the project that finds it as it was made.
class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    for (const auto& [key, id] : cluster_.resources) see(key, id);
    for (openstack::SecurityGroupRule rule : security_rules_of(cluster_.spec)) {
      if (rule.remote_group_id == kOwnGroup) rule.remote_group_id = id_of(kGroup);
      seen_.rules[id_of(kGroup)].push_back(rule);
    }
    seen_.interfaces = {{id_of(kRouter), "id of subnet"}};
  }

  void see(const ResourceKey& key, const std::string& id) {
    seen_.clusters[cluster_.id].push_back(seen_at(key, id));
    ResourceSettings& settings = seen_.settings[id];
    settings.tags = tags_of(test_owner(), "tenant-1", "test-1", key);
    if (key.kind == ResourceKind::Port) {
      settings.filters = {.allowed_addresses = allowed_addresses_of(cluster_.spec),
                          .security_group_ids = {id_of(kGroup)}};
    }
  }
  void lose(const ResourceKey& key, std::optional<Unlisted> state) {
    const std::string id = id_of(key);
    seen_.settings.erase(id);
    std::erase_if(seen_.clusters[cluster_.id],
                  [&](const ObservedResource& each) { return each.id == id; });
    if (state) seen_.unlisted[id] = *state;
  }

  Deviations look() const { return audit(cluster_, test_owner(), seen_); }
  Drift only_drift() const {
    const Deviations deviations = look();
    EXPECT_THAT(lines_of(deviations), SizeIs(1));
    return deviations.drift.empty() ? Drift() : deviations.drift.front();
  }

  ClusterRecord cluster_ = whole_record();
  ProjectInventory seen_;
};

TEST_F(AuditTest, NothingIsFoundWhereAllIsAsItWasMade) { EXPECT_THAT(lines_of(look()), IsEmpty()); }

// The symptom: the answer to POST /routers is lost, it takes effect a minute later, and the cluster
// has two routers for good.
TEST_F(AuditTest, ASecondRouterIsADuplicate) {
  see(kRouter, "second");
  EXPECT_THAT(look().duplicates, ElementsAre(seen_at(kRouter, "second")));
}

TEST_F(AuditTest, WithoutTheFirstOneTheSecondIsNoDuplicate) {
  see(kRouter, "second");
  lose(kRouter, std::nullopt);
  EXPECT_THAT(lines_of(look()), IsEmpty()) << "what is not known is no finding";
}

TEST_F(AuditTest, AServerOfANodeThatNobodyWantsIsUnwanted) {
  see({ResourceKind::Server, "worker-3"}, "late");
  see({ResourceKind::Port, "worker-3"}, "late port");
  EXPECT_THAT(look().unwanted, ElementsAre(seen_at({ResourceKind::Server, "worker-3"}, "late"),
                                           seen_at({ResourceKind::Port, "worker-3"}, "late port")));
}

TEST_F(AuditTest, WhatHasTheMarkAndAnotherNameIsLeftAlone) {
  seen_.clusters[cluster_.id].push_back(seen_at(kRouter, "odd"));
  seen_.clusters[cluster_.id].back().name = "renamed";
  const Drift drift = only_drift();
  EXPECT_THAT(drift.text, HasSubstr("router renamed odd: it carries the cluster's mark"));
  EXPECT_FALSE(drift.restoration);
}

TEST_F(AuditTest, AResourceOfTheJournalMayHaveBeenRenamed) {
  seen_.clusters[cluster_.id].front().name = "renamed";
  EXPECT_THAT(lines_of(look()), IsEmpty());
}

TEST_F(AuditTest, ARuleThatWasTakenAwayIsDrift) {
  std::erase_if(seen_.rules[id_of(kGroup)], [](const auto& rule) { return rule.port_min == 22; });
  const Drift drift = only_drift();
  EXPECT_EQ(drift.text,
            "security-group test-1-k3v9x2ab-security-group: its rule for ingress tcp 22 from "
            "0.0.0.0/0 is gone");
  EXPECT_EQ(drift.restoration, Restoration::Rules);
}

TEST_F(AuditTest, RulesThatPeopleAddAreTheirAffair) {
  openstack::SecurityGroupRule more;
  more.protocol = "tcp";
  more.port_min = more.port_max = 9100;
  seen_.rules[id_of(kGroup)].push_back(more);
  EXPECT_THAT(lines_of(look()), IsEmpty());
}

TEST_F(AuditTest, NeutronWritesARuleForAnyAddressWithoutOne) {
  for (auto& rule : seen_.rules[id_of(kGroup)]) {
    if (rule.remote_cidr == "0.0.0.0/0") rule.remote_cidr.clear();
  }
  EXPECT_THAT(lines_of(look()), IsEmpty());
}

TEST_F(AuditTest, APortWithoutTheAddressPairOfItsPodsIsDrift) {
  cluster_.spec.flavor.kubernetes.image_style = ImageStyle::Baked;
  cluster_.spec.flavor.kubernetes.cni = kBridgeCni;
  cluster_.spec.flavor.kubernetes.pod_network = "10.244.0.0/16";
  for (auto& [id, settings] : seen_.settings)
    settings.filters.allowed_addresses = {"10.244.0.0/16"};
  EXPECT_THAT(lines_of(look()), IsEmpty());
  seen_.settings[id_of(kPort)].filters.allowed_addresses.clear();
  const Drift drift = only_drift();
  EXPECT_THAT(drift.text, HasSubstr("10.244.0.0/16"));
  EXPECT_EQ(drift.restoration, Restoration::Ports);
}

TEST_F(AuditTest, APortOutsideTheSecurityGroupIsDrift) {
  seen_.settings[id_of(kPort)].filters.security_group_ids = {"another"};
  EXPECT_EQ(only_drift().restoration, Restoration::Ports);
  seen_.settings[id_of(kPort)].filters.security_group_ids = {"another", id_of(kGroup)};
  EXPECT_THAT(lines_of(look()), IsEmpty());
}

TEST_F(AuditTest, WithoutPortSecurityThereIsNothingToCompare) {
  cluster_.spec.lacks_port_security = true;
  cluster_.resources.erase(kGroup);
  lose(kGroup, std::nullopt);
  for (auto& [id, settings] : seen_.settings) settings.filters = {};
  EXPECT_THAT(lines_of(look()), IsEmpty());
}

TEST_F(AuditTest, ARouterWithoutItsInterfaceIsDrift) {
  seen_.interfaces.clear();
  EXPECT_EQ(only_drift().restoration, Restoration::RouterInterface);
}

TEST_F(AuditTest, InterfacesOfARouterThatWasNotSeenAreNotMissed) {
  seen_.interfaces.clear();
  lose(kRouter, std::nullopt);
  EXPECT_THAT(lines_of(look()), IsEmpty());
}

TEST_F(AuditTest, ATagThatWasTakenOffIsDriftAndOthersMayStay) {
  auto& tags = seen_.settings[id_of(kServer)].tags;
  tags.push_back("backup=weekly");
  EXPECT_THAT(lines_of(look()), IsEmpty());
  std::erase(tags, std::string("mexosagent"));
  const Drift drift = only_drift();
  EXPECT_EQ(drift.text, "server test-1-k3v9x2ab-worker-1: it has lost the tags mexosagent");
  EXPECT_EQ(drift.restoration, Restoration::Tags);
}

// The symptom: a worker's mark is taken off by hand. That may have been meant.
TEST_F(AuditTest, AMarkThatWasTakenOffIsReportedAndNotPutBack) {
  lose(kServer, Unlisted::Unmarked);
  const Drift drift = only_drift();
  EXPECT_THAT(drift.text, HasSubstr("the agent's mark"));
  EXPECT_FALSE(drift.restoration);
}

TEST_F(AuditTest, WhatIsGoneIsReported) {
  lose(kRouter, Unlisted::NotFound);
  const Drift drift = only_drift();
  EXPECT_EQ(drift.text, "router test-1-k3v9x2ab-router is no longer there");
  EXPECT_FALSE(drift.restoration);
}

TEST_F(AuditTest, OfServersThatAreGoneTheListOfServersTells) {
  lose(kServer, Unlisted::NotFound);
  EXPECT_THAT(lines_of(look()), IsEmpty());
}

// Nova's or Neutron's list is empty, or of another region.
TEST_F(AuditTest, EmptyListsFindNothing) {
  seen_ = {};
  EXPECT_THAT(lines_of(look()), IsEmpty());
}

TEST_F(AuditTest, OnlyWhatTwoLooksHaveFoundIsBelieved) {
  see(kRouter, "second");
  see({ResourceKind::Server, "worker-3"}, "late");
  const Deviations first = look();
  EXPECT_THAT(lines_of(found_by_both(first, first)), SizeIs(2));
  seen_.clusters[cluster_.id].pop_back();
  seen_.interfaces.clear();
  const Deviations both = found_by_both(first, look());
  EXPECT_THAT(lines_of(both),
              ElementsAre("router test-1-k3v9x2ab-router second: the second one for its place"));
  EXPECT_TRUE(found_by_both({}, first).empty());
  EXPECT_TRUE(found_by_both(first, {}).empty());
}

}  // namespace
}  // namespace mex::cluster
