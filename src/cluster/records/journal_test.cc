#include "cluster/records/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "cluster/records/inventory_fixture.h"
#include "cluster/spec/address_keys.h"
#include "store/sqlite_store.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    cluster_.id = kTestClusterId;
    cluster_.spec = test_spec();
    cluster_.operation_id = "op1";
    operation_.id = "op1";
    operation_.cluster_id = cluster_.id;
  }

  absl::Status commit(const store::Transaction& transaction) {
    return store_->commit(transaction).status();
  }
  absl::Status add_cluster(const ClusterRecord& cluster) {
    store::Transaction transaction;
    add_new_cluster(transaction, cluster);
    return commit(transaction);
  }

  base::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_ = *store::open_sqlite_store(directory_.path());
  ClusterRecord cluster_;
  OperationRecord operation_;
};

TEST_F(JournalTest, GivesBackWhatWasAdded) {
  ASSERT_TRUE(add_cluster(cluster_).ok());
  store::Transaction transaction;
  add(transaction, operation_);
  ASSERT_TRUE(commit(transaction).ok());
  const auto journal = load_journal(*store_);
  ASSERT_TRUE(journal.ok()) << journal.status();
  ASSERT_THAT(journal->clusters, SizeIs(1));
  EXPECT_EQ(journal->clusters[0].spec, cluster_.spec);
  ASSERT_THAT(journal->operations, SizeIs(1));
  EXPECT_EQ(journal->operations[0].id, "op1");
}

TEST_F(JournalTest, ANameIsGivenOnce) {
  ASSERT_TRUE(add_cluster(cluster_).ok());
  ClusterRecord second = cluster_;
  second.id = "other123";
  second.spec.subnet = "10.101.8.0/24";
  EXPECT_EQ(add_cluster(second).code(), absl::StatusCode::kAborted);
  second.spec.tenant = "tenant-2";
  EXPECT_TRUE(add_cluster(second).ok());
}

TEST_F(JournalTest, ASubnetIsGivenOnce) {
  ASSERT_TRUE(add_cluster(cluster_).ok());
  ClusterRecord second = cluster_;
  second.id = "other123";
  second.spec.name = "test-2";
  EXPECT_EQ(add_cluster(second).code(), absl::StatusCode::kAborted);
  EXPECT_THAT(load_journal(*store_)->clusters, SizeIs(1));
}

TEST_F(JournalTest, ErasingReleasesNameAndAddresses) {
  ASSERT_TRUE(add_cluster(cluster_).ok());
  store::Transaction transaction;
  erase(transaction, cluster_);
  erase_operation(transaction, "op1");
  ASSERT_TRUE(commit(transaction).ok());
  EXPECT_THAT(*store_->list(""), IsEmpty());
}

TEST(AddressKeys, AreBlocksOrSingleAddresses) {
  ClusterSpec spec = test_spec();
  EXPECT_THAT(address_keys(spec), ElementsAre("/addresses/-/10.101.7.0/24"));
  spec.scheme = NetworkScheme::Shared;
  spec.subnet = "";
  spec.network = "net-1";
  spec.nodes[0].address = "";
  EXPECT_THAT(address_keys(spec),
              ElementsAre("/addresses/net-1/10.101.7.101/32", "/addresses/net-1/10.101.7.102/32"));
}

TEST_F(JournalTest, ARecordThatCannotBeReadIsSetAsideAndTheRestIsLoaded) {
  ASSERT_TRUE(add_cluster(cluster_).ok());
  const std::vector<std::pair<std::string, std::string>> damaged{
      {"/clusters/cut", "{"},
      {"/clusters/type", R"({"id":7})"},
      {"/clusters/other", to_json(cluster_)},
      {"/operations/cut", R"({"id":"cut")"},
      {"/names/tenant-1/lost", "nobody"},
      {"/addresses/-/10.101.9.0/24", ""}};
  store::Transaction transaction;
  for (const auto& [key, value] : damaged) transaction.put(key, value);
  ASSERT_TRUE(commit(transaction).ok());
  const auto journal = load_journal(*store_);
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_THAT(journal->clusters, SizeIs(1));
  EXPECT_THAT(store_->unreadable_records(), SizeIs(damaged.size()));
  for (const auto& [key, value] : damaged) {
    EXPECT_TRUE(store_->is_set_aside(key)) << key;
    EXPECT_EQ(store_->get(key)->value, value);
  }
  EXPECT_THAT(unreadable_clusters(*store_), ElementsAre("cut", "other", "type"));
}

TEST_F(JournalTest, AnAgentsIdThatIsNoneIsNeverReplaced) {
  for (const char* id : {"", "k3v9x2a", "k3v9x2ab\n", "K3V9X2AB"}) {
    ASSERT_TRUE(commit(store::Transaction().discard("/agent/id")).ok());
    ASSERT_TRUE(commit(store::Transaction().put("/agent/id", id)).ok());
    EXPECT_EQ(load_agent_id(*store_).status().code(), absl::StatusCode::kDataLoss) << id;
    EXPECT_EQ(store_->get("/agent/id")->value, id);
  }
}

TEST_F(JournalTest, TheAgentKeepsItsId) {
  const auto first = load_agent_id(*store_);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->size(), 8U);
  EXPECT_EQ(*load_agent_id(*store_), *first);
}

TEST_F(JournalTest, ADestroyedClusterIsKnownUntilItIsForgotten) {
  EXPECT_THAT(*load_destroyed(*store_), IsEmpty());
  store::Transaction end;
  add_destroyed(end, {.cluster = cluster_, .when = base::WallTime(std::chrono::seconds(7))});
  ASSERT_TRUE(commit(end).ok());
  const auto known = load_destroyed(*store_);
  ASSERT_TRUE(known.ok()) << known.status();
  ASSERT_THAT(*known, SizeIs(1));
  EXPECT_EQ(known->front().cluster.spec, cluster_.spec);
  EXPECT_EQ(known->front().cluster.id, cluster_.id);
  EXPECT_EQ(known->front().when, base::WallTime(std::chrono::seconds(7)));
  // Its name is free, and no engine takes it for a cluster that is there.
  EXPECT_THAT(load_journal(*store_)->clusters, IsEmpty());
  EXPECT_TRUE(add_cluster(cluster_).ok());
  store::Transaction over;
  erase_destroyed(over, cluster_.id);
  ASSERT_TRUE(commit(over).ok());
  EXPECT_THAT(*load_destroyed(*store_), IsEmpty());
}

TEST_F(JournalTest, ADamagedRecordOfADestroyedClusterIsSetAside) {
  for (const char* text : {"", "{}", "{\"when\":1}", "{\"when\":1,\"cluster\":{}}"}) {
    ASSERT_TRUE(commit(store::Transaction().discard("/destroyed/x")).ok());
    ASSERT_TRUE(commit(store::Transaction().put("/destroyed/x", text)).ok());
    const auto known = load_destroyed(*store_);
    ASSERT_TRUE(known.ok()) << known.status();
    EXPECT_THAT(*known, IsEmpty());
    EXPECT_THAT(unreadable_clusters(*store_), ElementsAre("x"));
    EXPECT_EQ(store_->get("/destroyed/x")->value, text);
  }
}

}  // namespace
}  // namespace mex::cluster
