// Trailers over HTTP/2, in both directions (RFC 9113 section 8.1).

#include "server/http2/testing.h"

namespace mex::server::http2 {
namespace {

using testing::Answer;
using testing::data;
using testing::Field;
using testing::Fields;
using testing::headers;
using testing::Http2Client;
using testing::request;
using testing::window_update;

class Http2TrailersTest : public testing::Http2Test {
 protected:
  void answer_with_trailers(BodyLength length, std::string_view body) {
    exchange_->send_head(200, {}, length);
    if (!body.empty()) exchange_->send_body(body);
    exchange_->send_trailers(trailers_);
    exchange_->end_body();
  }
  void SetUp() override {
    trailers_.append("Grpc-Status", "0");
    keep_exchange();
  }

  http::HeaderList trailers_;
};

TEST_F(Http2TrailersTest, EndTheStreamInAHeadOfTheirOwn) {
  recorder_.end_hook = [&] { answer_with_trailers(BodyLength::unknown(), "hello"); };
  start();
  const Answer answer = answer_to(headers(1, request()));
  ASSERT_EQ(answer.heads.size(), 2U);
  EXPECT_EQ(answer.heads[1], (Fields{{"grpc-status", "0"}}));
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(answer.has_ended);
}

TEST_F(Http2TrailersTest, GoBehindNoBodyAndBehindABodyOfAKnownLength) {
  recorder_.end_hook = [&] { answer_with_trailers(BodyLength::unknown(), ""); };
  start();
  EXPECT_EQ(answer_to(headers(1, request())).heads.size(), 2U);
  recorder_.end_hook = [&] { answer_with_trailers(BodyLength::exactly(2), "hi"); };
  EXPECT_EQ(answer_to(headers(1, request())).heads.size(), 2U);
}

TEST_F(Http2TrailersTest, WaitForTheWholeBody) {
  const std::string body(70'000, 'x');
  recorder_.end_hook = [&] { answer_with_trailers(BodyLength::unknown(), body); };
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request()));
  ASSERT_TRUE(wait(client, [&] { return client.answer(1).body.size() == 65'535; }));
  turns();
  client.take();
  EXPECT_EQ(client.answer(1).heads.size(), 1U);
  client.send(window_update(0, 10'000) + window_update(1, 10'000));
  const Answer answer = answer_of(client);
  EXPECT_EQ(answer.body.size(), body.size());
  EXPECT_EQ(answer.value("grpc-status"), "0");
}

TEST_F(Http2TrailersTest, WhatMayBeNoneIsLeftOut) {
  for (const char* name : {"Content-Length", "Connection", "Transfer-Encoding", "Set-Cookie"}) {
    trailers_.append(name, "1");
  }
  recorder_.end_hook = [&] { answer_with_trailers(BodyLength::unknown(), "hello"); };
  start();
  EXPECT_EQ(answer_to(headers(1, request())).heads.back(), (Fields{{"grpc-status", "0"}}));
}

TEST_F(Http2TrailersTest, DoNotFollowAnAnswerThatIsAHeadAlone) {
  recorder_.end_hook = [&] { answer_with_trailers(BodyLength::none(), ""); };
  start();
  const Answer answer = answer_to(headers(1, request()));
  EXPECT_EQ(answer.heads.size(), 1U);
  EXPECT_EQ(answer.value("content-length"), "");
  EXPECT_TRUE(answer.has_ended);
}

TEST_F(Http2TrailersTest, OfARequestReachItsHandlerBehindItsBody) {
  recorder_.end_hook = [&] {
    EXPECT_EQ(recorder_.trailers, "x-sum=5;");
    respond_text(*exchange_, 200, "done");
  };
  start();
  const Answer answer =
      answer_to(headers(1, request("POST"), false) + data(1, "hi") + headers(1, {{"x-sum", "5"}}));
  EXPECT_EQ(answer.status(), "200");
  EXPECT_EQ(recorder_.body, "hi");
}

TEST_F(Http2TrailersTest, OfARequestWaitForAHandlerThatHasPaused) {
  start();
  Http2Client client(connect());
  client.greet();
  service_.answer = [this](Exchange& exchange) {
    exchange_ = &exchange;
    exchange.set_handler(recorder_);
    exchange.pause_body();
  };
  client.send(headers(1, request("POST"), false) + data(1, "hi") + headers(1, {{"x-sum", "5"}}));
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  turns();
  EXPECT_EQ(recorder_.trailers, "");
  exchange_->resume_body();
  ASSERT_TRUE(until([&] { return recorder_.ends == 1; }));
  EXPECT_EQ(recorder_.trailers, "x-sum=5;");
}

TEST_F(Http2TrailersTest, OfARequestThatFrameOrRouteResetTheStream) {
  start();
  for (const Field& field :
       {Field{"content-length", "2"}, Field{"host", "other"}, Field{"transfer-encoding", "chunked"},
        Field{":path", "/x"}, Field{"X-Sum", "5"}, Field{"te", "gzip"}}) {
    const Answer answer =
        answer_to(headers(1, request("POST"), false) + data(1, "hi") + headers(1, {field}));
    EXPECT_EQ(answer.reset, NGHTTP2_PROTOCOL_ERROR) << field.first;
  }
  EXPECT_EQ(recorder_.trailers, "");
}

TEST_F(Http2TrailersTest, OfARequestAreBoundedInBytesAndNumber) {
  start();
  const auto reset_by = [&](const Fields& trailers) {
    return answer_to(headers(1, request("POST"), false) + headers(1, trailers)).reset;
  };
  EXPECT_EQ(reset_by({{"x", std::string(9'000, 'x')}}), NGHTTP2_PROTOCOL_ERROR);
  EXPECT_EQ(reset_by(Fields(101, Field{"x", "y"})), NGHTTP2_PROTOCOL_ERROR);
}

TEST_F(Http2TrailersTest, OfARequestWithoutEndEndTheConnection) {
  start();
  Http2Client client(connect());
  client.greet();
  client.send(headers(1, request("POST"), false) + headers(1, {{"x", std::string(16'200, 'x')}}));
  EXPECT_EQ(answer_of(client).reset, NGHTTP2_PROTOCOL_ERROR);
  client.send(headers(3, request("POST"), false) +
              headers(3, Fields(300, Field{"x", std::string(30, 'x')})));
  EXPECT_TRUE(wait(client, [&] { return client.answer(3).reset >= 0 || client.goaway >= 0; }));
}

}  // namespace
}  // namespace mex::server::http2
