#include "agent/takeover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <future>
#include <string>
#include <thread>

#include "base/message_socket.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "net/listening_sockets.h"

namespace mex::agent {
namespace {

using ::testing::HasSubstr;

// A socket that listens on loopback.
base::Descriptor listening() {
  base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const net::Address address = net::Address::loopback(0);
  EXPECT_EQ(::bind(socket.get(), address.data(), address.size()), 0);
  EXPECT_EQ(::listen(socket.get(), 16), 0);
  return socket;
}

class TakeoverTest : public ::testing::Test {
 protected:
  ~TakeoverTest() override { net::ListeningSockets::of_process().close_inherited(); }

  absl::StatusOr<Successor> accept() {
    pollfd polled{.fd = port_->descriptor(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&polled, 1, -1), 1);
    return port_->accept();
  }
  // In another thread, as the other process would.
  std::future<absl::StatusOr<std::optional<Predecessor>>> asked() {
    return std::async(std::launch::async, [this] { return Predecessor::ask(directory_.path()); });
  }
  base::Descriptor connected() {
    return *base::connect_message_socket(directory_.path() + "/takeover.sock");
  }

  const base::TemporaryDirectory directory_;
  absl::StatusOr<TakeoverPort> port_ = TakeoverPort::open(directory_.path());
};

TEST_F(TakeoverTest, SocketsGoToTheSuccessorAndItsWordComesBack) {
  auto asking = asked();
  auto successor = accept();
  ASSERT_TRUE(successor.ok()) << successor.status();
  EXPECT_EQ(successor->process(), getpid());
  const base::Descriptor socket = listening();
  const net::Address address = net::Address::local_of(socket.get());
  std::vector<base::Descriptor> sockets;
  sockets.emplace_back(dup(socket.get()));
  ASSERT_TRUE(successor->give(sockets).ok());
  auto predecessor = asking.get();
  ASSERT_TRUE(predecessor.ok()) << predecessor.status();
  ASSERT_TRUE(predecessor->has_value());
  EXPECT_TRUE(net::ListeningSockets::of_process().has_inherited(address));
  ASSERT_TRUE((*predecessor)->say_that_this_serves().ok());
  EXPECT_FALSE(net::ListeningSockets::of_process().has_inherited(address)) << "not needed";
  EXPECT_TRUE(successor->hear_that_it_serves().ok());
}

// A shard each on a large machine: more than one message carries.
TEST_F(TakeoverTest, AnyNumberOfSocketsIsGiven) {
  auto asking = asked();
  auto successor = accept();
  ASSERT_TRUE(successor.ok());
  const base::Descriptor socket = listening();
  std::vector<base::Descriptor> sockets;
  for (int i = 0; i < 300; ++i) sockets.emplace_back(dup(socket.get()));
  ASSERT_TRUE(successor->give(sockets).ok());
  const auto predecessor = asking.get();
  ASSERT_TRUE(predecessor.ok()) << predecessor.status();
  EXPECT_EQ(net::ListeningSockets::of_process().close_inherited(), 300U);
}

TEST_F(TakeoverTest, NoSocketsAreAnAnswerToo) {
  auto asking = asked();
  auto successor = accept();
  ASSERT_TRUE(successor.ok());
  ASSERT_TRUE(successor->give({}).ok());
  EXPECT_TRUE(asking.get()->has_value());
}

TEST_F(TakeoverTest, WithoutAnAgentThereIsNoPredecessor) {
  port_ = absl::UnavailableError("ended");
  const auto after_an_end = Predecessor::ask(directory_.path());
  ASSERT_TRUE(after_an_end.ok()) << after_an_end.status();
  EXPECT_FALSE(after_an_end->has_value());
  const auto never_there = Predecessor::ask(directory_.path() + "/nothing");
  ASSERT_TRUE(never_there.ok()) << never_there.status();
  EXPECT_FALSE(never_there->has_value());
}

TEST_F(TakeoverTest, NothingIsLeftOfAnAgentThatEnds) {
  port_->remove();
  EXPECT_FALSE(std::filesystem::exists(directory_.path() + "/takeover.sock"));
  const auto none = Predecessor::ask(directory_.path());
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(none->has_value());
}

TEST_F(TakeoverTest, APredecessorThatEndsMeanwhileIsNoticed) {
  auto asking = asked();
  auto successor = accept();
  successor = absl::UnavailableError("ended");
  EXPECT_TRUE(absl::IsUnavailable(asking.get().status()));
}

TEST_F(TakeoverTest, ASuccessorThatEndsMeanwhileIsNoticed) {
  auto asking = asked();
  auto successor = accept();
  ASSERT_TRUE(successor.ok());
  ASSERT_TRUE(successor->give({}).ok());
  { const auto gone = asking.get(); }
  EXPECT_TRUE(absl::IsUnavailable(successor->hear_that_it_serves()));
}

TEST_F(TakeoverTest, WhoSaysNothingOrSomethingElseIsNoSuccessor) {
  base::Descriptor silent = connected();
  const auto none = accept();
  EXPECT_TRUE(absl::IsUnavailable(none.status())) << none.status();
  for (const std::size_t size : {std::size_t{1}, std::size_t{128}, std::size_t{4096}}) {
    const base::Descriptor babbling = connected();
    const std::string text(size, 'x');
    ASSERT_TRUE(base::send_message(babbling.get(), text.data(), text.size(), {}).ok());
    EXPECT_TRUE(absl::IsInvalidArgument(accept().status()));
  }
}

// An agent of a later release may speak otherwise: both hear it in words, and nothing is given.
TEST_F(TakeoverTest, AnotherVersionIsRefusedInWords) {
  const base::Descriptor newer = connected();
  std::array<char, 128> text{'m', 'e', 'x', 't', 2, 1};
  ASSERT_TRUE(base::send_message(newer.get(), text.data(), text.size(), {}).ok());
  const auto none = accept();
  EXPECT_THAT(none.status().ToString(), HasSubstr("speaks version 2 of taking over, this one 1"));
  std::vector<base::Descriptor> descriptors;
  ASSERT_TRUE(base::receive_message(newer.get(), text.data(), text.size(), descriptors).ok());
  EXPECT_THAT(std::string(text.data() + 7), HasSubstr("speaks version 2"));
}

TEST_F(TakeoverTest, TheReasonOfARefusalIsTold) {
  const auto refusing = std::async(std::launch::async, [&] {
    pollfd polled{.fd = port_->descriptor(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&polled, 1, -1), 1);
    const base::Descriptor connection(accept4(port_->descriptor(), nullptr, nullptr, SOCK_CLOEXEC));
    std::array<char, 128> text{};
    std::vector<base::Descriptor> none;
    EXPECT_TRUE(base::receive_message(connection.get(), text.data(), text.size(), none).ok());
    text = {'m', 'e', 'x', 't', 1, 3};
    std::strcpy(text.data() + 7, "not now");
    EXPECT_TRUE(base::send_message(connection.get(), text.data(), text.size(), {}).ok());
  });
  const auto refused = Predecessor::ask(directory_.path());
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_THAT(refused.status().ToString(), HasSubstr("the running agent refuses: not now"));
}

}  // namespace
}  // namespace mex::agent
