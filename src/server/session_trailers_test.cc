// Trailers over HTTP/1.1, in both directions (RFC 9110 section 6.5, RFC 9112 section 7.1.2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/testing.h"

namespace mex::server {
namespace {

using testing::Client;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class SessionTrailersTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    trailers_.append("x-sum", "5");
    service_.answer = [this](Exchange& exchange) {
      exchange_ = &exchange;
      exchange.set_handler(recorder_);
    };
    recorder_.end_hook = [this] {
      exchange_->send_head(200, {}, length_);
      exchange_->send_body("hello");
      exchange_->send_trailers(trailers_);
      exchange_->end_body();
    };
    start();
  }

  std::string answer_to_get(std::string_view more_headers) {
    return answer_to("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
                     std::string(more_headers) + "\r\n");
  }
  // The handler's view of the trailers of a chunked request.
  void send_with_trailers(std::string_view lines) {
    Client client = connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n" +
                std::string(lines) + "\r\n");
    answer_ = client.receive_until("\r\n\r\n");
  }

  http::HeaderList trailers_;
  BodyLength length_ = BodyLength::unknown();
  Exchange* exchange_ = nullptr;
  std::string answer_;
};

TEST_F(SessionTrailersTest, Rfc9110Section6_5_1GoToClientsThatLookForThem) {
  const std::string answer = answer_to_get("TE: trailers\r\n");
  EXPECT_THAT(answer, EndsWith("\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n"));
}

TEST_F(SessionTrailersTest, Rfc9110Section10_1_4TeIsAListWithoutCase) {
  EXPECT_THAT(answer_to_get("TE: deflate;q=0.5, Trailers\r\n"), HasSubstr("x-sum: 5"));
  EXPECT_THAT(answer_to_get("TE: deflate\r\nTE: trailers\r\n"), HasSubstr("x-sum: 5"));
}

TEST_F(SessionTrailersTest, DoNotGoToClientsThatDoNot) {
  for (const char* header : {"", "TE: deflate\r\n", "TE: xtrailers\r\n", "Trailer: x-sum\r\n"}) {
    EXPECT_THAT(answer_to_get(header), EndsWith("5\r\nhello\r\n0\r\n\r\n")) << header;
  }
}

TEST_F(SessionTrailersTest, DoNotGoBehindABodyOfAKnownLength) {
  length_ = BodyLength::exactly(5);
  EXPECT_THAT(answer_to_get("TE: trailers\r\n"), EndsWith("\r\n\r\nhello"));
}

TEST_F(SessionTrailersTest, DoNotGoToHttp10) {
  EXPECT_THAT(answer_to("GET / HTTP/1.0\r\nTE: trailers\r\n\r\n"), EndsWith("\r\n\r\nhello"));
}

TEST_F(SessionTrailersTest, DoNotGoBehindTheHeadOfAnAnswerWithoutABody) {
  EXPECT_THAT(answer_to("HEAD / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n"),
              Not(HasSubstr("x-sum")));
}

TEST_F(SessionTrailersTest, WhatFramesTheMessageIsLeftOut) {
  trailers_.append("Content-Length", "7");
  trailers_.append("Transfer-Encoding", "chunked");
  trailers_.append("Set-Cookie", "a=b");
  const std::string answer = answer_to_get("TE: trailers\r\n");
  EXPECT_THAT(answer, EndsWith("0\r\nx-sum: 5\r\n\r\n"));
}

TEST_F(SessionTrailersTest, WhatWouldBeAnotherAnswerIsNotSent) {
  trailers_.append("x", "a\r\n\r\nHTTP/1.1 200 OK");
  EXPECT_THAT(answer_to_get("TE: trailers\r\n"), EndsWith("5\r\nhello\r\n0\r\n\r\n"));
}

TEST_F(SessionTrailersTest, TheConnectionGoesOnBehindThem) {
  Client client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n");
  client.receive_until("x-sum: 5\r\n\r\n");
  client.forget_received();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.receive_until("0\r\n\r\n"), Not(HasSubstr("x-sum")));
}

TEST_F(SessionTrailersTest, OfARequestReachItsHandlerAndAreNoHeaders) {
  send_with_trailers("X-Sum: 5\r\nX-Empty:\r\n");
  EXPECT_EQ(recorder_.body, "hi");
  EXPECT_EQ(recorder_.trailers, "X-Sum=5;X-Empty=;");
  EXPECT_EQ(recorder_.ends, 1);
}

TEST_F(SessionTrailersTest, OfARequestThatFrameOrRouteAreRefused) {
  for (const char* line : {"Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\n",
                           "Host: other\r\n", ":path: /x\r\n", " X: folded\r\n"}) {
    send_with_trailers(line);
    EXPECT_THAT(answer_, HasSubstr("HTTP/1.1 400 ")) << line;
  }
  EXPECT_EQ(recorder_.trailers, "");
}

TEST_F(SessionTrailersTest, OfARequestAreBounded) {
  send_with_trailers("X: " + std::string(9000, 'x') + "\r\n");
  EXPECT_THAT(answer_, HasSubstr("HTTP/1.1 431 "));
}

}  // namespace
}  // namespace mex::server
