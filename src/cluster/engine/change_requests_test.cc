// Which operation is named and which may be asked for again, on a store that has some.
#include "cluster/engine/change_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "cluster/engine/manager.h"
#include "cluster/flavor/test_time.h"
#include "cluster/records/journal.h"
#include "cluster/records/sealed_secrets.h"
#include "cluster/spec/spec_fixture.h"
#include "store/sqlite_store.h"

namespace mex::cluster {
namespace {

using testing::HasSubstr;

constexpr const char* kClusterId = "k3v9x2ab";

class ChangeRequestsTest : public testing::Test {
 protected:
  ~ChangeRequestsTest() override { manager_.reset(); }

  // In the order in which they were asked for; the last is the cluster's latest.
  void add_operation(std::string id, OperationKind kind, OperationState state,
                     std::string cluster_id = kClusterId) {
    OperationRecord operation;
    operation.id = std::move(id);
    operation.kind = kind;
    operation.state = state;
    operation.cluster_id = std::move(cluster_id);
    operation.tenant = "tenant-1";
    operation.cluster_name = "test-1";
    operation.created = at_second(++seconds_);
    operation.ended = operation.created;
    if (kind == OperationKind::Scale) {
      operation.request.emplace();
      operation.request->pool = "worker";
      operation.request->count = 3;
    }
    store::Transaction transaction;
    add(transaction, operation);
    ASSERT_TRUE(store_->commit(transaction).ok());
    latest_ = operation.id;
  }
  void open() {
    ClusterRecord cluster;
    cluster.id = kClusterId;
    cluster.spec = test_spec();
    cluster.phase = ClusterPhase::Active;
    cluster.operation_id = latest_;
    store::Transaction transaction;
    add_new_cluster(transaction, cluster);
    add_secrets(transaction, cluster.id, *make_cluster_secrets("test-1", at_second(1)), *sealer_);
    ASSERT_TRUE(store_->commit(transaction).ok());
    ManagerContext setup;
    setup.store = store_;
    setup.sealer = sealer_;
    setup.clock = &base::system_clock();
    setup.platform.image = "debian-12";
    setup.platform.flavor = "m1.small";
    setup.platform.address_pool = "10.101.0.0/16";
    openstack::CloudConfig config;
    config.auth_url = "http://127.0.0.1:1/v3";  // nothing listens there
    setup.cloud = std::make_shared<Cloud>(config, openstack::Session::Options{.max_attempts = 1});
    auto manager = Manager::open(std::move(setup));
    ASSERT_TRUE(manager.ok()) << manager.status();
    manager_ = *std::move(manager);
  }
  void expect_refused(std::string_view operation_id, const std::string& why) {
    const absl::Status status = manager_->changes().retry(operation_id).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(why));
  }

  base::TemporaryDirectory directory_;
  std::shared_ptr<store::Store> store_ = *store::open_sqlite_store(directory_.path());
  std::shared_ptr<const store::Sealer> sealer_ = std::make_shared<const store::Sealer>(
      *store::Sealer::open(store::sealing_key_path(directory_.path())));
  int seconds_ = 0;
  std::string latest_;
  std::unique_ptr<Manager> manager_;
};

// A cancelled scale whose call was lost is tidied up by a repair, and its retrial was refused.
TEST_F(ChangeRequestsTest, WhatTheAgentRepairedSinceDoesNotKeepAScaleFromBeingRetried) {
  add_operation("create", OperationKind::Create, OperationState::Done);
  add_operation("scale", OperationKind::Scale, OperationState::Cancelled);
  add_operation("repair-1", OperationKind::Repair, OperationState::Failed);
  add_operation("repair-2", OperationKind::Repair, OperationState::Done);
  open();
  const auto again = manager_->changes().retry("scale");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(again->already_satisfied);
  EXPECT_EQ(manager_->operation(again->operation_id)->kind, OperationKind::Scale);
  EXPECT_EQ(manager_->operation(again->operation_id)->request->count, 3);
}

TEST_F(ChangeRequestsTest, WhatWasAskedForLaterMakesARetrialRefused) {
  add_operation("scale", OperationKind::Scale, OperationState::Failed);
  add_operation("of-another", OperationKind::Scale, OperationState::Done, "m8p2q4rs");
  add_operation("repair", OperationKind::Repair, OperationState::Done);
  add_operation("renew", OperationKind::Renew, OperationState::Done);
  add_operation("repair-2", OperationKind::Repair, OperationState::Done);
  open();
  expect_refused("scale", "is not the latest that was asked for of its cluster: renew renew is");
  expect_refused("repair", "is not the latest that was asked for of its cluster: renew renew is");
  expect_refused("repair-2", "is done");
  expect_refused("of-another", "is of a cluster that is no more");
}

TEST_F(ChangeRequestsTest, WhatWasDoneIsNotRetriedBehindARepair) {
  add_operation("scale", OperationKind::Scale, OperationState::Done);
  add_operation("repair", OperationKind::Repair, OperationState::Done);
  open();
  expect_refused("scale", "is done");
}

// The answer named the scale that had failed, and the caller took the cluster for failed.
TEST_F(ChangeRequestsTest, AClusterThatIsThereIsNamedWithAnOperationThatSucceeded) {
  add_operation("create", OperationKind::Create, OperationState::Done);
  add_operation("scale", OperationKind::Scale, OperationState::Failed);
  open();
  ClusterRequest request;
  request.name = "test-1";
  request.tenant = "tenant-1";
  request.kind = "kubernetes-mini-openstack";
  const auto there = manager_->create({request});
  ASSERT_TRUE(there.ok()) << there.status();
  EXPECT_TRUE(there->front().already_satisfied);
  EXPECT_EQ(there->front().operation_id, "create");
}

}  // namespace
}  // namespace mex::cluster
