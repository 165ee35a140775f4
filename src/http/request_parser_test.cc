#include "http/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "http/test_stream.h"

namespace mex::http {
namespace {

using State = ParseOutcome::State;

class RequestParserTest : public testing::Test {
 protected:
  const RequestHead& parse(std::string text) {
    bytes_ = std::move(text);
    parser_.reset();
    const ParseOutcome outcome = parser_.feed(bytes_);
    EXPECT_EQ(outcome.state, State::Complete) << to_string(outcome.error);
    return parser_.head();
  }

  ParseError error_of(std::string text) {
    bytes_ = std::move(text);
    parser_.reset();
    return parser_.feed(bytes_).error;
  }

  std::string bytes_;
  RequestParser parser_;
};

TEST_F(RequestParserTest, TakesTheHeadApart) {
  const RequestHead& head = parse(
      "POST /a/b?c=d&e HTTP/1.1\r\nHost: Example.org:8080\r\nX-Mine:\t two words \r\n"
      "Content-Length: 7\r\n\r\n");
  EXPECT_EQ(head.method, Method::Post);
  EXPECT_EQ(head.method_text, "POST");
  EXPECT_EQ(head.version, Version::Http11);
  EXPECT_EQ(head.target_form, TargetForm::Origin);
  EXPECT_EQ(head.target, "/a/b?c=d&e");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_TRUE(head.has_query);
  EXPECT_EQ(head.query, "c=d&e");
  EXPECT_EQ(head.host_text, "Example.org:8080");
  EXPECT_EQ(head.host.host, "Example.org");
  EXPECT_EQ(head.host.port, 8080);
  EXPECT_EQ(head.headers.size(), 3U);
  EXPECT_EQ(head.headers.value("x-mine"), "two words");
  EXPECT_EQ(head.framing, (BodyFraming{BodyFraming::Kind::ContentLength, 7}));
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_FALSE(head.wants_upgrade);
}

TEST_F(RequestParserTest, TellsTheLengthOfTheHead) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = head + "GET /next";
  const ParseOutcome outcome = parser_.feed(bytes);
  EXPECT_EQ(outcome.state, State::Complete);
  EXPECT_EQ(outcome.head_length, head.size());
}

TEST_F(RequestParserTest, TellsWhereTheFaultIs) {
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nX: b\x01\r\n\r\n";
  EXPECT_EQ(parser_.feed(bytes).error_offset, bytes.find('\x01'));
}

TEST_F(RequestParserTest, RefusesAFaultyLineBeforeTheHeadIsWhole) {
  EXPECT_EQ(error_of("GET /\r\n"), ParseError::RequestLineInvalid);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost : a\r\n"), ParseError::SpaceBeforeColon);
  EXPECT_EQ(error_of("\x16"), ParseError::ControlByte);
}

TEST_F(RequestParserTest, NothingYetIsNotAFault) {
  EXPECT_EQ(parser_.feed({}).state, State::NeedMore);
  EXPECT_EQ(parser_.feed("").state, State::NeedMore);
}

TEST_F(RequestParserTest, ForgetsTheFormerRequest) {
  parse(
      "POST http://u/?q HTTP/1.1\r\nHost: u\r\nConnection: upgrade\r\nUpgrade: x\r\n"
      "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  const RequestHead& head = parse("OPTIONS * HTTP/1.0\r\n\r\n");
  EXPECT_EQ(head.method, Method::Options);
  EXPECT_EQ(head.target_form, TargetForm::Asterisk);
  EXPECT_EQ(head.path, "*");
  EXPECT_FALSE(head.has_query);
  EXPECT_EQ(head.query, "");
  EXPECT_EQ(head.host_text, "");
  EXPECT_EQ(head.host.host, "");
  EXPECT_TRUE(head.headers.empty());
  EXPECT_FALSE(head.headers.has(KnownHeader::Upgrade));
  EXPECT_EQ(head.framing, BodyFraming{});
  EXPECT_FALSE(head.expects_continue);
  EXPECT_FALSE(head.wants_upgrade);
  EXPECT_FALSE(head.keep_alive);
}

TEST_F(RequestParserTest, EmptyQueryIsNotNoQuery) {
  EXPECT_TRUE(parse("GET /? HTTP/1.1\r\nHost: a\r\n\r\n").has_query);
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n").has_query);
}

TEST_F(RequestParserTest, AbsoluteFormGivesPathAndHost) {
  const RequestHead& head = parse("GET https://a:8443?x HTTP/1.1\r\nHost: a:8443\r\n\r\n");
  EXPECT_EQ(head.target_form, TargetForm::Absolute);
  EXPECT_EQ(head.path, "/");
  EXPECT_EQ(head.query, "x");
  EXPECT_EQ(head.host.host, "a");
  EXPECT_EQ(head.host.port, 8443);
  EXPECT_EQ(parse("GET http://b/c HTTP/1.0\r\n\r\n").host_text, "b");
  EXPECT_EQ(parse("GET https://a/ HTTP/1.1\r\nHost: a:443\r\n\r\n").path, "/");
  EXPECT_EQ(error_of("GET https://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n"), ParseError::HostMismatch);
  EXPECT_EQ(error_of("GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n"), ParseError::HostInvalid);
}

// RFC 9112 section 9.3.
TEST_F(RequestParserTest, KeepAliveFollowsVersionAndConnection) {
  struct Row {
    std::string version;
    std::string connection;
    bool keep_alive;
  };
  for (const Row& row : {
           Row{"1.1", "", true},
           Row{"1.1", "close", false},
           Row{"1.1", "keep-alive", true},
           Row{"1.1", "keep-alive, Close", false},
           Row{"1.1", "x ,, close", false},
           Row{"1.1", "closed", true},
           Row{"1.0", "", false},
           Row{"1.0", "Keep-Alive", true},
           Row{"1.0", "keep-alive, close", false},
       }) {
    const RequestHead& head = parse("GET / HTTP/" + row.version +
                                    "\r\nHost: a\r\nConnection: " + row.connection + "\r\n\r\n");
    EXPECT_EQ(head.keep_alive, row.keep_alive) << row.version << " " << row.connection;
  }
}

TEST_F(RequestParserTest, ReadsAllConnectionHeaders) {
  const RequestHead& head = parse(
      "GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nConnection: x-one\r\nConnection: close, X-Two\r\n"
      "x-two: 2\r\nX-Three: 3\r\nKeep-Alive: 5\r\n\r\n");
  EXPECT_FALSE(head.keep_alive);
  EXPECT_TRUE(head.headers.find("X-One")->hop_by_hop);
  EXPECT_TRUE(head.headers.find("X-Two")->hop_by_hop);
  EXPECT_FALSE(head.headers.find("X-Three")->hop_by_hop);
  EXPECT_TRUE(head.headers.find(KnownHeader::KeepAlive)->hop_by_hop);
  EXPECT_TRUE(head.headers.find(KnownHeader::Connection)->hop_by_hop);
  EXPECT_FALSE(head.headers.find(KnownHeader::Host)->hop_by_hop);
}

TEST_F(RequestParserTest, HostAndLengthCannotBeNamedAway) {
  const RequestHead& head = parse(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: host, content-length\r\n"
      "\r\n");
  EXPECT_FALSE(head.headers.find(KnownHeader::Host)->hop_by_hop);
  EXPECT_FALSE(head.headers.find(KnownHeader::ContentLength)->hop_by_hop);
}

TEST_F(RequestParserTest, ConnectionOptionsAreBounded) {
  std::string list = "a";
  for (int i = 1; i < 32; ++i) list += ",a";
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nConnection: ";
  EXPECT_EQ(error_of(start + list + "\r\n\r\n"), ParseError::None);
  EXPECT_EQ(error_of(start + list + ",a\r\n\r\n"), ParseError::ConnectionInvalid);
}

TEST_F(RequestParserTest, UpgradeNeedsBothHeadersAndHttp11) {
  const std::string both = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  EXPECT_TRUE(parse("GET / HTTP/1.1\r\n" + both).wants_upgrade);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n" + both).wants_upgrade);
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n").wants_upgrade);
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n").wants_upgrade);
}

// RFC 9110 section 10.1.1.
TEST_F(RequestParserTest, ExpectContinue) {
  const std::string expect = "Host: a\r\nExpect: 100-Continue\r\n";
  EXPECT_TRUE(parse("POST / HTTP/1.1\r\n" + expect + "Content-Length: 1\r\n\r\n").expects_continue);
  EXPECT_TRUE(parse("POST / HTTP/1.1\r\n" + expect + "Transfer-Encoding: chunked\r\n\r\n")
                  .expects_continue);
  EXPECT_FALSE(
      parse("POST / HTTP/1.1\r\n" + expect + "Content-Length: 0\r\n\r\n").expects_continue);
  EXPECT_FALSE(parse("POST / HTTP/1.1\r\n" + expect + "\r\n").expects_continue);
  EXPECT_FALSE(
      parse("POST / HTTP/1.0\r\n" + expect + "Content-Length: 1\r\n\r\n").expects_continue);
  EXPECT_EQ(error_of("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n"),
            ParseError::ExpectationUnknown);
  EXPECT_EQ(error_of("POST / HTTP/1.1\r\n" + expect + "Expect: x\r\n\r\n"),
            ParseError::ExpectationUnknown);
}

TEST_F(RequestParserTest, UnknownMethodsPass) {
  const RequestHead& head = parse("PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head.method, Method::Other);
  EXPECT_EQ(head.method_text, "PROPFIND");
  EXPECT_EQ(parse("VERSION-CONTROL / HTTP/1.1\r\nHost: a\r\n\r\n").method, Method::Other);
}

TEST_F(RequestParserTest, RequestLineLimit) {
  const std::string frame = "GET / HTTP/1.1\r\n";
  const std::string longest(8192 - frame.size(), 'x');
  EXPECT_EQ(error_of("GET /" + longest + " HTTP/1.1\r\nHost: a\r\n\r\n"), ParseError::None);
  EXPECT_EQ(error_of("GET /x" + longest + " HTTP/1.1\r\nHost: a\r\n\r\n"),
            ParseError::RequestLineTooLong);
  EXPECT_EQ(error_of("GET /" + std::string(8187, 'x')), ParseError::RequestLineTooLong);
  EXPECT_EQ(error_of("GET /" + std::string(8186, 'x')), ParseError::None);
  EXPECT_EQ(status_for(ParseError::RequestLineTooLong), 414);
}

TEST_F(RequestParserTest, HeadLimit) {
  const std::string frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n";
  const std::string longest(32768 - frame.size(), 'x');
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  EXPECT_EQ(error_of(start + longest + "\r\n\r\n"), ParseError::None);
  EXPECT_EQ(error_of(start + longest + "x\r\n\r\n"), ParseError::HeadTooLarge);
  EXPECT_EQ(error_of(start + longest + "xxxxxxxxx"), ParseError::HeadTooLarge);
  EXPECT_EQ(status_for(ParseError::HeadTooLarge), 431);
}

TEST_F(RequestParserTest, HeaderCountLimit) {
  std::string lines = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 99; ++i) lines += "X: y\r\n";
  EXPECT_EQ(error_of(lines + "\r\n"), ParseError::None);
  EXPECT_EQ(error_of(lines + "X: y\r\n\r\n"), ParseError::TooManyHeaders);
  EXPECT_EQ(status_for(ParseError::TooManyHeaders), 431);
}

TEST_F(RequestParserTest, LimitsAreParameters) {
  RequestParser strict({.request_line = 20, .head = 40, .headers = 1});
  EXPECT_EQ(strict.feed("GET /123456 HTTP/1.1\r\n").error, ParseError::RequestLineTooLong);
  strict.reset();
  EXPECT_EQ(strict.feed("GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n").error,
            ParseError::HeadTooLarge);
  strict.reset();
  EXPECT_EQ(strict.feed("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n").error,
            ParseError::TooManyHeaders);
}

TEST_F(RequestParserTest, ViewsFollowTheBytesWhenTheyMove) {
  const std::string text = "GET /path HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
  {
    const std::string first = text.substr(0, 30);
    EXPECT_EQ(parser_.feed(first).state, State::NeedMore);
  }
  const std::string moved(text.begin(), text.end());
  ASSERT_EQ(parser_.feed(moved).state, State::Complete);
  const RequestHead& head = parser_.head();
  EXPECT_EQ(head.headers.size(), 2U);
  for (const std::string_view view : {head.path, head.host_text, head.headers.value("x")}) {
    EXPECT_GE(view.data(), moved.data());
    EXPECT_LE(view.data() + view.size(), moved.data() + moved.size());
  }
}

// Whatever the cuts, the outcome is that of one piece: over random texts that are mostly HTTP.
TEST(RequestParserProperty, CutsDoNotMatter) {
  const std::string_view pieces[] = {"GET / HTTP/1.1\r\n",
                                     "POST /a HTTP/1.0\r\n",
                                     "Host: a\r\n",
                                     "Host: b\r\n",
                                     "Content-Length: 3\r\n",
                                     "Transfer-Encoding: chunked\r\n",
                                     "Connection: close\r\n",
                                     "\r\n",
                                     "\n",
                                     "\r",
                                     " ",
                                     ":",
                                     "X: y\r\n",
                                     "3\r\nabc\r\n",
                                     "0\r\n\r\n",
                                     "abc",
                                     "0\r\n"};
  std::mt19937 random(20260);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t count = random() % 8; count > 0; --count) {
      bytes += pieces[random() % std::size(pieces)];
    }
    const Transcript whole = read_requests(bytes, bytes.size());
    const std::size_t step = 1 + random() % 9;
    ASSERT_EQ(read_requests(bytes, step), whole) << bytes << "\nin pieces of " << step;
  }
}

}  // namespace
}  // namespace mex::http
