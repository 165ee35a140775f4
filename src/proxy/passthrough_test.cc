#include "proxy/passthrough.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/transport.h"
#include "proxy/service_fixture.h"
#include "tls/server_context.h"
#include "tls/testing.h"

namespace mex::proxy::testing {
namespace {

constexpr const char* kName = "test-1.tenant-1.edge.example";

// The proxy with TLS, and a cluster's API server behind it that a test plays by hand.
class PassthroughTest : public ServiceFixture {
 protected:
  void SetUp() override {
    const tls::CertificateTable certificates{
        tls::testing::certificate_of(tls::testing::make_pem_pair())};
    tls_ = *tls::ServerContext::create(certificates, std::make_shared<tls::TicketKeys>(), buffers_);
    start();
    use({{kName, {origin_.address()}}});
  }
  void TearDown() override {
    stop();
    EXPECT_EQ(buffers_.bytes_in_use(), 0U);
  }

  void use(PassthroughTable table) {
    service_->passthrough().use(std::make_shared<const PassthroughTable>(std::move(table)));
  }
  // A client that has been taken to the origin, which has read its hello.
  struct Pair {
    Peer client;
    Peer origin;
  };
  Pair connected_pair() {
    Peer asking = client();
    asking.send(hello_);
    Peer answering = origin_.accept();
    EXPECT_EQ(answering.take_until(hello_), hello_);
    return {std::move(asking), std::move(answering)};
  }
  std::size_t tunnels() const { return service_->passthrough().tunnels(); }
  bool until(const std::function<bool()>& condition) { return run_until(*loop_, condition); }

  const std::string hello_ = tls::testing::client_hello_bytes(kName);
};

TEST_F(PassthroughTest, BytesGoBothWaysUntouched) {
  Pair pair = connected_pair();
  pair.origin.send("certificate of the cluster");
  EXPECT_EQ(pair.client.take_until("cluster"), "certificate of the cluster");
  pair.client.send("and so on");
  EXPECT_EQ(pair.origin.take_until("so on"), "and so on");
  EXPECT_EQ(tunnels(), 1U);
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(PassthroughTest, AGreetingMayComeByteByByte) {
  Peer asking = client();
  for (const char byte : hello_) {
    asking.send({&byte, 1});
    turn();
  }
  EXPECT_EQ(origin_.accept().take_until(hello_), hello_);
}

TEST_F(PassthroughTest, OtherNamesAreAnsweredHere) {
  constexpr std::array<const char*, 3> kNames{"edge.example", "tenant-1.edge.example", nullptr};
  for (const char* name : kNames) {
    Peer asking = client();
    asking.send(tls::testing::client_hello_bytes(name));
    // A ServerHello: a handshake record of TLS.
    EXPECT_TRUE(until([&] { return asking.received().starts_with("\x16\x03"); }));
  }
  EXPECT_EQ(tunnels(), 0U);
  EXPECT_FALSE(origin_.has_connection());
}

TEST_F(PassthroughTest, AnAuthoritysChallengeGoesToItsOwnServer) {
  ScriptedOrigin solver(*loop_);
  const auto challenges = [&](PassthroughTable table) {
    service_->passthrough().use_challenges(
        std::make_shared<const PassthroughTable>(std::move(table)));
  };
  challenges({{"edge.example", {solver.address()}}, {kName, {solver.address()}}});
  for (const char* name : {"edge.example", kName}) {
    const std::string hello = tls::testing::challenge_hello(name);
    Peer asking = client();
    asking.send(hello);
    EXPECT_EQ(solver.accept().take_until(hello), hello);
  }
  // Everybody else is answered as ever.
  connected_pair();
  Peer visitor = client();
  visitor.send(tls::testing::client_hello_bytes("edge.example"));
  EXPECT_TRUE(until([&] { return visitor.received().starts_with("\x16\x03"); }));
  // And when the order is over, so is the challenge.
  Peer late = client();
  const std::string hello = tls::testing::challenge_hello(kName);
  late.send(hello);
  EXPECT_EQ(solver.accept().take_until(hello), hello);
  challenges({});
  late.take_to_end();
  EXPECT_TRUE(late.was_reset());
  EXPECT_FALSE(origin_.has_connection());
}

TEST_F(PassthroughTest, WithNothingButAChallengeToAnswerGreetingsAreLookedAt) {
  use({});
  service_->passthrough().use_challenges(std::make_shared<const PassthroughTable>(
      PassthroughTable{{"edge.example", {origin_.address()}}}));
  const std::string hello = tls::testing::challenge_hello("edge.example");
  Peer asking = client();
  asking.send(hello);
  EXPECT_EQ(origin_.accept().take_until(hello), hello);
}

TEST_F(PassthroughTest, WhatIsNoTlsIsRefusedAsEver) {
  Peer asking = client();
  asking.send("GET / HTTP/1.1\r\n\r\n");
  asking.take_to_end();
  pass(server_options_.linger_timeout + std::chrono::seconds(1));
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(PassthroughTest, ASilentClientIsGivenUpAfterTheHandshakeTime) {
  Peer asking = client();
  asking.send(hello_.substr(0, 20));
  ASSERT_TRUE(until([&] { return server_->connections() == 1; }));
  pass(server_options_.handshake_timeout + std::chrono::seconds(1));
  asking.take_to_end();
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(PassthroughTest, AClientThatLeavesInTheMiddleOfItsGreetingIsForgotten) {
  Peer asking = client();
  asking.send(hello_.substr(0, 20));
  asking.half_close();
  asking.take_to_end();
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(PassthroughTest, TheEndOfEachDirectionIsPassedOnByItself) {
  Pair pair = connected_pair();
  pair.client.half_close();
  EXPECT_EQ(pair.origin.take_to_end(), "");
  EXPECT_TRUE(pair.origin.ended());
  pair.origin.send("last words");
  EXPECT_EQ(pair.client.take_until("words"), "last words");
  pair.origin.half_close();
  EXPECT_EQ(pair.client.take_to_end(), "");
  EXPECT_TRUE(pair.client.ended());
  EXPECT_TRUE(until([&] { return tunnels() == 0 && server_->connections() == 0; }));
}

TEST_F(PassthroughTest, AResetIsPassedOn) {
  Pair pair = connected_pair();
  pair.client.reset();
  pair.origin.take_to_end();
  EXPECT_TRUE(pair.origin.was_reset());
  Pair other = connected_pair();
  other.origin.reset();
  other.client.take_to_end();
  EXPECT_TRUE(other.client.was_reset());
  EXPECT_EQ(tunnels(), 0U);
}

// Nothing is read of the client then, so only the event itself reports the reset.
TEST_F(PassthroughTest, AResetIsSeenWhileTheServerTakesNothing) {
  Pair pair = connected_pair();
  const std::string piece(64U << 10U, 'x');
  for (int idle = 0; idle < 20;) {
    idle = pair.client.send_some(piece) > 0 ? 0 : idle + 1;
    turn();
  }
  pair.client.reset();
  EXPECT_TRUE(until([&] { return tunnels() == 0; }));
}

TEST_F(PassthroughTest, ASlowReaderSlowsTheWriterDown) {
  origin_.shrink_receive_buffer();
  Pair pair = connected_pair();
  const std::string piece(64U << 10U, 'x');
  std::size_t sent = 0;
  for (int idle = 0; idle < 20;) {
    const std::size_t more = pair.client.send_some(piece);
    sent += more;
    idle = more > 0 ? 0 : idle + 1;
    turn();
  }
  EXPECT_LE(buffers_.bytes_in_use(), 2 * net::BufferPool::kBlockSize);
  std::size_t received = 0;
  EXPECT_TRUE(until([&] {
    received = pair.origin.received().size();
    return received == sent;
  }));
}

TEST_F(PassthroughTest, TheNextServerIsTriedAndTheFailedOneComesLast) {
  ScriptedOrigin dead(*loop_);
  const net::Address dead_address = dead.address();
  dead.close();
  use({{kName, {dead_address, origin_.address()}}});
  for (int i = 0; i < 3; ++i) connected_pair();
  // The first server is back, and gets its turn once its failure is old enough.
  ScriptedOrigin again(*loop_, dead_address);
  connected_pair();
  EXPECT_FALSE(again.has_connection());
  pass(context_.options.passthrough_retry + std::chrono::seconds(1));
  Peer first = client();
  first.send(hello_);
  Peer second = client();
  second.send(hello_);
  EXPECT_TRUE(until([&] { return again.has_connection() && origin_.has_connection(); }));
}

TEST_F(PassthroughTest, AServerThatGoesOnFailingIsAskedMoreSeldom) {
  ScriptedOrigin dead(*loop_);
  const net::Address dead_address = dead.address();
  dead.close();
  use({{kName, {dead_address, origin_.address()}}});
  // Of two clients one begins with each server.
  const auto two_clients = [this] {
    connected_pair();
    connected_pair();
  };
  const auto retry = context_.options.passthrough_retry;
  two_clients();
  pass(retry + std::chrono::seconds(1));
  two_clients();
  ScriptedOrigin again(*loop_, dead_address);
  pass(retry + std::chrono::seconds(1));
  two_clients();
  EXPECT_FALSE(again.has_connection()) << "the second pause is longer";
  pass(retry);
  Peer first = client();
  first.send(hello_);
  Peer second = client();
  second.send(hello_);
  EXPECT_TRUE(until([&] { return again.has_connection() && origin_.has_connection(); }));
}

TEST_F(PassthroughTest, AServerThatKeepsSilentCostsItsTurnOnly) {
  // A listener whose queue is full: the kernel drops what more comes, like a dead machine's.
  const base::Descriptor full(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const net::Address any_port = net::Address::loopback(0);
  ASSERT_EQ(::bind(full.get(), any_port.data(), any_port.size()), 0);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  const net::Address silent = net::Address::local_of(full.get());
  std::vector<net::ConnectStart> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(net::connect_to(silent));
  use({{kName, {silent, origin_.address()}}});
  Peer asking = client();
  asking.send(hello_);
  turns();
  EXPECT_FALSE(origin_.has_connection());
  pass(context_.options.passthrough_connect_timeout + std::chrono::milliseconds(100));
  EXPECT_EQ(origin_.accept().take_until(hello_), hello_);
  connected_pair();
  connected_pair();
}

TEST_F(PassthroughTest, TheServersOfANameTakeTurns) {
  ScriptedOrigin other(*loop_);
  use({{kName, {origin_.address(), other.address()}}});
  Peer first = client();
  first.send(hello_);
  Peer second = client();
  second.send(hello_);
  EXPECT_TRUE(until([&] { return other.has_connection() && origin_.has_connection(); }));
}

TEST_F(PassthroughTest, WithoutAServerTheClientIsReset) {
  origin_.close();
  Peer asking = client();
  asking.send(hello_);
  asking.take_to_end();
  EXPECT_TRUE(asking.was_reset());
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(PassthroughTest, ServersMayNotBeWhereOriginsMayNot) {
  use({{kName, {*net::Address::parse("169.254.169.254:443")}}});
  Peer asking = client();
  asking.send(hello_);
  asking.take_to_end();
  EXPECT_TRUE(asking.was_reset());
}

TEST_F(PassthroughTest, ARemovedNameEndsItsTunnelsAndAChangedOneDoesNot) {
  Pair pair = connected_pair();
  ScriptedOrigin other(*loop_);
  use({{kName, {other.address()}}, {"more.example", {other.address()}}});
  turn();
  pair.client.send("still there");
  EXPECT_EQ(pair.origin.take_until("there"), "still there");
  use({{"more.example", {other.address()}}});
  pair.client.take_to_end();
  EXPECT_TRUE(pair.client.was_reset());
  EXPECT_EQ(tunnels(), 0U);
  Peer late = client();
  late.send(hello_);
  EXPECT_TRUE(until([&] { return late.received().starts_with("\x16\x03"); })) << "answered here";
}

TEST_F(PassthroughTest, AnIdleTunnelEnds) {
  Pair pair = connected_pair();
  pass(context_.options.passthrough_idle_timeout - std::chrono::seconds(2));
  pair.origin.send("keep-alive");
  pair.client.take_until("alive");
  pass(context_.options.passthrough_idle_timeout - std::chrono::seconds(2));
  EXPECT_EQ(tunnels(), 1U);
  pass(std::chrono::seconds(4));
  pair.client.take_to_end();
  EXPECT_EQ(tunnels(), 0U);
}

TEST_F(PassthroughTest, DrainingWaitsForTunnelsUntilItsDeadline) {
  Pair pair = connected_pair();
  bool is_drained = false;
  server_->drain({.deadline = std::chrono::seconds(5)}, [&] { is_drained = true; });
  turn();
  pair.client.send("one more");
  EXPECT_EQ(pair.origin.take_until("more"), "one more");
  EXPECT_FALSE(is_drained);
  pass(std::chrono::seconds(6));
  EXPECT_TRUE(until([&] { return is_drained; }));
  pair.client.take_to_end();
  EXPECT_TRUE(pair.client.was_reset());
}

class PassthroughLimitTest : public PassthroughTest {
 protected:
  PassthroughLimitTest() {
    server_options_.connections.intercepted = 2;
    server_options_.connections.client_handshakes = 5;
  }
};

TEST_F(PassthroughLimitTest, TheTunnelThatIsSilentForLongestMakesRoom) {
  Pair silent = connected_pair();
  Pair used = connected_pair();
  pass(context_.options.passthrough_min_silence);
  used.client.send("still here");
  used.origin.take_until("here");
  Pair third = connected_pair();
  silent.client.take_to_end();
  EXPECT_TRUE(silent.client.was_reset());
  EXPECT_EQ(tunnels(), 2U);
  third.origin.send("served");
  third.client.take_until("served");
  used.origin.send("and I");
  used.client.take_until("and I");
}

TEST_F(PassthroughLimitTest, TunnelsInUseAreLeftAlone) {
  Pair one = connected_pair();
  Pair two = connected_pair();
  Peer third = client();
  third.send(hello_);
  third.take_to_end();
  EXPECT_EQ(tunnels(), 2U);
  EXPECT_FALSE(origin_.has_connection());
  // The proxy itself goes on.
  Peer visitor = client();
  visitor.send(tls::testing::client_hello_bytes("edge.example"));
  EXPECT_TRUE(until([&] { return visitor.received().starts_with("\x16\x03"); }));
}

TEST_F(PassthroughLimitTest, HalfGreetingsKeepNoOneOut) {
  std::vector<Peer> half;
  for (int i = 0; i < 200; ++i) {
    half.push_back(client());
    half.back().send(hello_.substr(0, 20));
    turn();
  }
  EXPECT_TRUE(until([&] { return server_->connections() == 5; }));
  Pair pair = connected_pair();
  pair.origin.send("served");
  pair.client.take_until("served");
}

class PassthroughShareTest : public PassthroughTest {
 protected:
  PassthroughShareTest() {
    server_options_.connections.intercepted = 8;
    server_options_.connections.client_intercepted = 2;
  }
};

// One address renewed its silent tunnels before they were silent for long, and had all of them.
TEST_F(PassthroughShareTest, OneClientHasOnlyItsShareOfTheTunnels) {
  std::optional<Pair> one = connected_pair();
  Pair two = connected_pair();
  Peer third = client();
  third.send(hello_);
  third.take_to_end();
  EXPECT_EQ(tunnels(), 2U);
  one.reset();
  EXPECT_TRUE(until([&] { return tunnels() == 1U; }));
  Pair next = connected_pair();
  next.origin.send("served");
  next.client.take_until("served");
}

}  // namespace
}  // namespace mex::proxy::testing
