#include "base/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <set>
#include <thread>

#include "base/status.h"

namespace mex::base {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

ChildCommand shell(const std::string& script) { return {{"/bin/sh", "-c", script}, {}, ""}; }

absl::StatusOr<ChildOutcome> run(const ChildCommand& command,
                                 milliseconds time = std::chrono::minutes(1)) {
  return run_child(command, {steady_clock::now() + time});
}

TEST(ChildProcess, GivesWhatItSaidAndItsExitCode) {
  const auto outcome = run(shell("echo one; echo two >&2; exit 3"));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->output, "one\ntwo\n");
  EXPECT_FALSE(outcome->has_succeeded());
  EXPECT_TRUE(run(shell("exit 0"))->has_succeeded());
}

TEST(ChildProcess, ReadsItsInput) {
  const std::string text(200'000, 'x');
  EXPECT_EQ(run({{"/usr/bin/wc", "-c"}, {}, text})->output, "200000\n");
  EXPECT_EQ(run({{"/usr/bin/wc", "-c"}, {}, ""})->output, "0\n");
  EXPECT_TRUE(run({{"/bin/true"}, {}, text})->has_succeeded());  // reads nothing of it
}

TEST(ChildProcess, HasTheEnvironmentItIsGivenAndNoOther) {
  setenv("MEX_TEST_SECRET", "x", 1);
  EXPECT_EQ(run({{"/usr/bin/env"}, {"A=1", "B=2"}, ""})->output, "A=1\nB=2\n");
  unsetenv("MEX_TEST_SECRET");
}

TEST(ChildProcess, RunsInItsDirectory) {
  EXPECT_EQ(run({{"/bin/pwd"}, {}, "", "/proc"})->output, "/proc\n");
  EXPECT_EQ(run({{"/bin/pwd"}, {}, "", "/none"}).status().code(), absl::StatusCode::kNotFound);
}

TEST(ChildProcess, InheritsNoDescriptor) {
  const FILE* const open_file = std::fopen("/dev/null", "r");
  ASSERT_NE(open_file, nullptr);
  // The three standard ones, and the one by which ls reads the directory.
  EXPECT_EQ(run({{"/bin/ls", "/proc/self/fd"}, {}, ""})->output, "0\n1\n2\n3\n");
  std::fclose(const_cast<FILE*>(open_file));
}

TEST(ChildProcess, ReadsAFileThatItIsHanded) {
  ChildCommand command = shell("cat /proc/self/fd/3; ls /proc/self/fd");
  command.file = Secret("handed");
  EXPECT_EQ(run(command)->output, "handed0\n1\n2\n3\n4\n");  // 4: the directory that ls reads
}

ChildCommand status_of(ChildPrivileges privileges) {
  ChildCommand command =
      shell("grep -E '^(Uid|Cap|NoNewPrivs|Groups)' /proc/self/status; ulimit -c");
  command.privileges = privileges;
  return command;
}

TEST(ChildProcess, HasNoPrivilegesAndGetsNone) {
  const std::string output = run(status_of({}))->output;
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    EXPECT_THAT(output, HasSubstr(fmt::format("{}:\t0000000000000000\n", set)));
  }
  EXPECT_THAT(output, EndsWith("NoNewPrivs:\t1\n0\n"));
}

TEST(ChildProcess, RootGivesLegoAndTheNameServersProgramsAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  std::set<std::string> users;
  for (const ChildRole role : {ChildRole::Acme, ChildRole::Dns}) {
    const std::string output = run(status_of({.role = role}))->output;
    EXPECT_THAT(output, HasSubstr("CapEff:\t0000000000000000\n"));
    EXPECT_THAT(output, HasSubstr("CapBnd:\t0000000000000000\n"));
    EXPECT_THAT(output, Not(HasSubstr("Uid:\t0\t")));
    users.insert(output.substr(0, output.find('\n')));
  }
  EXPECT_EQ(users.size(), 2U) << "each has its own";
}

TEST(ChildProcess, RootGivesNginxNoMoreThanItTakes) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  // CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID, NET_BIND_SERVICE: some may be missing in a
  // container.
  const std::string output = run(status_of({.role = ChildRole::Nginx}))->output;
  const std::size_t begin = output.find("CapEff:\t") + 8;
  const std::uint64_t effective = std::stoull(output.substr(begin, 16), nullptr, 16);
  EXPECT_EQ(effective & ~std::uint64_t{0x4e3}, 0U) << output;
}

TEST(ChildProcess, OfLongOutputTheEndIsKept) {
  const auto outcome = run(shell("yes 0123456789 | head -c 1000000; echo end"));
  EXPECT_EQ(outcome->output.size(), 64U << 10U);
  EXPECT_THAT(outcome->output, EndsWith("end\n"));
}

TEST(ChildProcess, ASignalIsToldAsShellsTellIt) {
  EXPECT_EQ(run(shell("kill -9 $$"))->exit_code, 137);
}

TEST(ChildProcess, WhatHangsIsKilled) {
  const auto outcome = run(shell("echo before; sleep 1000"), milliseconds(50));
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(message_of(outcome.status())),
              HasSubstr("/bin/sh took too long and was killed"));
}

TEST(ChildProcess, WhatItStartedEndsWithIt) {
  // The grandchild keeps the pipe open; no one waits for it.
  const auto outcome = run(shell("sleep 1000 & echo $!"));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const pid_t grandchild = std::stoi(outcome->output);
  const auto end = steady_clock::now() + std::chrono::minutes(5);
  // A zombie until it is reaped: signals are still accepted, but it is no process any more.
  const auto is_running = [grandchild] {
    const auto state = run(shell(fmt::format("cat /proc/{}/stat 2>/dev/null", grandchild)));
    return !state->output.empty() && state->output.find(") Z ") == std::string::npos;
  };
  while (is_running() && steady_clock::now() < end) std::this_thread::yield();
  EXPECT_FALSE(is_running());
}

TEST(ChildProcess, StopsWhenToldTo) {
  std::stop_source stopping;
  std::jthread later([&] { stopping.request_stop(); });
  const auto outcome =
      run_child(shell("sleep 1000"), {steady_clock::now() + hours(1), stopping.get_token()});
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kCancelled);
}

TEST(ChildProcess, AProgramThatIsNotThereIsNamed) {
  for (const char* name : {"no-such-program-of-mex", "/no/such/program", "/etc/passwd", ""}) {
    EXPECT_EQ(run({{name}, {}, ""}).status().code(), absl::StatusCode::kNotFound) << name;
  }
}

TEST(ChildProcess, ADirectoryCannotBeRun) { EXPECT_FALSE(run({{"/tmp"}, {}, ""}).ok()); }

TEST(FindProgram, LooksInPath) {
  EXPECT_THAT(find_program("sh"), EndsWith("/sh"));
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
}

}  // namespace
}  // namespace mex::base
