#include "nginx/model/users.h"

#include <crypt.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "store/sqlite_store.h"

namespace mex::nginx {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

bool fits(const std::string& password, const std::string& hash) {
  crypt_data room{};
  return crypt_rn(password.c_str(), hash.c_str(), &room, sizeof room) == hash;
}

class UsersTest : public ::testing::Test {
 protected:
  base::TemporaryDirectory directory_;
  std::shared_ptr<store::Store> store_ = store::open_sqlite_store(directory_.path() + "/s").value();
  Users users_{*store_};
};

TEST_F(UsersTest, ArePutReplacedAndRemoved) {
  EXPECT_THAT(users_.list().value(), IsEmpty());
  ASSERT_TRUE(users_.put("operator", base::Secret("first password")).ok());
  ASSERT_TRUE(users_.put("admin", base::Secret("other password")).ok());
  ASSERT_THAT(users_.list().value(), SizeIs(2));
  EXPECT_EQ(users_.list()->front().name, "admin");
  const std::string hash = users_.list()->back().password_hash;
  EXPECT_THAT(hash, StartsWith("$2b$"));
  EXPECT_TRUE(fits("first password", hash));
  EXPECT_FALSE(fits("other password", hash));
  ASSERT_TRUE(users_.put("operator", base::Secret("second password")).ok());
  EXPECT_TRUE(fits("second password", users_.list()->back().password_hash));
  ASSERT_TRUE(users_.remove("admin").ok());
  EXPECT_THAT(users_.list().value(), SizeIs(1));
  EXPECT_TRUE(absl::IsNotFound(users_.remove("admin")));
}

TEST_F(UsersTest, RefusalsNameTheField) {
  const base::Secret fine("a fine password");
  for (const char* name : {"", "a:b", "a b", "a\n", "a/b"}) {
    EXPECT_EQ(base::detail_of(users_.put(name, fine)).field, "name") << name;
  }
  for (const std::string& password :
       {std::string("short"), std::string(73, 'x'), std::string("with\0zero byte", 14)}) {
    EXPECT_EQ(base::detail_of(users_.put("a", base::Secret(password))).field, "password");
  }
  EXPECT_TRUE(users_.put("a", base::Secret(std::string(72, 'x'))).ok());
}

TEST_F(UsersTest, TwoOfOnePasswordHaveDifferentHashes) {
  const base::Secret password("one password");
  EXPECT_NE(bcrypt(password).value(), bcrypt(password).value());
}

TEST_F(UsersTest, ABrokenRecordIsSetAsideAndTheOtherUsersLogIn) {
  ASSERT_TRUE(users_.put("b", base::Secret("one password")).ok());
  ASSERT_TRUE(store_->commit(store::Transaction().put("/nginx-users/a", "plain; text")).ok());
  const auto users = users_.list();
  ASSERT_TRUE(users.ok()) << users.status();
  ASSERT_EQ(users->size(), 1U);
  EXPECT_EQ(users->front().name, "b");
  for (const absl::Status& status :
       {users_.put("a", base::Secret("one password")), users_.remove("a")}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  }
  EXPECT_EQ(store_->get("/nginx-users/a")->value, "plain; text");
}

}  // namespace
}  // namespace mex::nginx
