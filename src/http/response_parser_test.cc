#include "http/response_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "http/test_stream.h"

namespace mex::http {
namespace {

using State = ParseOutcome::State;

class ResponseParserTest : public testing::Test {
 protected:
  const ResponseHead& parse(std::string text, Method method = Method::Get) {
    bytes_ = std::move(text);
    parser_.reset(method);
    const ParseOutcome outcome = parser_.feed(bytes_);
    EXPECT_EQ(outcome.state, State::Complete) << to_string(outcome.error);
    return parser_.head();
  }

  std::string bytes_;
  ResponseParser parser_;
};

TEST_F(ResponseParserTest, TakesTheHeadApart) {
  const ResponseHead& head =
      parse("HTTP/1.1 404 Not Found \xE9\r\nContent-Length: 3\r\nServer: x\r\n\r\n");
  EXPECT_EQ(head.version, Version::Http11);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not Found \xE9");
  EXPECT_EQ(head.headers.value(KnownHeader::Server), "x");
  EXPECT_EQ(head.framing, (BodyFraming{BodyFraming::Kind::ContentLength, 3}));
  EXPECT_TRUE(head.keep_alive);
}

TEST_F(ResponseParserTest, KeepAliveFollowsVersionConnectionAndFraming) {
  EXPECT_FALSE(parse("HTTP/1.1 200 OK\r\n\r\n").keep_alive);
  EXPECT_FALSE(
      parse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").keep_alive);
  EXPECT_FALSE(parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive);
  EXPECT_TRUE(
      parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
  EXPECT_TRUE(parse("HTTP/1.1 304 Not Modified\r\n\r\n").keep_alive);
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").keep_alive);
}

TEST_F(ResponseParserTest, InterimResponsesAreHeadsOfTheirOwn) {
  const std::string bytes =
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  parser_.reset(Method::Get);
  const ParseOutcome interim = parser_.feed(bytes);
  ASSERT_EQ(interim.state, State::Complete);
  EXPECT_EQ(parser_.head().status, 103);
  EXPECT_EQ(parser_.head().framing.kind, BodyFraming::Kind::None);
  parser_.reset(Method::Get);
  ASSERT_EQ(parser_.feed(std::string_view(bytes).substr(interim.head_length)).state,
            State::Complete);
  EXPECT_EQ(parser_.head().status, 200);
  EXPECT_EQ(parser_.head().headers.size(), 1U);
}

TEST_F(ResponseParserTest, AnswerToHeadHasNoBody) {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(parse(text, Method::Head).framing.kind, BodyFraming::Kind::None);
  EXPECT_EQ(parse(text, Method::Get).framing.kind, BodyFraming::Kind::ContentLength);
  EXPECT_EQ(read_responses(text + text, Method::Head, 1).text, "200; 200");
}

TEST_F(ResponseParserTest, CloseEndsABodyOnlyWhereNothingElseDoes) {
  EXPECT_EQ(read_responses("HTTP/1.1 200 OK\r\n\r\nall", Method::Get, 1, true).text, "200=all");
  EXPECT_EQ(
      read_responses("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nall", Method::Get, 1, true).text,
      "200=all...");
  EXPECT_EQ(read_responses("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nall\r\n",
                           Method::Get, 1, true)
                .text,
            "200=all...");
}

TEST_F(ResponseParserTest, Limits) {
  ResponseParser strict({.head = 40, .headers = 1});
  strict.reset(Method::Get);
  EXPECT_EQ(strict.feed("HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\n").error,
            ParseError::HeadTooLarge);
  strict.reset(Method::Get);
  EXPECT_EQ(strict.feed("HTTP/1.1 200 OK\r\nX: y\r\nX: y\r\n\r\n").error,
            ParseError::TooManyHeaders);
}

TEST_F(ResponseParserTest, HugeHeadsOfOriginsFit) {
  const ResponseHead& head =
      parse("HTTP/1.1 200 OK\r\nSet-Cookie: " + std::string(60'000, 'c') + "\r\n\r\n");
  EXPECT_EQ(head.headers.value(KnownHeader::SetCookie).size(), 60'000U);
}

}  // namespace
}  // namespace mex::http
