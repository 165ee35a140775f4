#include "api/grpc_connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace mex::api {
namespace {

using std::chrono::seconds;

class GrpcConnectionsTest : public ::testing::Test {
 protected:
  // As a client that connects: gRPC's end, and the client's.
  bool connect(const std::string& address, std::uint16_t port) {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const net::Address peer = net::Address::parse_ip(address, port).value();
    base::Descriptor& grpc = grpc_[grpc_peer(peer)];
    grpc.reset(ends[0]);
    client_[grpc_peer(peer)].reset(ends[1]);
    now_ += seconds(1);
    if (connections_.add(peer, grpc.get(), now_)) return true;
    grpc.reset();
    return false;
  }
  bool connect(std::uint16_t port) { return connect("192.0.2.1", port); }
  static std::string peer(std::uint16_t port) { return "ipv4:192.0.2.1:" + std::to_string(port); }
  // What the client reads: the connection has ended, or nothing has happened.
  bool has_ended(const std::string& of) {
    char byte = 0;
    return recv(client_[of].get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

  base::SteadyTime now_{};
  GrpcConnections connections_{{.connections = 4, .unproven = 2, .ending = 2, .refusals = 3}};
  std::map<std::string, base::Descriptor> grpc_;
  std::map<std::string, base::Descriptor> client_;
};

TEST_F(GrpcConnectionsTest, PeersAreWrittenAsGrpcDoes) {
  EXPECT_EQ(grpc_peer(net::Address::loopback(80)), "ipv4:127.0.0.1:80");
  EXPECT_EQ(grpc_peer(net::Address::parse_ip("2001:db8::1", 80).value()),
            "ipv6:%5B2001:db8::1%5D:80");
}

TEST_F(GrpcConnectionsTest, WhoSaysNothingGoesWhenTheNextOneComes) {
  EXPECT_TRUE(connect(1));
  EXPECT_TRUE(connect(2));
  EXPECT_TRUE(connect(3));
  EXPECT_TRUE(has_ended(peer(1)));
  EXPECT_FALSE(has_ended(peer(2)));
  EXPECT_EQ(connections_.open(), 2U);
}

TEST_F(GrpcConnectionsTest, AnAddressWithManyConnectionsLosesItsOwn) {
  EXPECT_TRUE(connect("198.51.100.1", 1));
  EXPECT_TRUE(connect(1));
  EXPECT_TRUE(connect(2));  // both addresses have one: the oldest goes
  EXPECT_TRUE(has_ended("ipv4:198.51.100.1:1"));
  EXPECT_TRUE(connect("198.51.100.1", 2));
  EXPECT_TRUE(has_ended(peer(1)));
  EXPECT_FALSE(has_ended(peer(2)));
}

TEST_F(GrpcConnectionsTest, TheUnprovenDoNotPushOutTheProven) {
  EXPECT_TRUE(connect(1));
  connections_.call_begun(peer(1), now_);
  connections_.call_ended(peer(1));
  for (std::uint16_t port = 2; port < 20; ++port) EXPECT_TRUE(connect(port));
  EXPECT_FALSE(has_ended(peer(1)));
}

TEST_F(GrpcConnectionsTest, AmongTheProvenTheIdleOneGoesAndNoneThatIsUsed) {
  for (std::uint16_t port = 1; port <= 4; ++port) {
    EXPECT_TRUE(connect(port));
    connections_.call_begun(peer(port), now_);
  }
  EXPECT_FALSE(connect(5));
  connections_.call_ended(peer(3));
  EXPECT_TRUE(connect(6));
  EXPECT_TRUE(has_ended(peer(3)));
  EXPECT_EQ(connections_.open(), 4U);
}

TEST_F(GrpcConnectionsTest, WhoGuessesTokensIsDisconnected) {
  EXPECT_TRUE(connect(1));
  connections_.call_refused(peer(1));
  connections_.call_refused(peer(1));
  EXPECT_FALSE(has_ended(peer(1)));
  connections_.call_refused(peer(1));
  EXPECT_TRUE(has_ended(peer(1)));
  connections_.call_refused(peer(9));  // of no connection
}

TEST_F(GrpcConnectionsTest, AProvenConnectionMayErrAsOftenAsItLikes) {
  EXPECT_TRUE(connect(1));
  connections_.call_begun(peer(1), now_);
  for (int i = 0; i < 10; ++i) connections_.call_refused(peer(1));
  EXPECT_FALSE(has_ended(peer(1)));
}

// The server may be slow to close what was ended.
TEST_F(GrpcConnectionsTest, AnEndedConnectionCountsUntilItsDescriptorIsClosed) {
  for (std::uint16_t port = 1; port <= 6; ++port) EXPECT_TRUE(connect(port));
  EXPECT_EQ(connections_.open(), 2U);
  EXPECT_EQ(connections_.all(), 6U);
  EXPECT_TRUE(connections_.is_full());
  EXPECT_TRUE(connections_.remove_closed());
  EXPECT_EQ(connections_.all(), 6U);
  for (std::uint16_t port = 1; port <= 4; ++port) {
    // Its number may be given to something else.
    base::Descriptor& grpc = grpc_[peer(port)];
    const int number = grpc.get();
    ASSERT_EQ(dup2(client_[peer(port)].get(), number), number);
  }
  EXPECT_FALSE(connections_.remove_closed());
  EXPECT_EQ(connections_.all(), 2U);
  EXPECT_FALSE(connections_.is_full());
}

}  // namespace
}  // namespace mex::api
