#include "nginx/runtime/process/instance_processes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>

#include "base/temporary_directory.h"
#include "nginx/runtime/process/detached_process.h"

namespace mex::nginx {
namespace {

namespace fs = std::filesystem;

class InstanceProcessesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root() + "/web");
    const auto pid = start_detached({.arguments = {"/bin/sleep", "600"},
                                     .environment = {},
                                     .input = "",
                                     .directory = root() + "/web"},
                                    "log");
    ASSERT_TRUE(pid.ok()) << pid.status();
    pid_ = *pid;
  }
  void TearDown() override {
    if (pid_ != 0) end();
  }
  void end() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::string root() const { return directory_.path() + "/nginx"; }

  base::TemporaryDirectory directory_;
  pid_t pid_ = 0;
};

TEST_F(InstanceProcessesTest, AreKnownByTheirDirectory) {
  auto found = processes_below(root());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found["web"].master, pid_);
  EXPECT_EQ(found["web"].all, std::vector<pid_t>{pid_});
  EXPECT_TRUE(processes_below(root() + "/web").empty());
  EXPECT_TRUE(processes_below(root() + "/missing").empty());
  end();
  EXPECT_TRUE(processes_below(root()).empty());
}

// An agent whose state directory was behind a link, or whose mounts were others than in its former
// life, started a second nginx beside the one that it did not see.
TEST_F(InstanceProcessesTest, AreSeenByAnotherPathToTheSameDirectory) {
  fs::create_directory_symlink(root(), directory_.path() + "/link");
  EXPECT_EQ(processes_below(directory_.path() + "/link")["web"].master, pid_);
}

}  // namespace
}  // namespace mex::nginx
