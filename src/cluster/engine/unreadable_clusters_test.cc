// The manager on a store with records that cannot be read, and without a sealing key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/mutex.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "cluster/engine/change_requests.h"
#include "cluster/engine/manager.h"
#include "cluster/flavor/test_time.h"
#include "cluster/records/journal.h"
#include "cluster/records/sealed_secrets.h"
#include "cluster/spec/spec_fixture.h"
#include "store/sqlite_store.h"

namespace mex::cluster {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

class UnreadableClustersTest : public testing::Test {
 protected:
  absl::StatusOr<RequestResult> scale_to_three() {
    ChangeRequest request;
    request.pool = "worker";
    request.count = 3;
    return manager_->changes().scale("tenant-1", "test-1", request);
  }
  UnreadableClustersTest() {
    add_cluster("k3v9x2ab", "test-1", "10.101.7.0/24");
    add_cluster("m8p2q4rs", "test-2", "10.101.8.0/24");
  }
  ~UnreadableClustersTest() override { manager_.reset(); }

  void add_cluster(const std::string& id, const std::string& name, const std::string& subnet) {
    ClusterRecord cluster;
    cluster.id = id;
    cluster.spec = test_spec();
    cluster.spec.name = name;
    cluster.spec.subnet = subnet;
    cluster.phase = ClusterPhase::Active;
    cluster.operation_id = "of-" + id;
    OperationRecord operation;
    operation.id = cluster.operation_id;
    operation.state = OperationState::Done;
    operation.cluster_id = id;
    store::Transaction transaction;
    add_new_cluster(transaction, cluster);
    add(transaction, operation);
    const auto secrets = make_cluster_secrets(name, at_second(1));
    add_secrets(transaction, id, *secrets, *sealer_);
    ASSERT_TRUE(store_->commit(transaction).ok());
  }
  void damage(const std::string& key) {
    ASSERT_TRUE(store_->commit(store::Transaction().put(key, kDamaged)).ok());
  }
  void open() {
    ManagerContext setup;
    setup.store = store_;
    setup.sealer = sealing_problem_.ok() ? AvailableSealer(sealer_) : sealing_problem_;
    setup.clock = &base::system_clock();
    setup.platform.image = "debian-12";
    setup.platform.flavor = "m1.small";
    setup.platform.address_pool = "10.101.0.0/16";
    openstack::CloudConfig config;
    config.auth_url = "http://127.0.0.1:1/v3";  // nothing listens there
    setup.cloud = std::make_shared<Cloud>(config, openstack::Session::Options{.max_attempts = 1});
    setup.publish_endpoints = [this](const std::vector<ClusterEndpoints>& endpoints) {
      const base::MutexLock lock(mutex_);
      published_ = endpoints;
    };
    auto manager = Manager::open(std::move(setup));
    ASSERT_TRUE(manager.ok()) << manager.status();
    manager_ = *std::move(manager);
  }
  void expect_refused(const absl::Status& status, std::string_view what) const {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(std::string(what)));
  }
  static ClusterRequest request_for(std::string name) {
    ClusterRequest request;
    request.name = std::move(name);
    request.tenant = "tenant-1";
    request.kind = "kubernetes-mini-openstack";
    return request;
  }

  static constexpr const char* kDamaged = R"({"id":"k3v9x2ab","pha)";
  base::TemporaryDirectory directory_;
  std::shared_ptr<store::Store> store_ = *store::open_sqlite_store(directory_.path());
  std::shared_ptr<const store::Sealer> sealer_ = std::make_shared<const store::Sealer>(
      *store::Sealer::open(store::sealing_key_path(directory_.path())));
  absl::Status sealing_problem_;
  base::Mutex mutex_;
  std::vector<ClusterEndpoints> published_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Manager> manager_;
};

TEST_F(UnreadableClustersTest, OneRecordThatIsCutShortDoesNotKeepTheOthersFromRunning) {
  damage("/clusters/k3v9x2ab");
  open();
  ASSERT_THAT(manager_->clusters(""), SizeIs(1));
  EXPECT_EQ(manager_->clusters("")[0].name, "test-2");
  EXPECT_EQ(store_->get("/clusters/k3v9x2ab")->value, kDamaged);
  EXPECT_THAT(store_->unreadable_records(), SizeIs(1));
}

TEST_F(UnreadableClustersTest, AClusterWhoseRecordCannotBeReadIsNotSaidToBeAbsent) {
  damage("/clusters/k3v9x2ab");
  open();
  expect_refused(manager_->cluster("tenant-1", "test-1").status(), "/clusters/k3v9x2ab");
  expect_refused(manager_->kubeconfig("tenant-1", "test-1").status(), "/clusters/k3v9x2ab");
  expect_refused(scale_to_three().status(), "/clusters/k3v9x2ab");
  expect_refused(manager_->create({request_for("test-1")}).status(), "/clusters/k3v9x2ab");
  // Of the whole list nothing is destroyed.
  expect_refused(manager_->destroy({request_for("test-2"), request_for("test-1")}).status(),
                 "provisions[1]: the cluster test-1 of tenant tenant-1: ");
  EXPECT_EQ(manager_->cluster("tenant-1", "test-2")->phase, ClusterPhase::Active);
}

TEST_F(UnreadableClustersTest, ItsAddressesStayGiven) {
  damage("/clusters/k3v9x2ab");
  open();
  EXPECT_THAT(*given_addresses(*store_), Contains("/addresses/-/10.101.7.0/24"));
  ClusterRequest request = request_for("test-3");
  request.fixed_ip = "10.101.7.101";
  EXPECT_FALSE(manager_->create({request}).ok());
}

TEST_F(UnreadableClustersTest, WhatLeadsToItStays) {
  damage("/clusters/k3v9x2ab");
  open();
  const base::MutexLock lock(mutex_);
  ASSERT_THAT(published_, SizeIs(2));
  EXPECT_EQ(published_[0].cluster_id, "m8p2q4rs");
  EXPECT_FALSE(published_[0].is_unknown);
  EXPECT_EQ(published_[1].cluster_id, "k3v9x2ab");
  EXPECT_TRUE(published_[1].is_unknown);
}

TEST_F(UnreadableClustersTest, ARecordThatIsOfAnotherClusterIsSetAside) {
  const std::string other = store_->get("/clusters/m8p2q4rs")->value;
  ASSERT_TRUE(store_->commit(store::Transaction().put("/clusters/k3v9x2ab", other)).ok());
  open();
  expect_refused(manager_->cluster("tenant-1", "test-1").status(), "its id is \"m8p2q4rs\"");
  EXPECT_EQ(store_->get("/clusters/k3v9x2ab")->value, other);
}

TEST_F(UnreadableClustersTest, DiscardingItsRecordFreesWhatWasKeptForIt) {
  damage("/clusters/k3v9x2ab");
  open();
  EXPECT_TRUE(absl::IsNotFound(manager_->discard_unreadable("/clusters/m8p2q4rs")));
  ASSERT_TRUE(manager_->discard_unreadable("/clusters/k3v9x2ab").ok());
  for (const char* key : {"/clusters/k3v9x2ab", "/names/tenant-1/test-1",
                          "/addresses/-/10.101.7.0/24", "/cluster-secrets/k3v9x2ab"}) {
    EXPECT_TRUE(absl::IsNotFound(store_->get(key).status())) << key;
  }
  EXPECT_TRUE(store_->get("/names/tenant-1/test-2").ok());
  EXPECT_TRUE(absl::IsNotFound(manager_->cluster("tenant-1", "test-1").status()));
  EXPECT_TRUE(absl::IsNotFound(manager_->discard_unreadable("/clusters/k3v9x2ab")));
}

TEST_F(UnreadableClustersTest, ANameThatIsGivenToNoClusterStaysGiven) {
  damage("/names/tenant-1/test-1");
  ASSERT_TRUE(store_->commit(store::Transaction().put("/names/tenant-1/lost", "nobody11")).ok());
  open();
  // Its cluster is there all the same, and can be destroyed with the name.
  EXPECT_TRUE(manager_->cluster("tenant-1", "test-1").ok());
  expect_refused(manager_->create({request_for("lost")}).status(), "/names/tenant-1/lost");
  EXPECT_TRUE(manager_->discard_unreadable("/names/tenant-1/lost").ok());
  EXPECT_TRUE(manager_->create({request_for("lost")}).ok());
}

TEST_F(UnreadableClustersTest, WithoutTheAgentsOwnIdNothingInTheCloudIsTouched) {
  ASSERT_TRUE(store_->commit(store::Transaction().put("/agent/id", "k3v9")).ok());
  open();
  EXPECT_THAT(std::string(base::message_of(manager_->cloud_configured())), HasSubstr("/agent/id"));
  EXPECT_THAT(manager_->clusters(""), SizeIs(2));
  EXPECT_FALSE(manager_->create({request_for("test-3")}).ok());
  EXPECT_EQ(store_->get("/agent/id")->value, "k3v9");
}

TEST_F(UnreadableClustersTest, SecretsThatDoNotOpenAreSaidByTheirClusterAndGoWithIt) {
  damage("/cluster-secrets/k3v9x2ab");
  open();
  const auto cluster = manager_->cluster("tenant-1", "test-1");
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  EXPECT_EQ(cluster->reason.code, "SecretsUnavailable");
  EXPECT_THAT(cluster->reason.message, HasSubstr("/cluster-secrets/k3v9x2ab"));
  EXPECT_TRUE(manager_->cluster("tenant-1", "test-2")->reason.empty());
  EXPECT_TRUE(store_->is_set_aside("/cluster-secrets/k3v9x2ab"));
  EXPECT_EQ(store_->get("/cluster-secrets/k3v9x2ab")->value, kDamaged);
  store::Transaction gone;
  erase_secrets(gone, "k3v9x2ab");
  EXPECT_TRUE(store_->commit(gone).ok());
}

TEST_F(UnreadableClustersTest, WithoutTheSealingKeyClustersAreShownAndSaySo) {
  sealing_problem_ = absl::FailedPreconditionError("sealing.key: the sealing key is missing");
  open();
  ASSERT_THAT(manager_->clusters(""), SizeIs(2));
  for (const ClusterView& cluster : manager_->clusters("")) {
    EXPECT_EQ(cluster.phase, ClusterPhase::Active);
    EXPECT_EQ(cluster.reason.code, "SecretsUnavailable");
    EXPECT_THAT(cluster.reason.message, HasSubstr("sealing.key: the sealing key is missing"));
  }
  expect_refused(manager_->kubeconfig("tenant-1", "test-1").status(), "sealing.key");
  expect_refused(scale_to_three().status(), "sealing.key");
  expect_refused(manager_->create({request_for("test-3")}).status(), "sealing.key");
  EXPECT_TRUE(store_->unreadable_records().empty());  // they are as they should be
}

}  // namespace
}  // namespace mex::cluster
