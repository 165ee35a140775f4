#include "net/listening_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/listener.h"
#include "net/testing.h"
#include "net/transport.h"

namespace mex::net {
namespace {

class Counter final : public AcceptHandler {
 public:
  void on_accept(base::Descriptor, const Address&) override { ++accepted; }
  int accepted = 0;
};

// Two processes in one: what the registry gives away, it inherits.
class ListeningSocketsTest : public ::testing::Test {
 protected:
  ~ListeningSocketsTest() override { sockets().close_inherited(); }

  static ListeningSockets& sockets() { return ListeningSockets::of_process(); }
  std::unique_ptr<Listener> listener(const Address& address) {
    auto opened = Listener::open(*loop_, address, counter_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  void connect(const Address& address) {
    ConnectStart start = connect_to(address);
    EXPECT_EQ(start.error_number, 0);
    clients_.push_back(std::move(start.socket));
  }

  testing::ManualClock clock_;
  std::unique_ptr<EventLoop> loop_ = *EventLoop::create(clock_);
  Counter counter_;
  std::vector<base::Descriptor> clients_;
};

TEST_F(ListeningSocketsTest, WhoConnectsBetweenTwoListenersIsServedByTheSecond) {
  auto first = listener(Address::loopback(0));
  const Address address = first->local_address();
  std::vector<base::Descriptor> copies = sockets().copies();
  ASSERT_EQ(copies.size(), 1U);
  first->drain_and_close();
  connect(address);  // no one accepts, and yet it is not refused
  sockets().inherit(std::move(copies));
  EXPECT_TRUE(sockets().has_inherited(address));
  EXPECT_TRUE(check_address_free(address).ok());
  const auto second = listener(address);
  EXPECT_FALSE(sockets().has_inherited(address));
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return counter_.accepted == 1; }));
}

TEST_F(ListeningSocketsTest, BothListenWhileOneTakesOverFromTheOther) {
  const auto first = listener(Address::loopback(0));
  sockets().inherit(sockets().copies());
  const auto second = listener(first->local_address());
  for (int i = 0; i < 20; ++i) connect(first->local_address());
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return counter_.accepted == 20; }));
  first->drain_and_close();
  connect(second->local_address());
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return counter_.accepted == 21; }));
}

TEST_F(ListeningSocketsTest, EachShardTakesOneAndMakesWhatLacks) {
  auto first = listener(Address::loopback(0));
  const Address address = first->local_address();
  sockets().inherit(sockets().copies());
  const auto taken = listener(address);
  const auto made = listener(address);  // shares the port
  EXPECT_EQ(sockets().copies().size(), 3U);
  EXPECT_EQ(sockets().close_inherited(), 0U);
}

TEST_F(ListeningSocketsTest, EveryAddressIsOneWithAndWithoutIpv6) {
  const auto first = listener(*Address::parse_ip("0.0.0.0", 0));
  const std::uint16_t port = first->local_address().port();
  sockets().inherit(sockets().copies());
  EXPECT_TRUE(sockets().has_inherited(*Address::parse(":" + std::to_string(port))));
  EXPECT_FALSE(sockets().has_inherited(Address::loopback(port)));
  EXPECT_FALSE(sockets().take(*Address::parse(":1")).has_value());
}

TEST_F(ListeningSocketsTest, WhatNoListenerTakesIsClosed) {
  const auto first = listener(Address::loopback(0));
  sockets().inherit(sockets().copies());
  EXPECT_EQ(sockets().close_inherited(), 1U);
  connect(first->local_address());  // its own is open as before
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return counter_.accepted == 1; }));
}

// Another process may send anything.
TEST_F(ListeningSocketsTest, WhatDoesNotListenIsNotInherited) {
  std::vector<base::Descriptor> others;
  others.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  others.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  others.emplace_back(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  others.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  others.emplace_back(-1);
  sockets().inherit(std::move(others));
  EXPECT_EQ(sockets().close_inherited(), 0U);
}

}  // namespace
}  // namespace mex::net
