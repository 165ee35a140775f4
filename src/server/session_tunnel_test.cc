#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/testing.h"

namespace mex::server {
namespace {

using testing::Client;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kUpgrade =
    "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

class SessionTunnelTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    service_.answer = [this](Exchange& exchange) {
      exchange_ = &exchange;
      exchange.set_handler(recorder_);
    };
    start();
  }

  void switch_protocols() {
    ASSERT_TRUE(until([&] { return recorder_.ends == 1; }));
    const HeaderView upgrade{"Upgrade", "websocket"};
    exchange_->send_head(101, {&upgrade, 1}, BodyLength::none());
    exchange_->switch_to_tunnel();
  }

  Exchange* exchange_ = nullptr;
};

TEST_F(SessionTunnelTest, CarriesRawBytesBothWaysUntilBothSidesEnd) {
  Client client = connect();
  client.send(std::string(kUpgrade) + "GET / raw, with the head");
  switch_protocols();
  ASSERT_TRUE(until([&] { return recorder_.body == "GET / raw, with the head"; }));
  EXPECT_THAT(client.receive_until("\r\n\r\n"),
              StartsWith("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("\r\nConnection: upgrade\r\n"));
  exchange_->send_body("from the origin");
  client.receive_until("from the origin");

  client.finish_sending();
  ASSERT_TRUE(until([&] { return recorder_.ends == 2; })) << "the client's end is passed on";
  exchange_->send_body(", last words");
  client.receive_until("last words");
  EXPECT_TRUE(recorder_.closed.empty());
  exchange_->end_body();
  client.receive_all();
  EXPECT_FALSE(client.was_reset());
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Completed));
}

TEST_F(SessionTunnelTest, TheServersEndLeavesTheOtherDirectionOpen) {
  Client client = connect();
  client.send(kUpgrade);
  switch_protocols();
  exchange_->end_body();
  client.receive_all();
  client.send("still talking");
  ASSERT_TRUE(until([&] { return recorder_.body == "still talking"; }));
  client.finish_sending();
  ASSERT_TRUE(until([&] { return !recorder_.closed.empty(); }));
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Completed));
}

TEST_F(SessionTunnelTest, PausesAndResumes) {
  Client client = connect();
  client.send(kUpgrade);
  switch_protocols();
  turns();
  exchange_->pause_body();
  client.send("held back");
  turns();
  EXPECT_EQ(recorder_.body, "");
  exchange_->resume_body();
  EXPECT_TRUE(until([&] { return recorder_.body == "held back"; }));
}

TEST_F(SessionTunnelTest, AResetEndsIt) {
  Client client = connect();
  client.send(kUpgrade);
  switch_protocols();
  client.receive_until("\r\n\r\n");
  client.reset_connection();
  ASSERT_TRUE(until([&] { return !recorder_.closed.empty(); }));
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::ClientClosed));
}

// Paused, nothing is read, and so only the event itself reports the reset.
TEST_F(SessionTunnelTest, AResetEndsItBehindTheServersEndAndWhilePaused) {
  Client client = connect();
  client.send(kUpgrade);
  switch_protocols();
  exchange_->end_body();
  client.receive_all();
  exchange_->pause_body();
  client.send("held back");
  turns();
  client.reset_connection();
  ASSERT_TRUE(until([&] { return !recorder_.closed.empty(); }));
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::ClientClosed));
}

TEST_F(SessionTunnelTest, EitherDirectionKeepsItAlive) {
  Client client = connect();
  client.send(kUpgrade);
  switch_protocols();
  client.receive_until("\r\n\r\n");
  for (int i = 0; i < 3; ++i) {
    pass(options_.tunnel_idle_timeout - std::chrono::seconds(1));
    ASSERT_TRUE(recorder_.closed.empty());
    if (i % 2 == 0) {
      client.send("x");
      turns();
    } else {
      exchange_->send_body("y");
      turns();
    }
  }
  pass(options_.tunnel_idle_timeout + std::chrono::seconds(1));
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Timeout));
}

}  // namespace
}  // namespace mex::server
