#include "store/state_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/status.h"
#include "base/temporary_directory.h"

namespace mex::store {
namespace {

using testing::HasSubstr;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0);
  return info.st_mode & 07777U;
}

TEST(StateDirectory, IsMadeWithItsParentsForTheOwnerOnly) {
  const base::TemporaryDirectory root;
  const auto directory = StateDirectory::open(root.path() + "/a/b");
  ASSERT_TRUE(directory.ok()) << directory.status();
  EXPECT_EQ(mode_of(root.path() + "/a/b"), 0700U);
  EXPECT_TRUE(directory->sync().ok());
}

TEST(StateDirectory, IsHeldByOneOwnerAndFreeAgainAfterwards) {
  const base::TemporaryDirectory root;
  {
    const auto first = StateDirectory::open(root.path());
    ASSERT_TRUE(first.ok());
    const auto second = StateDirectory::open(root.path());
    EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(base::message_of(second.status()), HasSubstr(root.path()));
    EXPECT_THAT(base::message_of(second.status()),
                HasSubstr(fmt::format("in use by another agent (process {})", getpid())));
  }
  EXPECT_TRUE(StateDirectory::open(root.path()).ok());
}

TEST(StateDirectory, ClosesAnOpenEmptyDirectory) {
  const base::TemporaryDirectory root;
  ASSERT_EQ(chmod(root.path().c_str(), 0755), 0);
  ASSERT_TRUE(StateDirectory::open(root.path()).ok());
  EXPECT_EQ(mode_of(root.path()), 0700U);
}

TEST(StateDirectory, LeavesADirectoryWithForeignFilesAlone) {
  const base::TemporaryDirectory root;
  ASSERT_EQ(chmod(root.path().c_str(), 0755), 0);
  std::ofstream(root.path() + "/letter.txt") << "hello";
  const auto directory = StateDirectory::open(root.path());
  EXPECT_EQ(directory.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(directory.status()), HasSubstr("open to other users (mode 0755)"));
  EXPECT_EQ(mode_of(root.path()), 0755U);
}

TEST(StateDirectory, RefusesAFile) {
  const base::TemporaryDirectory root;
  std::ofstream(root.path() + "/file") << "x";
  const auto directory = StateDirectory::open(root.path() + "/file");
  EXPECT_EQ(directory.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(directory.status()), HasSubstr("is not a directory"));
}

}  // namespace
}  // namespace mex::store
