#include "api/grpc_connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mex::api {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Number = GrpcConnections::Number;

class GrpcConnectionsTest : public ::testing::Test {
 protected:
  // Its number; 0: refused.
  Number connect(const std::string& address = "192.0.2.1") {
    now_ += seconds(1);
    return connections_.add(net::Address::parse_ip(address, 80).value(), now_).value_or(0);
  }

  base::SteadyTime now_{};
  std::vector<Number> ended_;
  std::vector<Number> proven_;
  GrpcConnections connections_{{.connections = 4, .unproven = 2, .ending = 2, .refusals = 3},
                               {.end = [this](Number number) { ended_.push_back(number); },
                                .prove = [this](Number number) { proven_.push_back(number); }}};
};

TEST_F(GrpcConnectionsTest, PeersAreWrittenAsGrpcDoes) {
  EXPECT_EQ(grpc_peer(net::Address::loopback(80)), "ipv4:127.0.0.1:80");
  EXPECT_EQ(grpc_peer(net::Address::parse_ip("2001:db8::1", 80).value()),
            "ipv6:%5B2001:db8::1%5D:80");
  const Number number = connect();
  EXPECT_EQ(connections_.peer_of(number), "ipv4:192.0.2.1:80");
  EXPECT_EQ(connections_.peer_of(number + 1), "");
  connections_.note_ending(number);
  EXPECT_EQ(connections_.peer_of(number), "");
}

TEST_F(GrpcConnectionsTest, WhoSaysNothingGoesWhenTheNextOneComes) {
  const Number first = connect();
  connect();
  EXPECT_THAT(ended_, IsEmpty());
  connect();
  EXPECT_THAT(ended_, ElementsAre(first));
  EXPECT_EQ(connections_.open(), 2U);
}

// A subscriber has all addresses of a /64, and connected from another one each time.
TEST_F(GrpcConnectionsTest, ANetworkOfIpv6IsOneClient) {
  GrpcConnections connections(
      {.connections = 4, .unproven = 3, .ending = 2},
      {.end = [this](Number number) { ended_.push_back(number); }, .prove = [](Number) {}});
  std::vector<Number> numbers;
  for (const char* address : {"198.51.100.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"}) {
    now_ += seconds(1);
    numbers.push_back(
        connections.add(net::Address::parse_ip(address, 80).value(), now_).value_or(0));
  }
  EXPECT_THAT(ended_, ElementsAre(numbers[1]));
}

TEST_F(GrpcConnectionsTest, AnAddressWithManyConnectionsLosesItsOwn) {
  const Number other = connect("198.51.100.1");
  const Number first = connect();
  connect();  // both addresses have one: the oldest goes
  EXPECT_THAT(ended_, ElementsAre(other));
  connect("198.51.100.1");
  EXPECT_THAT(ended_, ElementsAre(other, first));
}

TEST_F(GrpcConnectionsTest, TheUnprovenDoNotPushOutTheProven) {
  const Number proven = connect();
  connections_.call_begun(proven, now_);
  connections_.call_ended(proven);
  for (int i = 0; i < 20; ++i) EXPECT_NE(connect(), 0U);
  EXPECT_THAT(ended_, testing::Not(testing::Contains(proven)));
  EXPECT_THAT(proven_, ElementsAre(proven));
}

TEST_F(GrpcConnectionsTest, AmongTheProvenTheIdleOneGoesAndNoneThatIsUsed) {
  std::vector<Number> numbers;
  for (int i = 0; i < 4; ++i) {
    numbers.push_back(connect());
    connections_.call_begun(numbers.back(), now_);
  }
  EXPECT_EQ(connect(), 0U);
  connections_.call_ended(numbers[2]);
  EXPECT_NE(connect(), 0U);
  EXPECT_THAT(ended_, ElementsAre(numbers[2]));
  EXPECT_EQ(connections_.open(), 4U);
}

TEST_F(GrpcConnectionsTest, WhoGuessesTokensIsDisconnected) {
  const Number number = connect();
  connections_.call_refused(number);
  connections_.call_refused(number);
  EXPECT_THAT(ended_, IsEmpty());
  connections_.call_refused(number);
  connections_.call_refused(number);
  connections_.call_refused(number + 7);  // of no connection
  EXPECT_THAT(ended_, ElementsAre(number));
}

TEST_F(GrpcConnectionsTest, AProvenConnectionMayErrAsOftenAsItLikes) {
  const Number number = connect();
  connections_.call_begun(number, now_);
  for (int i = 0; i < 10; ++i) connections_.call_refused(number);
  EXPECT_THAT(ended_, IsEmpty());
}

// The server may be slow to close what was ended.
TEST_F(GrpcConnectionsTest, NoneIsAddedWhileManyThatEndedAreNotGone) {
  for (int i = 0; i < 4; ++i) EXPECT_NE(connect(), 0U);
  EXPECT_EQ(connections_.open(), 2U);
  EXPECT_EQ(connections_.all(), 4U);
  EXPECT_TRUE(connections_.is_full(now_ + seconds(9)));
  connections_.remove(ended_.front());
  EXPECT_FALSE(connections_.is_full(now_ + seconds(9)));
  EXPECT_EQ(connections_.all(), 3U);
}

TEST_F(GrpcConnectionsTest, AFloodLeavesOthersTheTimeToShowWhoTheyAre) {
  connect();
  EXPECT_FALSE(connections_.is_full(now_));
  const Number second = connect();
  EXPECT_TRUE(connections_.is_full(now_ - seconds(1)));
  EXPECT_FALSE(connections_.is_full(now_));  // the first one has had it
  connections_.call_begun(second, now_);
  EXPECT_FALSE(connections_.is_full(now_ - seconds(1)));
}

}  // namespace
}  // namespace mex::api
