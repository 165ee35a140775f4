#include "cluster/records/sealed_secrets.h"

#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "store/sqlite_store.h"

namespace mex::cluster {
namespace {

class SealedSecretsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    secrets_ = new ClusterSecrets(*make_cluster_secrets("test-1", base::system_clock().wall_now()));
  }
  static void TearDownTestSuite() { delete secrets_; }

  base::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_ = *store::open_sqlite_store(directory_.path());
  store::Sealer sealer_ = *store::Sealer::open(store::sealing_key_path(directory_.path()));
  static ClusterSecrets* secrets_;
};

ClusterSecrets* SealedSecretsTest::secrets_ = nullptr;

TEST_F(SealedSecretsTest, ComeBackAsTheyWere) {
  store::Transaction transaction;
  add_secrets(transaction, "c1", *secrets_, sealer_);
  ASSERT_TRUE(store_->commit(transaction).ok());
  const auto loaded = load_secrets(*store_, sealer_, "c1");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(to_record(**loaded).reveal(), to_record(*secrets_).reveal());
}

TEST_F(SealedSecretsTest, OfOneClusterDoNotOpenAsThoseOfAnother) {
  store::Transaction transaction;
  add_secrets(transaction, "c1", *secrets_, sealer_);
  ASSERT_TRUE(store_->commit(transaction).ok());
  const std::string sealed = store_->get("/cluster-secrets/c1")->value;
  ASSERT_TRUE(store_->commit(store::Transaction().put("/cluster-secrets/c2", sealed)).ok());
  EXPECT_EQ(load_secrets(*store_, sealer_, "c2").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SealedSecretsTest, AreMissedByName) {
  const absl::Status status = load_secrets(*store_, sealer_, "c1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
}

TEST_F(SealedSecretsTest, AreErased) {
  store::Transaction transaction;
  add_secrets(transaction, "c1", *secrets_, sealer_);
  ASSERT_TRUE(store_->commit(transaction).ok());
  store::Transaction erasing;
  erase_secrets(erasing, "c1");
  ASSERT_TRUE(store_->commit(erasing).ok());
  EXPECT_EQ(load_secrets(*store_, sealer_, "c1").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mex::cluster
