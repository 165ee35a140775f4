#include "net/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <vector>

#include "base/status.h"
#include "net/testing.h"
#include "net/transport.h"

namespace mex::net {
namespace {

using ::testing::HasSubstr;

class Collector final : public AcceptHandler {
 public:
  void on_accept(base::Descriptor socket, const Address& peer) override {
    sockets.push_back(std::move(socket));
    peers.push_back(peer);
    if (on_each) on_each();
  }
  std::vector<base::Descriptor> sockets;
  std::vector<Address> peers;
  std::function<void()> on_each;
};

class ListenerTest : public ::testing::Test {
 protected:
  base::Descriptor connect(const Address& address) {
    ConnectStart start = connect_to(address);
    EXPECT_EQ(start.error_number, 0);
    return std::move(start.socket);
  }

  std::vector<base::Descriptor> connect_many(const Address& address, std::size_t count) {
    std::vector<base::Descriptor> clients(count);
    for (base::Descriptor& client : clients) client = connect(address);
    return clients;
  }

  testing::ManualClock clock_;
  std::unique_ptr<EventLoop> loop_ = *EventLoop::create(clock_);
  Collector collector_;
};

TEST_F(ListenerTest, AcceptsReadySockets) {
  const auto listener = *Listener::open(*loop_, Address::loopback(0), collector_);
  ASSERT_NE(listener->local_address().port(), 0);
  const base::Descriptor client = connect(listener->local_address());
  ASSERT_TRUE(testing::run_until(*loop_, [&] { return collector_.sockets.size() == 1; }));
  EXPECT_EQ(collector_.peers[0], Address::local_of(client.get()));
  int no_delay = 0;
  socklen_t length = sizeof no_delay;
  ::getsockopt(collector_.sockets[0].get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &length);
  EXPECT_EQ(no_delay, 1) << "inherited from the listening socket";
  char byte = 0;
  EXPECT_LT(::recv(collector_.sockets[0].get(), &byte, 1, 0), 0) << "non-blocking";
}

TEST_F(ListenerTest, EveryLocalAddressTakesIpv4) {
  const auto listener = *Listener::open(*loop_, *Address::parse(":0"), collector_);
  const base::Descriptor client = connect(Address::loopback(listener->local_address().port()));
  ASSERT_TRUE(testing::run_until(*loop_, [&] { return collector_.sockets.size() == 1; }));
  EXPECT_EQ(collector_.peers[0].family(), AF_INET);
}

TEST_F(ListenerTest, ShardsShareAPort) {
  const auto first = *Listener::open(*loop_, Address::loopback(0), collector_);
  const auto second = Listener::open(*loop_, first->local_address(), collector_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->local_address(), first->local_address());
}

TEST_F(ListenerTest, AnAddressInUseIsNoticedAndNamed) {
  const auto listener = *Listener::open(*loop_, Address::loopback(0), collector_);
  const absl::Status status = check_address_free(listener->local_address());
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(base::message_of(status)),
              HasSubstr("listening on " + listener->local_address().text()));
  EXPECT_TRUE(check_address_free(Address::loopback(0)).ok());
  const Address address = listener->local_address();
  listener->drain_and_close();
  EXPECT_TRUE(check_address_free(address).ok());
}

TEST_F(ListenerTest, AnAddressOfAnotherMachineIsRefused) {
  const auto listener = Listener::open(*loop_, *Address::parse("192.0.2.1:80"), collector_);
  ASSERT_FALSE(listener.ok());
  EXPECT_THAT(std::string(base::message_of(listener.status())), HasSubstr("192.0.2.1:80"));
}

TEST_F(ListenerTest, PausedLeavesClientsInTheBacklog) {
  const auto listener = *Listener::open(*loop_, Address::loopback(0), collector_);
  collector_.on_each = [&] { listener->pause(); };
  const std::vector<base::Descriptor> clients = connect_many(listener->local_address(), 3);
  ASSERT_TRUE(testing::run_until(*loop_, [&] { return collector_.sockets.size() == 1; }));
  for (int i = 0; i < 10; ++i) loop_->run_once(std::chrono::milliseconds(0));
  EXPECT_EQ(collector_.sockets.size(), 1U);
  collector_.on_each = nullptr;
  listener->resume();
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return collector_.sockets.size() == 3; }));
}

TEST_F(ListenerTest, ClosingHandsOverTheBacklog) {
  const auto listener = *Listener::open(*loop_, Address::loopback(0), collector_);
  const std::vector<base::Descriptor> clients = connect_many(listener->local_address(), 3);
  listener->drain_and_close();
  EXPECT_EQ(collector_.sockets.size(), 3U);
  listener->drain_and_close();
  listener->resume();
  loop_->run_once(std::chrono::milliseconds(0));
}

TEST_F(ListenerTest, TakesMoreThanOneTurnsWorth) {
  const auto listener = *Listener::open(*loop_, Address::loopback(0), collector_);
  const std::vector<base::Descriptor> clients = connect_many(listener->local_address(), 150);
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return collector_.sockets.size() == 150; }));
}

TEST_F(ListenerTest, OutOfDescriptorsClosesInsteadOfStalling) {
  const auto listener = *Listener::open(*loop_, Address::loopback(0), collector_);
  const std::vector<base::Descriptor> clients = connect_many(listener->local_address(), 3);

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(clients.back().get()) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const bool all_refused = testing::run_until(*loop_, [&] { return listener->refused() == 3; });
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(all_refused);
  EXPECT_TRUE(collector_.sockets.empty());

  const base::Descriptor late = connect(listener->local_address());
  EXPECT_TRUE(testing::run_until(*loop_, [&] { return collector_.sockets.size() == 1; }));
}

}  // namespace
}  // namespace mex::net
