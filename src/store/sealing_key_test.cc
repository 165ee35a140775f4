#include "store/sealing_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "store/sqlite_store.h"

namespace mex::store {
namespace {

using testing::HasSubstr;

class SealingKeyTest : public testing::Test {
 protected:
  std::string key_path() const { return sealing_key_path(directory_.path()); }
  absl::StatusOr<Sealer> opened() const { return open_sealer(*store_, "/sealed/", key_path()); }
  void seal(const std::string& key) {
    const std::string sealed = opened()->seal(base::Secret("geheim"), key);
    ASSERT_TRUE(store_->commit(Transaction().put(key, sealed)).ok());
  }
  // What is said; no file is made or changed on the way.
  std::string refusal() const {
    const auto before = base::read_file(key_path());
    const absl::Status status = opened().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(base::read_file(key_path()).value_or("none"), before.value_or("none"));
    return std::string(base::message_of(status));
  }

  base::TemporaryDirectory directory_;
  std::unique_ptr<Store> store_ = *open_sqlite_store(directory_.path());
};

TEST_F(SealingKeyTest, IsMadeOnlyWhereNothingIsSealed) {
  ASSERT_TRUE(opened().ok());
  struct stat info {};
  ASSERT_EQ(stat(key_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  seal("/sealed/a");
  EXPECT_TRUE(opened()->unseal(store_->get("/sealed/a")->value, "/sealed/a").ok());
}

TEST_F(SealingKeyTest, AMissingKeyBesideSealedRecordsIsRefusedAndNotReplaced) {
  seal("/sealed/a");
  seal("/sealed/b");
  ASSERT_EQ(unlink(key_path().c_str()), 0);
  const std::string said = refusal();
  EXPECT_THAT(said, HasSubstr(key_path() + ": the sealing key is missing, and 2 records"));
  EXPECT_THAT(said, HasSubstr("from a backup"));
}

TEST_F(SealingKeyTest, AnotherKeyBesideSealedRecordsIsRefused) {
  seal("/sealed/a");
  ASSERT_TRUE(base::write_file_atomically(key_path(), std::string(32, 'x'), 0600).ok());
  EXPECT_THAT(refusal(), HasSubstr("is not the sealing key with which the 1 sealed records"));
}

TEST_F(SealingKeyTest, AKeyThatIsCutShortOrOpenToOthersIsRefused) {
  seal("/sealed/a");
  const std::string key = *base::read_file(key_path());
  ASSERT_TRUE(base::write_file_atomically(key_path(), key.substr(0, 31), 0600).ok());
  EXPECT_THAT(refusal(), HasSubstr("must have 32 bytes, not 31"));
  ASSERT_TRUE(base::write_file_atomically(key_path(), key, 0644).ok());
  EXPECT_THAT(refusal(), HasSubstr("mode 0600, not 0644"));
}

TEST_F(SealingKeyTest, OneDamagedRecordDoesNotMakeTheKeyWrong) {
  seal("/sealed/a");
  seal("/sealed/b");
  std::string damaged = store_->get("/sealed/a")->value;
  damaged[6] = static_cast<char>(damaged[6] ^ 1);  // in the key's id
  ASSERT_TRUE(store_->commit(Transaction().put("/sealed/a", damaged)).ok());
  ASSERT_TRUE(opened().ok());
  EXPECT_FALSE(opened()->unseal(damaged, "/sealed/a").ok());
  EXPECT_TRUE(opened()->unseal(store_->get("/sealed/b")->value, "/sealed/b").ok());
}

}  // namespace
}  // namespace mex::store
