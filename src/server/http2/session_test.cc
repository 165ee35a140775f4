#include "server/http2/session.h"

#include "server/http2/testing.h"

namespace mex::server::http2 {
namespace {

using testing::Answer;
using testing::data;
using testing::headers;
using testing::Http2Client;
using testing::request;
using testing::settings;
using testing::window_update;

using Http2SessionTest = testing::Http2Test;

TEST_F(Http2SessionTest, AnswersARequest) {
  start();
  const Answer answer = answer_to(headers(1, request()));
  EXPECT_EQ(answer.status(), "200");
  EXPECT_EQ(answer.value("content-length"), "6");
  EXPECT_NE(answer.value("date"), "");
  EXPECT_EQ(answer.body, "hello\n");
}

TEST_F(Http2SessionTest, SaysWhatItTakes) {
  start();
  Http2Client client(connect());
  client.greet();
  ASSERT_TRUE(wait(client, [&] { return !client.settings_of_server.empty(); }));
  EXPECT_EQ(client.settings_of_server[NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS], 100U);
  EXPECT_EQ(client.settings_of_server[NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE], 32768U);
  EXPECT_EQ(client.settings_of_server[NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL], 1U);
}

TEST_F(Http2SessionTest, HeadIsWhatHttp1WouldHaveRead) {
  std::string seen;
  service_.answer = [&](Exchange& exchange) {
    const http::RequestHead& head = exchange.request();
    seen = std::string(head.method_text) + " " + std::string(head.path) + " " +
           std::string(head.query) + " " + std::string(head.host_text);
    for (const http::Header& header : head.headers) {
      seen += " " + std::string(header.name) + "=" + std::string(header.value);
    }
    EXPECT_EQ(exchange.connection().protocol, HttpProtocol::Http2);
    respond_text(exchange, 200, "hello");
  };
  start();
  const Answer answer = answer_to(headers(
      1, request("GET", "/a?b=c", {{"cookie", "x=1"}, {"te", "trailers"}, {"cookie", "y=2"}})));
  EXPECT_EQ(answer.status(), "200");
  EXPECT_EQ(seen, "GET /a b=c a host=a te=trailers cookie=x=1; y=2");
}

TEST_F(Http2SessionTest, TheBodyIsHandedOverAsItComes) {
  keep_exchange();
  recorder_.end_hook = [&] { respond_text(*exchange_, 200, "done"); };
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST"), false) + data(1, "he") + data(1, "llo", true));
  const Answer answer = answer_of(client);
  EXPECT_EQ(recorder_.body, "hello");
  EXPECT_EQ(recorder_.ends, 1);
  EXPECT_EQ(answer.body, "done\n");
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::Completed});
}

TEST_F(Http2SessionTest, StreamsAreAnsweredInAnyOrder) {
  std::map<std::string, Exchange*> waiting;
  server::testing::Recorder first;
  server::testing::Recorder second;
  service_.answer = [&](Exchange& exchange) {
    exchange.set_handler(waiting.empty() ? first : second);
    waiting[std::string(exchange.request().path)] = &exchange;
  };
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("GET", "/first")) + headers(3, request("GET", "/second")));
  ASSERT_TRUE(until([&] { return waiting.size() == 2; }));
  respond_text(*waiting["/second"], 200, "second");
  EXPECT_EQ(answer_of(client, 3).body, "second\n");
  EXPECT_FALSE(client.answer(1).has_ended);
  respond_text(*waiting["/first"], 200, "first");
  EXPECT_EQ(answer_of(client, 1).body, "first\n");
}

TEST_F(Http2SessionTest, HeadAndNoContentHaveNoBody) {
  for (const auto& [method, status] : {std::pair{"HEAD", 200}, {"GET", 204}, {"GET", 304}}) {
    service_.answer = [status = status](Exchange& exchange) {
      respond_text(exchange, status, "hello");
    };
    start();
    const Answer answer = answer_to(headers(1, request(method)));
    EXPECT_EQ(answer.status(), std::to_string(status));
    EXPECT_EQ(answer.body, "");
    EXPECT_TRUE(answer.has_ended);
    EXPECT_EQ(answer.value("content-length"), status == 204 ? "" : "6") << method << status;
  }
}

TEST_F(Http2SessionTest, HopByHopFieldsOfAResponseStayHere) {
  service_.answer = [](Exchange& exchange) {
    const std::array fields{HeaderView{"Connection", "close"}, HeaderView{"Keep-Alive", "a"},
                            HeaderView{"Transfer-Encoding", "chunked"}, HeaderView{"X-Other", "B"}};
    respond(exchange, 200, fields, "x");
  };
  start();
  const Answer answer = answer_to(headers(1, request()));
  EXPECT_EQ(answer.value("connection"), "");
  EXPECT_EQ(answer.value("keep-alive"), "");
  EXPECT_EQ(answer.value("transfer-encoding"), "");
  EXPECT_EQ(answer.value("x-other"), "B");
}

TEST_F(Http2SessionTest, ResponseThatCannotBeSentIsAFailure) {
  service_.answer = [](Exchange& exchange) {
    const std::array fields{HeaderView{"X-Bad", "a\r\nb: c"}};
    respond(exchange, 200, fields, "x");
  };
  start();
  const Answer answer = answer_to(headers(1, request()));
  EXPECT_EQ(answer.status(), "500");
  EXPECT_EQ(answer.value("b"), "");
}

TEST_F(Http2SessionTest, AwaitedContinueIsSentWhenTheBodyIsWanted) {
  keep_exchange();
  recorder_.end_hook = [&] { respond_text(*exchange_, 200, "done"); };
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST", "/", {{"expect", "100-continue"}}), false));
  ASSERT_TRUE(wait(client, [&] { return !client.answer(1).heads.empty(); }));
  EXPECT_EQ(client.answer(1).status(), "100");
  client.send(data(1, "body", true));
  EXPECT_EQ(answer_of(client).status(), "200");
}

TEST_F(Http2SessionTest, EarlyHintsComeBeforeTheResponse) {
  service_.answer = [](Exchange& exchange) {
    const std::array link{HeaderView{"Link", "</style.css>; rel=preload"}};
    exchange.send_informational(103, link);
    respond_text(exchange, 200, "hello");
  };
  start();
  const Answer answer = answer_to(headers(1, request()));
  ASSERT_EQ(answer.heads.size(), 2U);
  EXPECT_EQ(answer.heads[0][0].second, "103");
  EXPECT_EQ(answer.status(), "200");
}

TEST_F(Http2SessionTest, PausedBodyIsBoundedByTheStreamsWindow) {
  keep_exchange();
  service_.answer = [this](Exchange& exchange) {
    exchange_ = &exchange;
    exchange.set_handler(recorder_);
    exchange.pause_body();
  };
  start();
  Http2Client client(connect());
  client.greet();
  const std::string piece(16'383, 'x');
  client.send(headers(1, request("POST"), false));
  for (int i = 0; i < 4; ++i) client.send(data(1, piece));
  turns();
  client.take();
  EXPECT_EQ(recorder_.body, "");
  EXPECT_EQ(client.window_opened[1], 0U) << "no more until these are taken";
  EXPECT_GT(client.window_opened[0], 60'000U) << "other streams go on";
  exchange_->resume_body();
  ASSERT_TRUE(wait(client, [&] { return client.window_opened[1] > 32'000; }));
  EXPECT_EQ(recorder_.body.size(), 4 * piece.size());
}

TEST_F(Http2SessionTest, ResponseWaitsForTheClientsWindow) {
  keep_exchange();
  recorder_.drained_hook = [&] { stream(*exchange_, 1'000'000); };
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request()));
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  exchange_->send_head(200, {}, BodyLength::exactly(1'000'000));
  stream(*exchange_, 1'000'000);
  EXPECT_LT(streamed_, 100'000U);
  ASSERT_TRUE(wait(client, [&] { return client.answer(1).body.size() == 65'535; }));
  turns();
  EXPECT_LT(streamed_, 200'000U) << "no more than the window and what waits";
  client.send(window_update(0, 1'000'000) + window_update(1, 1'000'000));
  EXPECT_EQ(answer_of(client).body.size(), 1'000'000U);
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::Completed});
}

TEST_F(Http2SessionTest, OneStalledStreamDoesNotStopTheOthers) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.send(std::string(http::kHttp2Preface) +
              settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
  client.send(headers(1, request()));
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  exchange_->send_head(200, {}, BodyLength::exactly(10));
  exchange_->send_body("0123456789");
  exchange_->end_body();
  service_.answer = [](Exchange& exchange) { respond(exchange, 204, {}, ""); };
  client.send(headers(3, request()));
  EXPECT_EQ(answer_of(client, 3).status(), "204");
  EXPECT_EQ(client.answer(1).body, "");
  client.send(window_update(1, 10));
  EXPECT_EQ(answer_of(client, 1).body, "0123456789");
}

TEST_F(Http2SessionTest, ClientThatLeavesEndsItsExchangesOnce) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST"), false) + data(1, "x") + testing::reset(1));
  ASSERT_TRUE(until([&] { return !recorder_.closed.empty(); }));
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::ClientClosed});
  client.send(headers(3, request("POST"), false));
  ASSERT_TRUE(until([&] { return service_.requests == 2; }));
  client.raw().reset_connection();
  ASSERT_TRUE(until([&] { return recorder_.closed.size() == 2; }));
  EXPECT_EQ(recorder_.closed.back(), CloseReason::ClientClosed);
  EXPECT_TRUE(until([&] { return server_->connections() == 0; }));
}

TEST_F(Http2SessionTest, AbortResetsTheStreamAndNoOther) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request()));
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  exchange_->send_head(200, {}, BodyLength::exactly(10));
  exchange_->send_body("01234");
  exchange_->abort();
  EXPECT_TRUE(recorder_.closed.empty()) << "not from within the call";
  EXPECT_EQ(answer_of(client).reset, NGHTTP2_INTERNAL_ERROR);
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::Aborted});
  service_.answer = [](Exchange& exchange) { respond_text(exchange, 200, "hello"); };
  client.send(headers(3, request()));
  EXPECT_EQ(answer_of(client, 3).status(), "200");
}

TEST_F(Http2SessionTest, ResponseShorterThanPromisedIsReset) {
  service_.answer = [](Exchange& exchange) {
    exchange.send_head(200, {}, BodyLength::exactly(10));
    exchange.send_body("01234");
    exchange.end_body();
  };
  start();
  // A service that is not done has a handler.
  service_.answer = [this](Exchange& exchange) {
    exchange.set_handler(recorder_);
    exchange.send_head(200, {}, BodyLength::exactly(10));
    exchange.send_body("01234");
    exchange.end_body();
  };
  EXPECT_EQ(answer_to(headers(1, request())).reset, NGHTTP2_INTERNAL_ERROR);
}

TEST_F(Http2SessionTest, AnsweredBeforeItsBodyTheClientIsToldToStop) {
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST"), false) + data(1, "some"));
  const Answer answer = answer_of(client);
  EXPECT_EQ(answer.body, "hello\n");
  ASSERT_TRUE(wait(client, [&] { return client.answer(1).reset >= 0; }));
  EXPECT_EQ(client.answer(1).reset, NGHTTP2_NO_ERROR);
}

TEST_F(Http2SessionTest, DrainIsAnnouncedAndThenFinal) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request()));
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  bool is_drained = false;
  server_->drain({.deadline = std::chrono::seconds(10)}, [&] { is_drained = true; });
  ASSERT_TRUE(wait(client, [&] { return client.goaway_streams.size() == 1; }));
  EXPECT_EQ(client.goaway_streams[0], 0x7FFFFFFFU);
  EXPECT_EQ(client.pings, 1);
  // A request that was on its way is answered.
  Exchange* const first = exchange_;
  client.send(headers(3, request()));
  ASSERT_TRUE(until([&] { return exchange_ != first; }));
  client.send(testing::frame(testing::Http2FrameType::Ping, 1, 0, std::string(8, '\0')));
  ASSERT_TRUE(wait(client, [&] { return client.goaway_streams.size() == 2; }));
  EXPECT_EQ(client.goaway_streams[1], 3U);
  EXPECT_EQ(client.goaway, NGHTTP2_NO_ERROR);
  respond_text(*first, 200, "first");
  respond_text(*exchange_, 200, "second");
  EXPECT_EQ(answer_of(client, 3).body, "second\n");
  ASSERT_TRUE(wait(client, [&] { return client.ended(); }));
  client.raw().finish_sending();
  EXPECT_TRUE(until([&] { return is_drained; }));
}

TEST_F(Http2SessionTest, ClientThatIgnoresTheDrainIsToldAgainAfterASecond) {
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request()));
  answer_of(client);
  server_->drain({.deadline = std::chrono::seconds(10)}, [] {});
  ASSERT_TRUE(wait(client, [&] { return client.goaway_streams.size() == 1; }));
  EXPECT_FALSE(client.ended());
  pass(std::chrono::milliseconds(1'100));
  ASSERT_TRUE(wait(client, [&] { return client.goaway_streams.size() == 2; }));
  EXPECT_TRUE(wait(client, [&] { return client.ended(); }));
}

// A GOAWAY tells which requests were not looked at, so there is nothing to wait for.
TEST_F(Http2SessionTest, IdleConnectionsEndAlthoughOthersMayBeAskedOnceMore) {
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request()));
  answer_of(client);
  server::testing::Client undecided = connect();
  turns();
  server_->drain({.deadline = std::chrono::hours(1), .idle_grace = std::chrono::hours(1)}, [] {});
  ASSERT_TRUE(wait(client, [&] { return client.pings == 1; }));
  client.send(testing::frame(testing::Http2FrameType::Ping, 1, 0, std::string(8, '\0')));
  EXPECT_TRUE(wait(client, [&] { return client.ended(); }));
  EXPECT_EQ(client.goaway_streams.size(), 2U);
  undecided.send(server::testing::kGet);
  undecided.receive_until("hello");
}

TEST_F(Http2SessionTest, DrainDeadlineCutsWhatIsLeft) {
  keep_exchange();
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request()));
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  bool is_drained = false;
  server_->drain({.deadline = std::chrono::seconds(2)}, [&] { is_drained = true; });
  turns();
  pass(std::chrono::milliseconds(2'100));
  EXPECT_TRUE(is_drained);
  EXPECT_EQ(recorder_.closed, std::vector{CloseReason::Draining});
}

TEST_F(Http2SessionTest, Http1GoesOnBesideIt) {
  start();
  const std::string answer = server::testing::ServerTest::answer_to(server::testing::kGetAndClose);
  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
}

TEST_F(Http2SessionTest, PrefaceInPiecesIsUnderstood) {
  start();
  Http2Client client(connect());
  const std::string bytes = std::string(http::kHttp2Preface) + settings({}) + headers(1, request());
  for (const char byte : bytes) client.send({&byte, 1});
  EXPECT_EQ(answer_of(client).status(), "200");
}

TEST_F(Http2SessionTest, WithoutPriorKnowledgeThePrefaceIsNoHttp) {
  options_.http2.prior_knowledge = false;
  start();
  const std::string answer =
      server::testing::ServerTest::answer_to(std::string(http::kHttp2Preface));
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 505");
}

}  // namespace
}  // namespace mex::server::http2
