#include "store/state_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <utility>

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

// A child of this test that does nothing, and has all of its descriptors, until finish().
class Child {
 public:
  Child() {
    EXPECT_EQ(pipe(ends_), 0);
    pid_ = fork();
    if (pid_ == 0) {
      close(ends_[1]);
      char byte = 0;
      _exit(read(ends_[0], &byte, 1) == 0 ? 0 : 1);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    finish();
    close(ends_[0]);
    waitpid(pid_, nullptr, 0);
  }
  void finish() { close(std::exchange(ends_[1], -1)); }

 private:
  int ends_[2] = {-1, -1};
  pid_t pid_ = -1;
};

TEST(StateDirectory, IsFreeAfterwardsWhateverWasForkedMeanwhile) {
  const base::TemporaryDirectory root;
  std::optional<Child> child;
  {
    const auto first = StateDirectory::open(root.path());
    ASSERT_TRUE(first.ok());
    child.emplace();
  }
  EXPECT_TRUE(StateDirectory::open(root.path()).ok());
}

// An agent that was killed while it started a program: the next start said that it is in use.
TEST(StateDirectory, IsFreeSoonAfterAnOwnerWasKilledThatHadForked) {
  const base::TemporaryDirectory root;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t owner = fork();
  if (owner == 0) {
    close(ends[1]);
    const auto held = StateDirectory::open(root.path());
    char byte = 0;
    // The child that is left has the lock until the test closes its end.
    if (fork() == 0) _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    _exit(held.ok() ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(waitpid(owner, &status, 0), owner);
  ASSERT_EQ(status, 0);
  const pid_t next = fork();
  if (next == 0) {
    close(ends[1]);
    _exit(StateDirectory::open(root.path()).ok() ? 0 : 1);
  }
  close(ends[0]);
  close(ends[1]);
  ASSERT_EQ(waitpid(next, &status, 0), next);
  EXPECT_EQ(status, 0) << "the next one has it";
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
