#include "proxy/upstream/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "proxy/upstream/testing.h"

namespace mex::proxy::upstream {
namespace {

using std::chrono::seconds;
using testing::FakeNameServer;
using ::testing::HasSubstr;
using testing::OriginFixture;
using testing::Peer;
using testing::RecordingHandler;
using testing::run_until;

class ResolverTest : public OriginFixture {
 protected:
  void SetUp() override { options_.name_servers = {names_.address()}; }

  std::string url(const std::string& host) {
    return "http://" + host + ":" + std::to_string(origin_.address().port());
  }

  FakeNameServer names_{*loop_};
};

TEST_F(ResolverTest, GivesAddressesWithPortAndTimeToLive) {
  names_.know("origin.test", {{10, 1, 1, 1}, {10, 1, 1, 2}});
  const auto resolver = Resolver::create(*loop_, options_.name_servers).value();
  std::optional<Resolution> result;
  resolver->resolve("origin.test", 8080, [&](Resolution r) { result = std::move(r); });
  ASSERT_TRUE(run_until(*loop_, [&] { return result.has_value(); }));
  ASSERT_EQ(result->addresses.size(), 2U) << result->error;
  EXPECT_EQ(result->addresses[0].port(), 8080);
  EXPECT_EQ(result->time_to_live, seconds(10));
}

TEST_F(ResolverTest, AnUnknownNameIsAnErrorWithText) {
  const auto resolver = Resolver::create(*loop_, options_.name_servers).value();
  std::optional<Resolution> result;
  resolver->resolve("nowhere.test", 80, [&](Resolution r) { result = std::move(r); });
  ASSERT_TRUE(run_until(*loop_, [&] { return result.has_value(); }));
  EXPECT_TRUE(result->addresses.empty());
  EXPECT_FALSE(result->error.empty());
}

TEST_F(ResolverTest, DroppedQuestionsAreNotAnswered) {
  names_.be_silent();
  bool answered = false;
  auto resolver = Resolver::create(*loop_, options_.name_servers).value();
  resolver->resolve("origin.test", 80, [&](const Resolution&) { answered = true; });
  ASSERT_TRUE(run_until(*loop_, [&] { return names_.questions() > 0; }));
  resolver.reset();
  turn();
  EXPECT_FALSE(answered);
}

TEST_F(ResolverTest, AnOriginByNameIsReachedAndItsAddressKept) {
  names_.know("origin.test", {{127, 0, 0, 1}});
  for (int i = 0; i < 2; ++i) {
    RecordingHandler user;
    request(user, url("origin.test"));
    Peer peer = origin_.accept();
    peer.take_until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    finish(user);
    EXPECT_TRUE(user.ended) << user.error.text("");
  }
  EXPECT_EQ(names_.questions(), 2U) << "A and AAAA, once";
}

TEST_F(ResolverTest, AnotherAddressIsTriedWhenOneRefuses) {
  names_.know("origin.test", {{127, 9, 9, 9}, {127, 0, 0, 1}});
  RecordingHandler user;
  request(user, url("origin.test"));
  EXPECT_TRUE(user.ready) << user.error.text("");
  user.stream->abandon();
}

TEST_F(ResolverTest, AnAddressThatSwallowsPacketsLeavesTimeForTheNext) {
  // Its queue is full, so the kernel answers no further connect.
  const std::uint16_t port = origin_.address().port();
  testing::ScriptedOrigin hole(*loop_, net::Address::parse_ip("127.0.0.2", port).value(), 0);
  const Peer first = Peer::connect_to(*loop_, hole.address());
  names_.know("origin.test", {{127, 0, 0, 2}, {127, 0, 0, 1}});
  RecordingHandler user;
  acquire(user, url("origin.test"));
  const auto route = route_to(url("origin.test"));
  ASSERT_TRUE(run_until(*loop_, [&] { return !pool().endpoint_for(*route).addresses().empty(); }));
  pass(options_.connect_timeout / 2 + std::chrono::milliseconds(100));
  ASSERT_TRUE(run_until(*loop_, [&] { return user.ready || user.failed; }));
  EXPECT_TRUE(user.ready) << user.error.text("");
  user.stream->abandon();
}

TEST_F(ResolverTest, AllAddressesOfANameAreUsed) {
  const std::uint16_t port = origin_.address().port();
  testing::ScriptedOrigin other(*loop_, net::Address::parse_ip("127.0.0.2", port).value());
  names_.know("origin.test", {{127, 0, 0, 1}, {127, 0, 0, 2}, {127, 9, 9, 9}});
  RecordingHandler users[6];
  for (RecordingHandler& user : users) {
    request(user, url("origin.test"));
    EXPECT_TRUE(user.ready) << user.error.text("");
  }
  int connections = 0;
  for (; origin_.has_connection(); ++connections) origin_.accept();
  EXPECT_EQ(connections, 4) << "what refuses is passed over: its turn is the next one's";
  EXPECT_TRUE(other.has_connection());
  for (RecordingHandler& user : users) user.stream->abandon();
}

// A name that turns to a forbidden address after it was checked (DNS rebinding).
TEST_F(ResolverTest, TheResolvedAddressIsWhatThePolicyJudges) {
  names_.know("origin.test", {{169, 254, 169, 254}});
  RecordingHandler user;
  request(user, url("origin.test"));
  EXPECT_EQ(user.error.fault, OriginFault::Forbidden);
}

TEST_F(ResolverTest, UnknownNamesFailTheRequest) {
  RecordingHandler user;
  request(user, url("nowhere.test"));
  EXPECT_EQ(user.error.fault, OriginFault::NameUnknown);
  EXPECT_EQ(status_for(user.error.fault), 502);
}

TEST_F(ResolverTest, ASilentNameServerCostsTheConnectTimeout) {
  names_.be_silent();
  RecordingHandler user;
  acquire(user, url("origin.test"));
  turn();
  pass(options_.connect_timeout + seconds(1));
  EXPECT_EQ(user.error.fault, OriginFault::ConnectTimeout);
  EXPECT_EQ(status_for(user.error.fault), 504);
}

// The answer is asked for again when its time is over; if that fails, what was known still serves.
TEST_F(ResolverTest, AKnownAddressOutlivesItsName) {
  names_.know("origin.test", {{127, 0, 0, 1}});
  RecordingHandler first;
  request(first, url("origin.test"));
  ASSERT_TRUE(first.ready);
  const std::size_t asked = names_.questions();
  names_.forget_all();
  pass(seconds(11));
  RecordingHandler second;
  request(second, url("origin.test"));
  EXPECT_GT(names_.questions(), asked);
  EXPECT_TRUE(second.ready) << second.error.text("");
}

}  // namespace
}  // namespace mex::proxy::upstream
