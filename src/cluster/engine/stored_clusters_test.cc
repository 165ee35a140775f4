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
    return load_clusters(*store_, nullptr, at_second(1000), timing_);
  }

  base::TemporaryDirectory directory_;
  std::shared_ptr<store::Store> store_;
  store::Transaction transaction_;
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

TEST_F(StoredClustersTest, AClusterWithoutItsOperationIsDataLoss) {
  const auto stored = load();
  EXPECT_EQ(stored.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(stored.status().message(), testing::HasSubstr(kTestClusterId));
}

}  // namespace
}  // namespace mex::cluster
