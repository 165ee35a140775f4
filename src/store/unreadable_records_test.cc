#include "store/unreadable_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "store/sqlite_store.h"

namespace mex::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class UnreadableRecordsTest : public testing::Test {
 protected:
  UnreadableRecordsTest() {
    EXPECT_TRUE(store_->commit(Transaction().put("/a", kDamaged).put("/b", "1")).ok());
    store_->set_aside("/a", absl::DataLossError("/a: is damaged"));
  }

  static constexpr const char* kDamaged = "{\"cut";
  base::TemporaryDirectory directory_;
  std::unique_ptr<Store> store_ = *open_sqlite_store(directory_.path());
};

TEST_F(UnreadableRecordsTest, ARecordThatIsSetAsideIsNeverOverwrittenOrErased) {
  for (const Transaction& change :
       {Transaction().put("/a", "new"), Transaction().erase("/a"),
        Transaction().put("/b", "2").erase("/a"), Transaction().expect_exists("/a").erase("/a")}) {
    const absl::Status status = store_->commit(change).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(base::message_of(status), HasSubstr("/a: is damaged; it is set aside"));
    EXPECT_EQ(store_->get("/a")->value, kDamaged);
    EXPECT_EQ(store_->get("/b")->value, "1");
  }
  EXPECT_TRUE(store_->commit(Transaction().put("/b", "2")).ok());
}

TEST_F(UnreadableRecordsTest, AreNamedWithTheFirstReason) {
  store_->set_aside("/a", absl::DataLossError("another reason"));
  EXPECT_THAT(store_->unreadable_records(),
              ElementsAre(UnreadableRecord{.key = "/a", .problem = "/a: is damaged"}));
  EXPECT_TRUE(store_->is_set_aside("/a"));
  EXPECT_FALSE(store_->is_set_aside("/b"));
}

TEST_F(UnreadableRecordsTest, APersonCanDiscardOne) {
  // Nothing is forgotten if the commit fails.
  EXPECT_FALSE(store_->commit(Transaction().expect_absent("/b").discard("/a")).ok());
  EXPECT_TRUE(store_->is_set_aside("/a"));
  ASSERT_TRUE(store_->commit(Transaction().discard("/a")).ok());
  EXPECT_TRUE(absl::IsNotFound(store_->get("/a").status()));
  EXPECT_THAT(store_->unreadable_records(), IsEmpty());
  EXPECT_TRUE(store_->commit(Transaction().put("/a", "new")).ok());
}

TEST_F(UnreadableRecordsTest, TheNextProcessTriesAgain) {
  store_.reset();
  store_ = *open_sqlite_store(directory_.path());
  EXPECT_FALSE(store_->is_set_aside("/a"));
  EXPECT_EQ(store_->get("/a")->value, kDamaged);
}

}  // namespace
}  // namespace mex::store
