// What a client may not do, and how far it gets with it.

#include <nghttp2/nghttp2.h>

#include <functional>
#include <string>

#include "metrics/metrics.h"
#include "server/http2/testing.h"

namespace mex::server::http2 {
namespace {

using testing::Answer;
using testing::data;
using testing::frame;
using testing::headers;
using testing::Http2Client;
using testing::Http2FrameHeader;
using testing::Http2FrameType;
using testing::number;
using testing::request;
using testing::settings;
using testing::window_update;

class Http2AbuseTest : public testing::Http2Test {
 protected:
  // How many of the frames a client gets through until it is sent away with this error.
  int frames_until_goaway(const std::function<std::string(int)>& next, int error,
                          const std::string& before = "") {
    start();
    Http2Client client(connect());
    client.greet();
    client.send(before);
    int sent = 0;
    while (sent < 20'000 && client.goaway < 0) {
      std::string batch;
      for (int i = 0; i < 10; ++i) batch += next(sent++);
      client.send(batch);
      client.take();
    }
    EXPECT_EQ(client.goaway, error);
    EXPECT_TRUE(wait(client, [&] { return client.ended(); }));
    return sent;
  }
};

TEST_F(Http2AbuseTest, RapidReset) {
  keep_exchange();
  const int sent = frames_until_goaway(
      [](int i) {
        const auto stream = static_cast<std::uint32_t>(2 * i + 1);
        return headers(stream, request()) + testing::reset(stream);
      },
      NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_LE(sent, 140);
  EXPECT_LE(service_.requests, 140);
  EXPECT_EQ(recorder_.closed.size(), static_cast<std::size_t>(service_.requests));
}

TEST_F(Http2AbuseTest, MadeYouResetByWindowUpdates) {
  keep_exchange();
  const int sent = frames_until_goaway(
      [](int i) {
        const auto stream = static_cast<std::uint32_t>(2 * i + 1);
        return headers(stream, request()) + window_update(stream, 0x7FFFFFFF);
      },
      NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_LE(sent, 140);
}

TEST_F(Http2AbuseTest, MadeYouResetByDataBehindTheEnd) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  for (std::uint32_t i = 0; i < 200 && client.goaway < 0; ++i) {
    client.send(headers(2 * i + 1, request()) + data(2 * i + 1, "x"));
    client.take();
  }
  ASSERT_TRUE(wait(client, [&] { return client.goaway >= 0; }));
  EXPECT_LE(service_.requests, 140);
}

TEST_F(Http2AbuseTest, RequestsThatAreRefused) {
  const int sent = frames_until_goaway(
      [](int i) {
        return headers(static_cast<std::uint32_t>(2 * i + 1), request("GET", "no-slash"));
      },
      NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_LE(sent, 140);
  EXPECT_EQ(service_.requests, 0);
}

TEST_F(Http2AbuseTest, RequestsThatAreAnsweredAreNotLimited) {
  start();
  Http2Client client(connect());
  client.greet();
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    client.send(headers(2 * i + 1, request()));
    ASSERT_EQ(answer_of(client, 2 * i + 1).status(), "200");
  }
}

TEST_F(Http2AbuseTest, MoreStreamsThanAllowedAreRefused) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  std::string all;
  for (std::uint32_t i = 0; i < 120; ++i) all += headers(2 * i + 1, request());
  client.send(all);
  ASSERT_TRUE(wait(client, [&] { return client.answer(239).reset >= 0; }));
  EXPECT_EQ(client.answer(239).reset, NGHTTP2_REFUSED_STREAM);
  EXPECT_EQ(service_.requests, 100);
}

TEST_F(Http2AbuseTest, FloodsOfFramesThatBringNothing) {
  const std::string opaque(8, 'x');
  const auto unknown = static_cast<Http2FrameType>(0x55);
  for (const std::string& each : {frame(Http2FrameType::Ping, 0, 0, opaque),
                                  frame(Http2FrameType::Priority, 0, 1, number(0) + "x"),
                                  frame(unknown, 0, 0, ""), window_update(0, 1)}) {
    const int sent = frames_until_goaway([&](int) { return each; }, NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_LE(sent, 1'020) << static_cast<int>(each[3]);
  }
}

TEST_F(Http2AbuseTest, SettingsFlood) {
  const int sent = frames_until_goaway([](int) { return settings({}); }, NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_LE(sent, 110);
}

TEST_F(Http2AbuseTest, EmptyDataFlood) {
  keep_exchange();
  const int sent = frames_until_goaway([](int) { return data(1, ""); }, NGHTTP2_ENHANCE_YOUR_CALM,
                                       headers(1, request("POST"), false));
  EXPECT_LE(sent, 1'020);
}

TEST_F(Http2AbuseTest, ContinuationFlood) {
  const int sent = frames_until_goaway(
      [](int) {
        return frame(Http2FrameType::Continuation, 0, 1, testing::hpack({{"a", "b"}}));
      },
      NGHTTP2_ENHANCE_YOUR_CALM, frame(Http2FrameType::Headers, 0, 1, testing::hpack(request())));
  EXPECT_LE(sent, 20);
  EXPECT_EQ(service_.requests, 0);
}

// One byte of HPACK stands for a field of four kilobytes.
TEST_F(Http2AbuseTest, HpackBomb) {
  start();
  Http2Client client(connect());
  client.greet();
  // Into the table (RFC 7541 section 6.2.1), then named again and again.
  std::string block = testing::hpack(request());
  const std::string large = testing::hpack({{"x", std::string(4'000, 'y')}});
  block += '\x40' + large.substr(1) + std::string(10'000, '\xbe');
  client.send(frame(Http2FrameType::Headers,
                    Http2FrameHeader::kEndHeaders | Http2FrameHeader::kEndStream, 1, block));
  ASSERT_TRUE(wait(client, [&] { return client.ended(); }));
  EXPECT_EQ(client.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
  EXPECT_EQ(service_.requests, 0);
}

TEST_F(Http2AbuseTest, HeadThatIsALittleTooLargeIsAnswered) {
  start();
  Http2Client client(connect());
  client.greet();
  testing::Fields fields = request();
  for (int i = 0; i < 4; ++i) fields.emplace_back("x", std::string(9'000, 'y'));
  const std::string block = testing::hpack(fields);
  client.send(
      frame(Http2FrameType::Headers, Http2FrameHeader::kEndStream, 1, block.substr(0, 16'384)) +
      frame(Http2FrameType::Continuation, 0, 1, block.substr(16'384, 16'384)) +
      frame(Http2FrameType::Continuation, Http2FrameHeader::kEndHeaders, 1, block.substr(32'768)));
  EXPECT_EQ(answer_of(client).status(), "431");
  client.send(headers(3, request()));
  EXPECT_EQ(answer_of(client, 3).status(), "200") << "the connection goes on";
}

TEST_F(Http2AbuseTest, WindowThatIsNeverOpened) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.send(std::string(http::kHttp2Preface) +
              settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}) + headers(1, request()));
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  exchange_->send_head(200, {}, BodyLength::exactly(10));
  exchange_->send_body("0123456789");
  turns();
  pass(options_.write_timeout - std::chrono::milliseconds(100));
  EXPECT_TRUE(recorder_.closed.empty());
  pass(std::chrono::milliseconds(200));
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::Timeout});
  EXPECT_EQ(answer_of(client).reset, NGHTTP2_CANCEL);
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

TEST_F(Http2AbuseTest, WindowThatIsNeverOpenedForAWholeResponse) {
  start();
  Http2Client client(connect());
  client.send(std::string(http::kHttp2Preface) +
              settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}) + headers(1, request()));
  ASSERT_TRUE(until([&] { return service_.requests == 1; }));
  turns();
  EXPECT_GT(buffers_.bytes_in_use(), 0U);
  pass(options_.write_timeout + std::chrono::milliseconds(100));
  EXPECT_EQ(answer_of(client).reset, NGHTTP2_CANCEL);
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

TEST_F(Http2AbuseTest, SlowBodyIsAnswered408) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST"), false) + data(1, "x"));
  ASSERT_TRUE(until([&] { return recorder_.body == "x"; }));
  pass(options_.body_idle_timeout - std::chrono::milliseconds(100));
  client.send(data(1, ""));  // brings nothing and buys no time
  turns();
  EXPECT_TRUE(recorder_.closed.empty());
  pass(std::chrono::milliseconds(200));
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::Timeout});
  EXPECT_EQ(answer_of(client).status(), "408");
}

TEST_F(Http2AbuseTest, PausedBodyHasNoDeadline) {
  service_.answer = [this](Exchange& exchange) {
    exchange_ = &exchange;
    exchange.set_handler(recorder_);
    exchange.pause_body();
  };
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST"), false));
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  pass(2 * options_.body_idle_timeout);
  EXPECT_TRUE(recorder_.closed.empty());
}

TEST_F(Http2AbuseTest, SlowHead) {
  start();
  Http2Client client(connect());
  client.greet();
  const std::string head = headers(1, request());
  client.send(head.substr(0, 20));
  turns();
  for (int i = 20; i < 25; ++i) {
    client.send(head.substr(static_cast<std::size_t>(i), 1));
    pass(std::chrono::milliseconds(1'900));
  }
  EXPECT_EQ(client.goaway, -1);
  pass(std::chrono::milliseconds(1'000));
  ASSERT_TRUE(wait(client, [&] { return client.goaway >= 0; }));
  pass(options_.linger_timeout + std::chrono::milliseconds(100));
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(Http2AbuseTest, NothingButAPreface) {
  start();
  Http2Client client(connect());
  client.greet();
  ASSERT_TRUE(wait(client, [&] { return !client.settings_of_server.empty(); }));
  pass(options_.head_timeout + std::chrono::milliseconds(100));
  ASSERT_TRUE(wait(client, [&] { return client.ended(); }));
  EXPECT_EQ(client.goaway, NGHTTP2_NO_ERROR);
}

TEST_F(Http2AbuseTest, HalfAPreface) {
  start();
  Http2Client client(connect());
  client.send(http::kHttp2Preface.substr(0, 10));
  turns();
  pass(options_.head_timeout + std::chrono::milliseconds(100));
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(Http2AbuseTest, PingsDoNotKeepAnIdleConnection) {
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request()));
  answer_of(client);
  for (int i = 0; i < 7; ++i) {
    client.send(frame(Http2FrameType::Ping, 0, 0, std::string(8, 'x')));
    pass(std::chrono::milliseconds(10'000));
  }
  EXPECT_EQ(client.goaway, -1);
  pass(std::chrono::milliseconds(6'000));
  ASSERT_TRUE(wait(client, [&] { return client.ended(); }));
  EXPECT_EQ(client.goaway, NGHTTP2_NO_ERROR);
}

TEST_F(Http2AbuseTest, BodyLongerThanItsLengthIsNotHandedOver) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST", "/", {{"content-length", "3"}}), false) +
              data(1, "abcdef", true));
  EXPECT_EQ(answer_of(client).reset, NGHTTP2_PROTOCOL_ERROR);
  EXPECT_LE(recorder_.body.size(), 3U);
  EXPECT_EQ(recorder_.ends, 0);
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::ClientFault});
}

TEST_F(Http2AbuseTest, BodyShorterThanItsLengthIsNoWholeRequest) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST", "/", {{"content-length", "9"}}), false) +
              data(1, "abc", true));
  EXPECT_EQ(answer_of(client).reset, NGHTTP2_PROTOCOL_ERROR);
  EXPECT_EQ(recorder_.ends, 0);
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::ClientFault});
}

TEST_F(Http2AbuseTest, StreamsCountAsRequestsOfTheirClient) {
  options_.connections.client_requests = 10;
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  for (std::uint32_t i = 0; i < 10; ++i) client.send(headers(2 * i + 1, request()));
  client.send(headers(21, request()));
  EXPECT_EQ(answer_of(client, 21).status(), "429");
  EXPECT_EQ(service_.requests, 10);
  client.send(testing::reset(1));
  ASSERT_TRUE(until([&] { return recorder_.closed.size() == 1; }));
  client.send(headers(23, request()));
  ASSERT_TRUE(until([&] { return service_.requests == 11; }));
  // All of them are given back with the connection.
  client.raw().reset_connection();
  ASSERT_TRUE(until([&] { return server_->connections() == 0; }));
  Http2Client other(connect());
  other.greet();
  for (std::uint32_t i = 0; i < 10; ++i) other.send(headers(2 * i + 1, request()));
  EXPECT_TRUE(until([&] { return service_.requests == 21; }));
}

// What is turned away must not wait for a window: each would hold a buffer.
TEST_F(Http2AbuseTest, ARefusalWithoutAWindowIsItsHeadAlone) {
  options_.connections.client_requests = 1;
  keep_exchange();
  start();
  Http2Client client(connect());
  client.send(std::string(http::kHttp2Preface) +
              settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}) + headers(1, request()));
  ASSERT_TRUE(until([&] { return service_.requests == 1; }));
  for (std::uint32_t id = 3; id < 60; id += 2) {
    client.send(headers(id, request()));
    EXPECT_EQ(answer_of(client, id).status(), "429");
  }
  EXPECT_EQ(service_.requests, 1);
}

TEST_F(Http2AbuseTest, StreamsOfAllConnectionsAreNoMoreThanConnectionsMayBe) {
  options_.connections.connections = 5;
  keep_exchange();
  start();
  Http2Client stalling(connect());
  stalling.send(std::string(http::kHttp2Preface) +
                settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
  service_.answer = [](Exchange& exchange) { respond_text(exchange, 200, "hello"); };
  for (std::uint32_t i = 0; i < 5; ++i) stalling.send(headers(2 * i + 1, request()));
  ASSERT_TRUE(until([&] { return service_.requests == 5; }));
  Http2Client other(connect());
  other.greet();
  other.send(headers(1, request()));
  EXPECT_EQ(answer_of(other).status(), "503");
  // What is stalled makes room.
  pass(options_.stall_time + std::chrono::milliseconds(100));
  other.send(headers(3, request()));
  EXPECT_EQ(answer_of(other, 3).status(), "200");
  EXPECT_TRUE(wait(stalling, [&] { return stalling.ended(); }));
}

// As over HTTP/1: a place that only waits for its client is given to someone else.
TEST_F(Http2AbuseTest, SlowBodiesMakeRoomOnceTheyStall) {
  options_.connections.connections = 2;
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST"), false) + data(1, "x") +
              headers(3, request("POST"), false) + data(3, "x"));
  ASSERT_TRUE(until([&] { return recorder_.body == "xx"; }));
  service_.answer = [](Exchange& exchange) { respond_text(exchange, 200, "hello"); };
  server::testing::Client early = connect();
  early.send(server::testing::kGet);
  early.receive_until("503");
  EXPECT_TRUE(recorder_.closed.empty());
  pass(options_.stall_time + std::chrono::milliseconds(300));
  early.reset_connection();
  turns();
  server::testing::Client other = connect();
  other.send(server::testing::kGet);
  other.receive_until("hello");
  EXPECT_EQ(recorder_.closed, (std::vector{CloseReason::Timeout, CloseReason::Timeout}));
}

TEST_F(Http2AbuseTest, OneStreamThatWaitsForItsServiceKeepsThePlace) {
  options_.connections.connections = 2;
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST"), false) + data(1, "x") + headers(3, request()));
  ASSERT_TRUE(until([&] { return service_.requests == 2; }));
  pass(options_.stall_time + std::chrono::milliseconds(300));
  server::testing::Client other = connect();
  other.send(server::testing::kGet);
  other.receive_until("503");
  EXPECT_TRUE(recorder_.closed.empty());
}

TEST_F(Http2AbuseTest, ConnectionWithoutStreamsMakesRoomAtOnce) {
  options_.connections.connections = 1;
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request()));
  answer_of(client);
  server::testing::Client other = connect();
  other.send(server::testing::kGet);
  other.receive_until("hello");
  EXPECT_TRUE(wait(client, [&] { return client.ended(); }));
}

TEST_F(Http2AbuseTest, ConnectionThatIsGoneHoldsNothing) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST"), false) + data(1, "x"));
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  exchange_->pause_body();
  client.send(data(1, std::string(10'000, 'x')));
  turns();
  client.raw().reset_connection();
  ASSERT_TRUE(until([&] { return server_->connections() == 0; }));
  turns();
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

}  // namespace
}  // namespace mex::server::http2
