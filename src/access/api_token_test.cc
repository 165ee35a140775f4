#include "access/api_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/temporary_directory.h"

namespace mex::access {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ApiTokenTest : public ::testing::Test {
 protected:
  std::string file() const { return directory_.path() + "/api.token"; }

  base::TemporaryDirectory directory_;
};

TEST_F(ApiTokenTest, IsMadeOnceForItsOwnerAlone) {
  const auto made = load_or_make_token(directory_.path());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->reveal(), MatchesRegex("[0-9a-f]{64}"));
  struct stat found {};
  ASSERT_EQ(stat(file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(load_or_make_token(directory_.path())->reveal(), made->reveal());
}

TEST_F(ApiTokenTest, TakesTheOperatorsOwn) {
  ASSERT_TRUE(base::write_file_atomically(file(), "chosen-by-the-operator\r\n", 0600).ok());
  EXPECT_EQ(load_or_make_token(directory_.path())->reveal(), "chosen-by-the-operator");
}

TEST_F(ApiTokenTest, RefusesAFileThatOthersMayRead) {
  ASSERT_TRUE(base::write_file_atomically(file(), "chosen-by-the-operator", 0644).ok());
  EXPECT_THAT(load_or_make_token(directory_.path()).status().ToString(), HasSubstr("chmod 600"));
}

TEST_F(ApiTokenTest, RefusesAFileWithoutAToken) {
  ASSERT_TRUE(base::write_file_atomically(file(), "short\n", 0600).ok());
  EXPECT_EQ(load_or_make_token(directory_.path()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(ApiTokenTest, NamesADirectoryThatIsNotThere) {
  EXPECT_THAT(load_or_make_token("/proc/none").status().ToString(), HasSubstr("/proc/none"));
}

}  // namespace
}  // namespace mex::access
