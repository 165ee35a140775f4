// WebSockets over HTTP/2 (RFC 8441): to a handler they are upgrades, as over HTTP/1.

#include <nghttp2/nghttp2.h>

#include "server/http2/testing.h"

namespace mex::server::http2 {
namespace {

using testing::Answer;
using testing::data;
using testing::headers;
using testing::Http2Client;

testing::Fields connect_request() {
  return {{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "http"},
          {":authority", "a"},    {":path", "/chat"},         {"sec-websocket-version", "13"}};
}

class Http2WebSocketTest : public testing::Http2Test {
 protected:
  void switch_protocols() {
    const std::array fields{HeaderView{"Upgrade", "websocket"},
                            HeaderView{"Sec-WebSocket-Accept", "xyz"},
                            HeaderView{"Sec-WebSocket-Protocol", "chat"}};
    exchange_->send_head(101, fields, BodyLength::none());
    exchange_->switch_to_tunnel();
  }
  void open(Http2Client& client) {
    client.greet();
    client.send(headers(1, connect_request(), false));
    ASSERT_TRUE(until([&] { return recorder_.ends == 1; }));
    switch_protocols();
    ASSERT_TRUE(wait(client, [&] { return !client.answer(1).heads.empty(); }));
  }
};

TEST_F(Http2WebSocketTest, BecomesATunnel) {
  keep_exchange();
  start();
  Http2Client client(connect());
  open(client);
  EXPECT_EQ(client.answer(1).status(), "200");
  EXPECT_EQ(client.answer(1).value("sec-websocket-protocol"), "chat");
  EXPECT_EQ(client.answer(1).value("sec-websocket-accept"), "");
  EXPECT_EQ(client.answer(1).value("upgrade"), "");
  EXPECT_EQ(client.answer(1).value("content-length"), "");
  client.send(data(1, "ping"));
  ASSERT_TRUE(until([&] { return recorder_.body == "ping"; }));
  exchange_->send_body("pong");
  ASSERT_TRUE(wait(client, [&] { return client.answer(1).body == "pong"; }));
}

TEST_F(Http2WebSocketTest, WhatComesTooEarlyWaitsForTheTunnel) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, connect_request(), false) + data(1, "early"));
  ASSERT_TRUE(until([&] { return recorder_.ends == 1; }));
  turns();
  EXPECT_EQ(recorder_.body, "");
  switch_protocols();
  EXPECT_TRUE(until([&] { return recorder_.body == "early"; }));
}

TEST_F(Http2WebSocketTest, EachDirectionEndsByItself) {
  keep_exchange();
  start();
  Http2Client client(connect());
  open(client);
  exchange_->send_body("last");
  exchange_->end_body();
  ASSERT_TRUE(wait(client, [&] { return client.answer(1).has_ended; }));
  EXPECT_EQ(client.answer(1).body, "last");
  client.send(data(1, "more"));
  ASSERT_TRUE(until([&] { return recorder_.body == "more"; }));
  EXPECT_TRUE(recorder_.closed.empty());
  client.send(data(1, "", true));
  ASSERT_TRUE(until([&] { return recorder_.ends == 2; }));
  EXPECT_TRUE(until([&] { return !recorder_.closed.empty(); }));
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::Completed});
}

TEST_F(Http2WebSocketTest, RefusalIsAnOrdinaryAnswer) {
  service_.answer = [](Exchange& exchange) { respond_text(exchange, 403, "no"); };
  start();
  const Answer answer = answer_to(headers(1, connect_request(), false));
  EXPECT_EQ(answer.status(), "403");
  EXPECT_EQ(answer.body, "no\n");
}

// To the client a 200 would be an open WebSocket.
TEST_F(Http2WebSocketTest, PageInsteadOfAnUpgradeIsNoWebSocket) {
  start();
  const Answer answer = answer_to(headers(1, connect_request(), false));
  EXPECT_EQ(answer.status(), "501");
  EXPECT_EQ(answer.body, "there is no WebSocket here\n");
}

TEST_F(Http2WebSocketTest, SwitchThatNobodyAskedForIsAFailure) {
  service_.answer = [](Exchange& exchange) {
    exchange.send_head(101, {}, BodyLength::none());
    exchange.end_body();
  };
  start();
  EXPECT_EQ(answer_to(headers(1, testing::request())).status(), "500");
}

TEST_F(Http2WebSocketTest, AbortAndResetEndIt) {
  keep_exchange();
  start();
  Http2Client client(connect());
  open(client);
  exchange_->abort();
  ASSERT_TRUE(wait(client, [&] { return client.answer(1).reset >= 0; }));
  EXPECT_EQ(client.answer(1).reset, NGHTTP2_CANCEL);
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::Aborted});
  client.send(headers(3, connect_request(), false));
  ASSERT_TRUE(until([&] { return recorder_.ends == 2; }));
  switch_protocols();
  client.send(testing::reset(3));
  ASSERT_TRUE(until([&] { return recorder_.closed.size() == 2; }));
  EXPECT_EQ(recorder_.closed.back(), CloseReason::ClientClosed);
}

TEST_F(Http2WebSocketTest, SilentTunnelEndsAfterItsIdleTime) {
  keep_exchange();
  start();
  Http2Client client(connect());
  open(client);
  pass(options_.tunnel_idle_timeout - std::chrono::milliseconds(1'000));
  EXPECT_TRUE(recorder_.closed.empty());
  client.send(data(1, "x"));
  ASSERT_TRUE(until([&] { return recorder_.body == "x"; }));
  pass(options_.tunnel_idle_timeout - std::chrono::milliseconds(1'000));
  EXPECT_TRUE(recorder_.closed.empty());
  pass(std::chrono::milliseconds(1'100));
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::Timeout});
}

TEST_F(Http2WebSocketTest, BackPressureHoldsBothWays) {
  keep_exchange();
  start();
  Http2Client client(connect());
  open(client);
  exchange_->pause_body();
  client.send(data(1, std::string(16'000, 'x')) + data(1, std::string(16'000, 'x')) +
              data(1, std::string(16'000, 'x')));
  turns();
  EXPECT_EQ(recorder_.body, "");
  client.take();
  EXPECT_EQ(client.window_opened[1], 0U);
  exchange_->resume_body();
  EXPECT_TRUE(until([&] { return recorder_.body.size() == 48'000; }));
  while (!exchange_->output_full()) exchange_->send_body(std::string(10'000, 'y'));
  turns();
  client.send(testing::window_update(1, 1'000'000) + testing::window_update(0, 1'000'000));
  EXPECT_TRUE(until([&] { return recorder_.drained > 0; }));
}

}  // namespace
}  // namespace mex::server::http2
