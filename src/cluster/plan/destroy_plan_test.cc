#include "cluster/plan/destroy_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "cluster/plan/plan_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const ResourceKey kNetwork{ResourceKind::Network, {}};
const ResourceKey kMaster{ResourceKind::Server, "master-1"};
const ResourceKey kMasterPort{ResourceKind::Port, "master-1"};

Removal removal_of(const Inventory& inventory, const ResourceIds& journal) {
  return plan_destroy(inventory, journal, test_spec(), kTestClusterId);
}

const PlannedStep& step(const Plan& plan, const std::string& name) {
  static const PlannedStep none = plain_step(StepKind::LogIn, LogIn{});
  for (const PlannedStep& one : plan.steps) {
    if (one.name() == name) return one;
  }
  ADD_FAILURE() << "no step " << name;
  return none;
}

TEST(PlanDestroy, RemovesEverythingInAnOrderTheCloudAllows) {
  const Removal removal = removal_of(whole_inventory(), whole_journal());
  EXPECT_THAT(removal.found, SizeIs(10));
  EXPECT_THAT(removal.refused, IsEmpty());
  const Plan& plan = removal.plan;
  EXPECT_THAT(names_of(step(plan, "remove server master-1").after), IsEmpty());
  EXPECT_THAT(names_of(step(plan, "gone master-1").after), ElementsAre("remove server master-1"));
  EXPECT_THAT(names_of(step(plan, "remove router interface").after), IsEmpty());
  EXPECT_THAT(names_of(step(plan, "remove port master-1").after), ElementsAre("gone master-1"));
  EXPECT_THAT(
      names_of(step(plan, "remove security-group").after),
      UnorderedElementsAre("remove port master-1", "remove port worker-1", "remove port worker-2"));
  EXPECT_THAT(names_of(step(plan, "remove router").after), ElementsAre("remove router interface"));
  EXPECT_THAT(names_of(step(plan, "remove subnet").after),
              UnorderedElementsAre("remove port master-1", "remove port worker-1",
                                   "remove port worker-2", "remove router interface"));
  EXPECT_THAT(names_of(step(plan, "remove network").after),
              UnorderedElementsAre("remove port master-1", "remove port worker-1",
                                   "remove port worker-2", "remove subnet"));
}

TEST(PlanDestroy, AVolumeGoesAfterItsServer) {
  const ResourceKey volume{ResourceKind::Volume, "master-1"};
  const Removal both = removal_of({seen_at(kMaster, "s"), seen_at(volume, "v")}, {});
  EXPECT_THAT(names_of(step(both.plan, "remove volume master-1").after),
              ElementsAre("gone master-1"));
  const Removal alone = removal_of({seen_at(volume, "v")}, {});
  EXPECT_THAT(names_of(step(alone.plan, "remove volume master-1").after), IsEmpty());
}

TEST(PlanDestroy, VolumesAreLookedForWhereThereCanBeAny) {
  ClusterSpec spec = test_spec();
  const auto looks = [&] {
    const auto steps = plan_inventory(spec, StepKind::FindOwned, {});
    return std::any_of(steps.begin(), steps.end(),
                       [](const PlannedStep& one) { return one.name() == "look volumes"; });
  };
  EXPECT_FALSE(looks());
  spec.has_volumes = true;
  EXPECT_TRUE(looks());
}

TEST(PlanDestroy, HalfAClusterIsRemovedToo) {
  const Removal removal = removal_of({seen_at(kNetwork, "n"), seen_at(kMasterPort, "p")}, {});
  EXPECT_THAT(removal.plan.steps, SizeIs(2));
  EXPECT_THAT(names_of(step(removal.plan, "remove port master-1").after), IsEmpty());
  EXPECT_THAT(names_of(step(removal.plan, "remove network").after),
              ElementsAre("remove port master-1"));
}

TEST(PlanDestroy, NothingThereIsNothingToDo) {
  EXPECT_THAT(removal_of({}, whole_journal()).plan.steps, IsEmpty());
}

TEST(PlanDestroy, WantsTwoProofs) {
  ObservedResource unmarked = seen_at(kNetwork, "n");
  unmarked.is_marked = false;
  ObservedResource renamed = seen_at(kMaster, "s");
  renamed.name = "something else";
  // In the journal, but the mark is gone; marked, but neither in the journal nor named by us.
  Removal removal = removal_of({unmarked, renamed}, {{kNetwork, "n"}});
  EXPECT_THAT(removal.plan.steps, IsEmpty());
  EXPECT_THAT(removal.refused, UnorderedElementsAre(unmarked, renamed));
  // The journal makes up for the name.
  removal = removal_of({renamed}, {{kMaster, "s"}});
  EXPECT_THAT(removal.found, ElementsAre(renamed));
}

TEST(PlanDestroy, DuplicatesAreRemovedUnderTheirIds) {
  const Removal removal = removal_of(
      {seen_at(kMaster, "a"), seen_at(kMaster, "b"), seen_at(kMasterPort, "p")}, {{kMaster, "a"}});
  std::set<std::string> names;
  for (const PlannedStep& one : removal.plan.steps) names.insert(one.name());
  EXPECT_THAT(names,
              UnorderedElementsAre("remove server master-1", "remove server master-1 b",
                                   "gone master-1", "gone master-1 b", "remove port master-1"));
  EXPECT_THAT(names_of(step(removal.plan, "remove port master-1").after),
              ElementsAre("gone master-1", "gone master-1 b"));
  EXPECT_EQ(std::get<AwaitGone>(step(removal.plan, "gone master-1 b").action).server_id, "b");
}

TEST(PlanDestroy, ServerGroupsGoAfterTheirServers) {
  ClusterSpec spec = test_spec();
  spec.flavor.placement.anti_affinity = AntiAffinity::Soft;
  const ResourceKey group{ResourceKind::ServerGroup, "worker"};
  const Removal removal =
      plan_destroy({seen_at(group, "g"), seen_at(kMaster, "s")}, {}, spec, kTestClusterId);
  EXPECT_THAT(removal.found, SizeIs(2));
  EXPECT_THAT(names_of(step(removal.plan, "remove server-group worker").after),
              ElementsAre("gone master-1"));
  // Only a cluster that has some pays for looking.
  EXPECT_THAT(plan_audit(spec, false), SizeIs(7));
  EXPECT_THAT(plan_destroy_discovery(spec), SizeIs(8));
}

TEST(PlanDestroy, AServerGroupNeedsTwoProofsToo) {
  ClusterSpec spec = test_spec();
  spec.flavor.placement.anti_affinity = AntiAffinity::Soft;
  const ResourceKey group{ResourceKind::ServerGroup, "worker"};
  ObservedResource other_policy = seen_at(group, "g");
  other_policy.is_marked = false;
  const Removal removal = plan_destroy({other_policy}, {{group, "g"}}, spec, kTestClusterId);
  EXPECT_THAT(removal.plan.steps, IsEmpty());
  EXPECT_THAT(removal.refused, ElementsAre(other_policy));
}

TEST(PlanDestroy, AnExistingRouterIsLeftAndStays) {
  ClusterSpec spec = test_spec();
  spec.flavor.network.router = "edge";
  const ResourceKey subnet{ResourceKind::Subnet, {}};
  const Removal removal = plan_destroy({seen_at(subnet, "n")}, {}, spec, kTestClusterId);
  EXPECT_THAT(removal.plan.steps, SizeIs(2));
  const auto& detach = std::get<DetachRouter>(step(removal.plan, "remove router interface").action);
  EXPECT_EQ(detach.router_id, "");
  EXPECT_EQ(detach.subnet_id, "n");
  EXPECT_THAT(names_of(step(removal.plan, "remove subnet").after),
              ElementsAre("remove router interface"));
}

TEST(PlanAudit, WaitsForLateAnswersOnlyWhenOneIsOpen) {
  const auto certain = plan_audit(test_spec(), false);
  EXPECT_THAT(certain, SizeIs(6));
  EXPECT_THAT(names_of(certain.front().after), IsEmpty());
  const auto uncertain = plan_audit(test_spec(), true);
  EXPECT_THAT(uncertain, SizeIs(7));
  EXPECT_EQ(uncertain.front().name(), "late answers");
  EXPECT_THAT(names_of(uncertain.back().after), ElementsAre("late answers"));
}

TEST(PlanDestroyLooks, LookAtEveryKindAfterTheLogin) {
  const auto looks = plan_destroy_discovery(test_spec());
  ASSERT_THAT(looks, SizeIs(7));
  EXPECT_EQ(looks.front().name(), "token");
  for (std::size_t i = 1; i < looks.size(); ++i)
    EXPECT_THAT(names_of(looks[i].after), ElementsAre("token"));
}

}  // namespace
}  // namespace mex::cluster
