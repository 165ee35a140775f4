#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/testing.h"

namespace mex::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Client;
using ::testing::ElementsAre;
using testing::kGet;
using ::testing::StartsWith;

class SessionDeadlineTest : public testing::ServerTest {
 protected:
  void SetUp() override { start(); }

  // Ended by the server after `time`, and not just before.
  void expect_end_after(Client& client, milliseconds time) {
    pass(time - milliseconds(50));
    EXPECT_FALSE(client.take()) << "too early";
    clock_.advance(milliseconds(100));
    client.receive_all();
  }
};

TEST_F(SessionDeadlineTest, AClientThatNeverSaysAnythingIsLetGoSilently) {
  Client client = connect();
  ASSERT_TRUE(until([&] { return server_->connections() == 1; }));
  expect_end_after(client, options_.head_timeout);
  EXPECT_EQ(client.received(), "");
}

TEST_F(SessionDeadlineTest, TricklingAHeadBuysNoTime) {
  Client client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  turns();
  for (int i = 0; i < 9; ++i) {
    client.send("X: y\r\n");
    pass(seconds(1));
    ASSERT_FALSE(client.take());
  }
  clock_.advance(milliseconds(1'100));
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(SessionDeadlineTest, AnIdleConnectionIsKeptForItsTime) {
  Client client = connect();
  client.send(kGet);
  client.receive_until("hello\n");
  turns();
  expect_end_after(client, options_.idle_timeout);
  EXPECT_FALSE(client.was_reset());
}

TEST_F(SessionDeadlineTest, EveryRequestRenewsTheIdleTime) {
  Client client = connect();
  for (int i = 0; i < 5; ++i) {
    client.forget_received();
    client.send(kGet);
    client.receive_until("hello\n");
    pass(seconds(70));
    ASSERT_FALSE(client.take());
  }
}

TEST_F(SessionDeadlineTest, AHeadAfterIdlingHasTheHeadsTime) {
  Client client = connect();
  client.send(kGet);
  client.receive_until("hello\n");
  client.forget_received();
  pass(seconds(60));
  client.send("GET / HT");
  turns();
  expect_end_after(client, options_.head_timeout);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(SessionDeadlineTest, AStalledBodyIsA408) {
  service_.answer = [&](Exchange& exchange) { exchange.set_handler(recorder_); };
  Client client = connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\na");
  ASSERT_TRUE(until([&] { return recorder_.body == "a"; }));
  pass(seconds(29));
  client.send("b");
  ASSERT_TRUE(until([&] { return recorder_.body == "ab"; })) << "each piece renews the time";
  expect_end_after(client, options_.body_idle_timeout);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Timeout));
}

TEST_F(SessionDeadlineTest, AStalledBodyBehindTheResponsesHeadIsCut) {
  service_.answer = [&](Exchange& exchange) {
    exchange.set_handler(recorder_);
    exchange.send_head(200, {}, BodyLength::unknown());
  };
  Client client = connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\na");
  client.receive_until("\r\n\r\n");
  expect_end_after(client, options_.body_idle_timeout);
  EXPECT_TRUE(client.was_reset());
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Timeout));
}

TEST_F(SessionDeadlineTest, AServiceMayThinkAsLongAsItLikes) {
  Exchange* waiting = nullptr;
  service_.answer = [&](Exchange& exchange) {
    exchange.set_handler(recorder_);
    waiting = &exchange;
  };
  Client client = connect();
  client.send(kGet);
  ASSERT_TRUE(until([&] { return waiting != nullptr; }));
  pass(std::chrono::hours(1));
  EXPECT_TRUE(recorder_.closed.empty());
  respond_text(*waiting, 200, "at last");
  client.receive_until("at last\n");
}

TEST_F(SessionDeadlineTest, AClientThatTakesNothingIsCut) {
  Exchange* streaming = nullptr;
  service_.answer = [&](Exchange& exchange) {
    streaming = &exchange;
    exchange.set_handler(recorder_);
    exchange.send_head(200, {}, BodyLength::unknown());
    stream(exchange, 100'000'000);
  };
  recorder_.drained_hook = [&] { stream(*streaming, 100'000'000); };
  Client client = connect(4096);
  client.send(kGet);
  ASSERT_TRUE(until([&] { return streaming != nullptr && streaming->output_full(); }));
  turns(50);
  pass(options_.write_timeout - milliseconds(50));
  EXPECT_TRUE(recorder_.closed.empty());
  pass(milliseconds(100));
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Timeout));
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

TEST_F(SessionDeadlineTest, AClientThatStaysAfterTheEndIsNotWaitedForLong) {
  Client client = connect();
  client.send(testing::kGetAndClose);
  client.receive_all();
  turns();
  EXPECT_EQ(server_->connections(), 1U) << "it may still be reading";
  pass(options_.linger_timeout + milliseconds(50));
  EXPECT_EQ(server_->connections(), 0U);
}

}  // namespace
}  // namespace mex::server
