#include "launcher/launcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "base/child_process.h"
#include "base/file.h"
#include "base/launcher_client.h"
#include "base/message_socket.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "launcher/process_list.h"

namespace mex::launcher {
namespace {

using base::ChildRole;
using ::testing::HasSubstr;

// As the package makes them, but for the numbers.
constexpr uid_t kNginx = 61001;
constexpr gid_t kFirstGroup = base::kFirstPrivateGroup;

// A launcher in another process, with a /etc/passwd that has the package's users. Only root
// can make that.
class LauncherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    const std::string path = directory_.path() + "/socket";
    listener_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    ASSERT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(listener_, 64), 0);
    client_ = std::make_unique<base::LauncherClient>(path);
    start_launcher(geteuid());
  }
  void TearDown() override { end_launcher(); }

  void start_launcher(uid_t caller) {
    launcher_ = fork();
    if (launcher_ == 0) {
      give_users();
      Launcher launcher(base::Descriptor(listener_), caller);
      launcher.run().IgnoreError();
      _exit(1);
    }
  }
  void end_launcher() {
    if (launcher_ > 0) {
      kill(launcher_, SIGKILL);
      waitpid(launcher_, nullptr, 0);
    }
    launcher_ = -1;
  }
  void give_users() const {
    const std::string users = directory_.path() + "/passwd";
    const std::string text = fmt::format(
        "root:x:0:0::/:/bin/sh\nmexosagent-nginx:x:{0}:{0}::/:/bin/false\n"
        "mexosagent-acme:x:61002:61002::/:/bin/false\nmexosagent-dns:x:0:0::/:/bin/false\n",
        kNginx);
    if (!base::write_file_atomically(users, text, 0644).ok() || unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount(users.c_str(), "/etc/passwd", nullptr, MS_BIND, nullptr) != 0) {
      _exit(2);
    }
  }

  struct Result {
    absl::Status started;
    int wait_status = -1;
    std::string output{};
  };
  Result run(const std::string& script, base::ChildPrivileges privileges = {ChildRole::Nginx},
             int file = -1) const {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const base::Descriptor read_end(ends[0]);
    base::Descriptor write_end(ends[1]);
    auto started = client_->start({.program = "/bin/sh",
                                   .arguments = {"sh", "-c", script},
                                   .environment = {"A=1"},
                                   .privileges = privileges},
                                  {.output = write_end.get(), .file = file});
    Result result{
        .started = started.status(),
    };
    if (!started.ok()) return result;
    write_end.reset();
    char chunk[4096];
    for (ssize_t count = 0; (count = read(read_end.get(), chunk, sizeof chunk)) > 0;) {
      result.output.append(chunk, static_cast<std::size_t>(count));
    }
    base::LauncherEnd end;
    std::vector<base::Descriptor> none;
    EXPECT_TRUE(base::receive_message(started->connection.get(), &end, sizeof end, none).ok());
    result.wait_status = end.wait_status;
    return result;
  }
  absl::StatusOr<base::LauncherClient::Started> sleeper(bool is_detached) const {
    return client_->start({.program = "/bin/sleep",
                           .arguments = {"sleep", "1000"},
                           .environment = {},
                           .privileges = {.role = ChildRole::Nginx, .group = kFirstGroup},
                           .is_detached = is_detached,
                           .log = "/dev/null"},
                          {});
  }
  static void await_gone(pid_t process) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (kill(process, 0) == 0 && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    EXPECT_NE(kill(process, 0), 0);
  }

  base::TemporaryDirectory directory_;
  int listener_ = -1;
  pid_t launcher_ = -1;
  std::unique_ptr<base::LauncherClient> client_;
};

constexpr const char* kStatus = "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs)' /proc/self/status";

TEST_F(LauncherTest, AChildHasItsUserAndNothingElse) {
  const Result result = run(kStatus);
  ASSERT_TRUE(result.started.ok()) << result.started;
  EXPECT_EQ(result.wait_status, 0);
  EXPECT_EQ(result.output,
            "Uid:\t61001\t61001\t61001\t61001\nGid:\t61001\t61001\t61001\t61001\n"
            "Groups:\t61001 \nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
            "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n"
            "NoNewPrivs:\t1\n");
}

TEST_F(LauncherTest, OnlyLowPortsAreGivenAndAPrivateGroup) {
  const Result result =
      run(kStatus, {.role = ChildRole::Nginx, .group = kFirstGroup + 7, .binds_low_ports = true});
  EXPECT_THAT(result.output, HasSubstr("Gid:\t1879048199\t"));
  EXPECT_THAT(result.output, HasSubstr("Groups:\t61001 \n"));
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_THAT(result.output, HasSubstr(fmt::format("{}:\t0000000000000400\n", set)));
  }
}

TEST_F(LauncherTest, NoOneElseCanBeAskedFor) {
  EXPECT_TRUE(absl::IsPermissionDenied(run("id", {ChildRole::None}).started));
  // What is called as its account is root.
  EXPECT_TRUE(absl::IsPermissionDenied(run("id", {ChildRole::Dns}).started));
  EXPECT_FALSE(run("id", {.role = static_cast<ChildRole>(77)}).started.ok());
  for (const gid_t group : {gid_t{1}, gid_t{42}, base::kFirstPrivateGroup - 1,
                            base::kLastPrivateGroup + 1, static_cast<gid_t>(-1)}) {
    EXPECT_TRUE(absl::IsPermissionDenied(run("id", {ChildRole::Nginx, group}).started)) << group;
  }
}

TEST_F(LauncherTest, LowPortsAreForNginxAlone) {
  EXPECT_THAT(run(kStatus, {.role = ChildRole::Acme, .binds_low_ports = true}).output,
              HasSubstr("CapEff:\t0000000000000000\n"));
}

TEST_F(LauncherTest, AChildHasTheEnvironmentAndTheDescriptorsItIsGiven) {
  EXPECT_EQ(run("/usr/bin/env | grep -v PWD").output, "A=1\n");
  EXPECT_EQ(run("ls /proc/self/fd").output, "0\n1\n2\n3\n");  // 3: the directory that ls reads
  const auto file = base::text_file("a secret");
  EXPECT_EQ(run("cat /proc/self/fd/3; ls /proc/self/fd", {ChildRole::Nginx}, file->get()).output,
            "a secret0\n1\n2\n3\n4\n");
}

TEST_F(LauncherTest, WhatCannotBeStartedIsTold) {
  const auto missing = client_->start({.program = "/none",
                                       .arguments = {"x"},
                                       .privileges = {ChildRole::Nginx},
                                       .log = "/dev/null"},
                                      {});
  EXPECT_TRUE(absl::IsNotFound(missing.status())) << missing.status();
  EXPECT_EQ(mkdir((directory_.path() + "/closed").c_str(), 0700), 0);
  const base::Descriptor closed(open((directory_.path() + "/closed").c_str(), O_PATH));
  const auto refused = client_->start({.program = "/bin/true",
                                       .arguments = {"true"},
                                       .privileges = {ChildRole::Nginx},
                                       .log = "/dev/null"},
                                      {.directory = closed.get()});
  EXPECT_TRUE(absl::IsPermissionDenied(refused.status())) << refused.status();
}

TEST_F(LauncherTest, AChildEndsWithItsConnection) {
  auto started = sleeper(false);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(kill(started->process, 0), 0);
  started->connection.reset();
  await_gone(started->process);
}

TEST_F(LauncherTest, AChildEndsWithTheLauncher) {
  const auto started = sleeper(false);
  ASSERT_TRUE(started.ok()) << started.status();
  end_launcher();
  await_gone(started->process);
}

TEST_F(LauncherTest, ADetachedChildGoesOnIsListedAndTakesSignals) {
  const auto started = sleeper(true);
  ASSERT_TRUE(started.ok()) << started.status();
  const auto listed = client_->list(ChildRole::Nginx, {kFirstGroup});
  ASSERT_TRUE(listed.ok()) << listed.status();
  const base::ListedProcess* found = nullptr;
  for (const base::ListedProcess& each : *listed) {
    if (each.process == started->process) found = &each;
  }
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->session, started->process);
  EXPECT_EQ(found->group, kFirstGroup);
  EXPECT_EQ(found->title, "sleep");
  EXPECT_FALSE(found->start_time.empty());
  EXPECT_TRUE(client_->signal(ChildRole::Nginx, started->process, SIGTERM).ok());
  await_gone(started->process);
  EXPECT_TRUE(absl::IsNotFound(client_->signal(ChildRole::Nginx, started->process, SIGTERM)));
}

TEST_F(LauncherTest, OnlyTheGroupsThatAreAskedForAreListed) {
  const auto started = sleeper(true);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_THAT(*client_->list(ChildRole::Nginx, {}), ::testing::IsEmpty());
  EXPECT_THAT(*client_->list(ChildRole::Nginx, {kFirstGroup + 1, kFirstGroup + 2}),
              ::testing::IsEmpty());
  EXPECT_THAT(*client_->list(ChildRole::Nginx, {kFirstGroup + 1, kFirstGroup}),
              ::testing::SizeIs(1));
  EXPECT_FALSE(client_->list(ChildRole::Nginx, {0}).ok());
  EXPECT_FALSE(client_->list(ChildRole::None, {kFirstGroup}).ok());
  EXPECT_TRUE(client_->signal(ChildRole::Nginx, started->process, SIGKILL).ok());
}

TEST_F(LauncherTest, NoSignalReachesAnotherUsersProcess) {
  EXPECT_TRUE(absl::IsPermissionDenied(client_->signal(ChildRole::Nginx, launcher_, SIGKILL)));
  EXPECT_TRUE(absl::IsPermissionDenied(client_->signal(ChildRole::Nginx, getpid(), SIGKILL)));
  EXPECT_TRUE(absl::IsPermissionDenied(client_->signal(ChildRole::None, getpid(), 0)));
  for (const pid_t everybody : {0, 1, -1}) {
    EXPECT_FALSE(client_->signal(ChildRole::Nginx, everybody, SIGKILL).ok()) << everybody;
  }
  EXPECT_TRUE(client_->list(ChildRole::Nginx, {kFirstGroup}).ok()) << "it goes on";
}

TEST_F(LauncherTest, AnotherUserIsNotServed) {
  end_launcher();
  start_launcher(4711);
  EXPECT_TRUE(absl::IsUnavailable(run("id").started));
  EXPECT_TRUE(absl::IsUnavailable(client_->list(ChildRole::Nginx, {kFirstGroup}).status()));
}

TEST_F(LauncherTest, NonsenseIsRefusedAndItGoesOn) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = directory_.path() + "/socket";
  path.copy(address.sun_path, path.size());
  for (const std::string& said : {std::string("x"), std::string(sizeof(base::LauncherRequest), 'x'),
                                  std::string(sizeof(base::LauncherRequest), '\0'),
                                  std::string(100'000, 'x'), std::string()}) {
    const base::Descriptor connection(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ASSERT_EQ(
        connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(send(connection.get(), said.data(), said.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(said.size()));
    base::LauncherAnswer answer;
    std::vector<base::Descriptor> none;
    const absl::Status heard =
        base::receive_message(connection.get(), &answer, sizeof answer, none);
    EXPECT_TRUE(!heard.ok() || answer.error != 0) << said.size();
  }
  EXPECT_EQ(run("echo well").output, "well\n");
}

TEST_F(LauncherTest, AStormOfChildrenIsServed) {
  constexpr int kThreads = 4;
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([this] {
      for (int i = 0; i < 50; ++i) EXPECT_EQ(run("echo well; exit 3").output, "well\n");
    });
  }
}

TEST(LauncherProtocol, ACommandComesBackAsItWas) {
  base::ChildStart start{.program = "/bin/x",
                         .arguments = {"x", "", "a b\n"},
                         .environment = {"A=1", "B="},
                         .log = "log"};
  base::ChildStart read;
  ASSERT_TRUE(base::decode_command(base::encode_command(start), read).ok());
  EXPECT_EQ(read.program, start.program);
  EXPECT_EQ(read.arguments, start.arguments);
  EXPECT_EQ(read.environment, start.environment);
  EXPECT_EQ(read.log, start.log);
}

TEST(LauncherProtocol, WhatIsCutShortOrTooLongIsNone) {
  const std::string whole = base::encode_command(
      {.program = "/bin/x", .arguments = {"x", "y"}, .environment = {"A=1"}, .log = "log"});
  base::ChildStart read;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(base::decode_command(whole.substr(0, size), read).ok()) << size;
  }
  EXPECT_FALSE(base::decode_command(whole + "x", read).ok());
  EXPECT_FALSE(base::decode_command(std::string("/bin/x\099999999999\0", 19), read).ok());
  EXPECT_FALSE(base::decode_list("nonsense").ok());
  EXPECT_FALSE(base::decode_list(std::string("5\0x\0", 4)).ok());
}

TEST(ProcessList, HasItsParentAndNoOtherUsers) {
  bool has_parent = false;
  for (const base::ListedProcess& each : processes_of(geteuid(), getegid())) {
    has_parent = has_parent || each.process == getppid();
  }
  EXPECT_TRUE(has_parent);
  EXPECT_TRUE(processes_of(61111, 61111).empty());
}

}  // namespace
}  // namespace mex::launcher
