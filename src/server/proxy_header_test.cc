// Load balancers that say who their client is (net/proxy_protocol.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/testing.h"

namespace mex::server {
namespace {

using testing::Client;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::kGet;
using testing::kGetAndClose;
using ::testing::StartsWith;

const std::string kText = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
const std::string kLocal("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16);

class ProxyHeaderTest : public testing::ServerTest {
 protected:
  ProxyHeaderTest() {
    options_.proxy_protocol_peers = {*net::AddressRange::parse("127.0.0.0/8")};
    service_.answer = [this](Exchange& exchange) {
      peers_.push_back(exchange.connection().peer.text());
      respond_text(exchange, 200, "hello");
    };
  }
  std::vector<std::string> peers_;
};

TEST_F(ProxyHeaderTest, TheClientIsTheOneThatIsNamed) {
  start();
  EXPECT_THAT(answer_to(kText + std::string(kGetAndClose)), EndsWith("hello\n"));
  EXPECT_THAT(peers_, ElementsAre("192.0.2.7:56324"));
}

TEST_F(ProxyHeaderTest, ItComesByteForByte) {
  start();
  Client client = connect();
  for (const char byte : kText + std::string(kGetAndClose)) {
    client.send(std::string(1, byte));
    turns();
  }
  EXPECT_THAT(client.receive_all(), EndsWith("hello\n"));
  EXPECT_THAT(peers_, ElementsAre("192.0.2.7:56324"));
}

// The balancer's health check.
TEST_F(ProxyHeaderTest, WithoutAnAddressTheConnectionsOwnCounts) {
  start();
  EXPECT_THAT(answer_to(kLocal + std::string(kGetAndClose)), EndsWith("hello\n"));
  ASSERT_EQ(peers_.size(), 1U);
  EXPECT_THAT(peers_[0], StartsWith("127.0.0.1:"));
}

// Who could leave it out could be anyone, and who could send two could claim anything.
TEST_F(ProxyHeaderTest, WithoutOneThereIsNoAnswer) {
  start();
  EXPECT_EQ(answer_to(kGet), "");
  EXPECT_EQ(answer_to("PROXY TCP4 192.0.2.7\r\n" + std::string(kGet)), "");
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_THAT(answer_to(kText + kText + std::string(kGetAndClose)), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(service_.requests, 0);
}

TEST_F(ProxyHeaderTest, HalfOfOneEndsWithItsConnectionOrItsTime) {
  start();
  Client ended = connect();
  ended.send(kText.substr(0, 20));
  turns();
  ended.finish_sending();
  EXPECT_EQ(ended.receive_all(), "");
  Client silent = connect();
  silent.send(kText.substr(0, 20));
  turns();
  pass(options_.handshake_timeout + std::chrono::milliseconds(100));
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(ProxyHeaderTest, OthersAreNotHeard) {
  options_.proxy_protocol_peers = {*net::AddressRange::parse("10.0.0.0/8")};
  start();
  EXPECT_THAT(answer_to(kText + std::string(kGet)), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer_to(kGetAndClose), EndsWith("hello\n"));
  EXPECT_THAT(peers_[0], StartsWith("127.0.0.1:"));
}

// Limits are those of the client, not of the balancer, of which all of them come.
TEST_F(ProxyHeaderTest, EachClientHasItsOwnShare) {
  options_.connections.client_requests = 1;
  options_.connections.client_connections = 2;
  std::vector<Exchange*> waiting;
  service_.answer = [&](Exchange& exchange) {
    exchange.set_handler(recorder_);
    waiting.push_back(&exchange);
  };
  start();
  std::vector<Client> clients;
  for (int i = 1; i <= 8; ++i) {
    clients.push_back(connect());
    clients.back().send("PROXY TCP4 192.0.2." + std::to_string(i) + " 198.51.100.1 1 443\r\n" +
                        std::string(kGet));
  }
  EXPECT_TRUE(until([&] { return waiting.size() == 8; }));
  Client second = connect();
  second.send(kText + std::string(kGet));
  EXPECT_THAT(second.receive_until("\r\n\r\n"), StartsWith("HTTP/1.1 429 "));
}

}  // namespace
}  // namespace mex::server
