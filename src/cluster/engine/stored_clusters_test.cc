#include "cluster/engine/stored_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/temporary_directory.h"
#include "cluster/flavor/test_time.h"
#include "cluster/records/journal.h"
#include "cluster/spec/spec_fixture.h"
#include "store/sqlite_store.h"

namespace mex::cluster {
namespace {

class StoredClustersTest : public testing::Test {
 protected:
  StoredClustersTest() : store_(*store::open_sqlite_store(directory_.path())) {
    cluster_.id = kTestClusterId;
    cluster_.spec = test_spec();
    cluster_.spec.flavor.kubernetes.image_style = ImageStyle::Unmanaged;
    cluster_.operation_id = "now";
  }

  void put_operation(const char* id, OperationState state, int created,
                     bool has_open_call = false) {
    OperationRecord operation;
    operation.id = id;
    operation.state = state;
    operation.cluster_id = kTestClusterId;
    operation.created = at_second(created);
    operation.steps.emplace_back().outcome_unknown = has_open_call;
    add(transaction_, operation);
  }
  absl::StatusOr<StoredClusters> load() {
    add(transaction_, cluster_);
    EXPECT_TRUE(store_->commit(transaction_).ok());
    return load_clusters(*store_, sealer_, at_second(1000), timing_);
  }

  base::TemporaryDirectory directory_;
  std::shared_ptr<store::Store> store_;
  store::Transaction transaction_;
  AvailableSealer sealer_ = absl::FailedPreconditionError("no sealing key");
  ClusterRecord cluster_;
  Timing timing_;
};

TEST_F(StoredClustersTest, AClusterComesWithItsOperationAndThePastIsInOrder) {
  put_operation("now", OperationState::Running, 30);
  put_operation("first", OperationState::Done, 10);
  put_operation("second", OperationState::Failed, 20);
  const auto stored = load();
  ASSERT_TRUE(stored.ok()) << stored.status();
  ASSERT_EQ(stored->clusters.size(), 1U);
  EXPECT_EQ(stored->clusters[0].operation.id, "now");
  EXPECT_TRUE(stored->clusters[0].secrets.ok());
  ASSERT_EQ(stored->past.size(), 2U);
  EXPECT_EQ(stored->past[0].id, "first");
  EXPECT_EQ(stored->past[1].id, "second");
}

TEST_F(StoredClustersTest, AnOperationThatWasSupersededHasEndedAndItsOpenCallIsAwaited) {
  put_operation("now", OperationState::Running, 30);
  put_operation("before", OperationState::Running, 20, true);
  const auto stored = load();
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->past.at(0).state, OperationState::Cancelled);
  EXPECT_EQ(stored->past.at(0).ended, at_second(1000));
  EXPECT_EQ(stored->clusters[0].cluster.unknown_until, at_second(1000) + timing_.late_answers);
}

// What takes the place of the operation, which the store keeps as it is.
class UnreadableOperationTest : public StoredClustersTest {
 protected:
  OperationRecord substitute(ClusterPhase phase) {
    cluster_.phase = phase;
    transaction_.put("/operations/now", kCut);
    const auto stored = load();
    EXPECT_TRUE(stored.ok()) << stored.status();
    EXPECT_EQ(stored->clusters.size(), 1U);
    EXPECT_EQ(store_->get("/operations/now")->value, kCut);
    EXPECT_TRUE(store_->is_set_aside("/operations/now"));
    const OperationRecord operation = stored->clusters[0].operation;
    EXPECT_NE(operation.id, "now");
    EXPECT_EQ(stored->clusters[0].cluster.operation_id, operation.id);
    // The next process finds the same one.
    const auto again = load_clusters(*store_, sealer_, at_second(2000), timing_);
    EXPECT_EQ(again->clusters[0].operation.id, operation.id);
    return operation;
  }

  static constexpr const char* kCut = "{\"id\":\"now\",\"kind\":\"desc";
};

TEST_F(UnreadableOperationTest, ACreateIsBegunAgain) {
  const OperationRecord operation = substitute(ClusterPhase::Creating);
  EXPECT_EQ(operation.kind, OperationKind::Create);
  EXPECT_EQ(operation.state, OperationState::Running);
}

TEST_F(UnreadableOperationTest, ADestroyIsBegunAgain) {
  cluster_.has_cloud_resources = true;
  const OperationRecord operation = substitute(ClusterPhase::Destroying);
  EXPECT_EQ(operation.kind, OperationKind::Destroy);
  EXPECT_EQ(operation.state, OperationState::Running);
  // A call of the lost operation may still take effect.
  EXPECT_EQ(load_journal(*store_)->clusters[0].unknown_until,
            at_second(1000) + timing_.late_answers);
}

TEST_F(UnreadableOperationTest, AChangeHasFailedAndWhatWasWantedBeforeIsWantedAgain) {
  cluster_.wanted_before = cluster_.spec;
  cluster_.wanted_before->nodes.pop_back();
  cluster_.joining = {"worker-2"};
  const OperationRecord operation = substitute(ClusterPhase::Active);
  EXPECT_EQ(operation.state, OperationState::Failed);
  EXPECT_EQ(operation.reason.code, "RecordUnreadable");
  const ClusterRecord stored = load_journal(*store_)->clusters[0];
  EXPECT_EQ(stored.phase, ClusterPhase::Active);
  EXPECT_EQ(stored.spec, *cluster_.wanted_before);
}

TEST_F(UnreadableOperationTest, AClusterThatWasReadyStaysAsItIs) {
  EXPECT_EQ(substitute(ClusterPhase::Active).state, OperationState::Done);
}

TEST_F(UnreadableOperationTest, AClusterThatHadFailedStaysSo) {
  cluster_.reason = because("QuotaExceeded", "no cores");
  const OperationRecord operation = substitute(ClusterPhase::Failed);
  EXPECT_EQ(operation.state, OperationState::Failed);
  EXPECT_EQ(operation.reason.code, "QuotaExceeded");
}

TEST_F(StoredClustersTest, AClusterWithoutItsOperationGetsAnotherOne) {
  cluster_.phase = ClusterPhase::Active;
  const auto stored = load();
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->clusters.at(0).operation.state, OperationState::Done);
  EXPECT_THAT(stored->clusters[0].operation.subject, testing::HasSubstr("operation now"));
}

TEST_F(StoredClustersTest, WithoutItsKeysACreateWaitsAndADestroyGoesOn) {
  cluster_.spec.flavor.kubernetes.image_style = ImageStyle::Baked;
  put_operation("now", OperationState::Running, 30, true);
  auto stored = load();
  ASSERT_TRUE(stored.ok()) << stored.status();
  const OperationRecord held = stored->clusters.at(0).operation;
  EXPECT_EQ(held.state, OperationState::Blocked);
  EXPECT_THAT(held.reason.message, testing::HasSubstr("no sealing key"));
  EXPECT_EQ(stored->clusters[0].cluster.unknown_until, at_second(1000) + timing_.late_answers);
  OperationRecord destroy = held;
  destroy.kind = OperationKind::Destroy;
  destroy.state = OperationState::Running;
  add(transaction_, destroy);
  stored = load();
  EXPECT_EQ(stored->clusters.at(0).operation.state, OperationState::Running);
}

}  // namespace
}  // namespace mex::cluster
