#include "cluster/plan/restoration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cluster/plan/change.h"
#include "cluster/plan/operation_plan.h"
#include "cluster/plan/plan_fixture.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RestorationTest : public testing::Test {
 protected:
  std::vector<std::string> steps_of(const std::vector<Restoration>& restorations) {
    const ClusterRecord changed = restored(record_, restorations, {});
    EXPECT_TRUE(has_open_change(changed));
    const PresentResources present =
        present_resources(changed, OperationKind::Repair, whole_inventory());
    const auto plan = plan_operation({.cluster = changed,
                                      .kind = OperationKind::Repair,
                                      .discovered = test_discovered(),
                                      .present = present,
                                      .agent_id = test_owner().agent_id,
                                      .user_data = ""});
    EXPECT_TRUE(plan.ok()) << plan.status();
    std::vector<std::string> names;
    for (const PlannedStep& step : plan->steps) {
      EXPECT_FALSE(step.is_done) << step.name();
      names.push_back(step.name());
    }
    return names;
  }

  std::string node_of(const ResourceKey& key) const {
    const auto node = node_not_wanted(record_, seen_at(key, "x"));
    return node ? node->slot : "";
  }

  ClusterRecord record_ = whole_record();
};

TEST_F(RestorationTest, OnlyWhatWasChangedIsSetAgain) {
  EXPECT_THAT(steps_of({Restoration::Rules}), ElementsAre("rules"));
  EXPECT_THAT(steps_of({Restoration::RouterInterface}), ElementsAre("router interface"));
  EXPECT_THAT(steps_of({Restoration::Ports, Restoration::Ports}), ElementsAre("port filters"));
  EXPECT_THAT(steps_of({Restoration::Tags}),
              ElementsAre("tags network", "tags subnet", "tags router", "tags security-group",
                          "tags port master-1", "tags port worker-1", "tags port worker-2",
                          "tags server master-1", "tags server worker-1", "tags server worker-2"));
}

TEST_F(RestorationTest, AFailedRepairIsNotAnOpenChangeForEver) {
  ClusterRecord changed = restored(record_, {Restoration::Rules}, {});
  undo_change(changed);
  EXPECT_FALSE(has_open_change(changed));
}

// The symptom: the POST of a worker takes effect a minute after its scale was undone.
TEST_F(RestorationTest, AServerOfANodeThatWasNeverThereIsKnown) {
  EXPECT_EQ(node_of({ResourceKind::Server, "worker-3"}), "worker-3");
  EXPECT_EQ(node_of({ResourceKind::Port, "worker-12"}), "worker-12");
  const auto node = node_not_wanted(record_, seen_at({ResourceKind::Server, "worker-3"}, "x"));
  EXPECT_EQ(node->group, "worker");
  EXPECT_EQ(node->role, NodeRole::Worker);
}

TEST_F(RestorationTest, NoOtherNameIsANodeThatIsNotWanted) {
  for (const char* slot : {"worker-1", "master-2", "gpu-1", "worker-", "worker-0", "worker--1",
                           "worker-1x", "worker-99999999999", "worker3"}) {
    EXPECT_EQ(node_of({ResourceKind::Server, slot}), "") << slot;
  }
  EXPECT_EQ(node_of({ResourceKind::Network, {}}), "");
  ObservedResource other = seen_at({ResourceKind::Server, "worker-3"}, "x");
  other.name = "test-2-k3v9x2ab-worker-3";
  EXPECT_FALSE(node_not_wanted(record_, other));
}

TEST_F(RestorationTest, ANodeThatIsNotWantedLeavesOnce) {
  const NodeSpec node = *node_not_wanted(record_, seen_at({ResourceKind::Server, "worker-3"}, "x"));
  const ClusterRecord changed = restored(restored(record_, {}, {node, node}), {}, {node});
  ASSERT_EQ(changed.leaving.size(), 1U);
  EXPECT_EQ(changed.leaving[0].slot, "worker-3");
  EXPECT_THAT(changed.restoring, IsEmpty());
}

}  // namespace
}  // namespace mex::cluster
