// Origins over HTTP/2 that lie, stall, flood or go, by sections of RFC 9113: what their clients get
// and what becomes of the connection.

#include "proxy/http2_origin_fixture.h"

namespace mex::proxy {
namespace {

using http::Http2FrameType;
using testing::get;
using testing::goaway;
using ::testing::HasSubstr;
using testing::Http2Origin;
using ::testing::Not;
using testing::Peer;
using testing::reset;
using testing::response;
using ::testing::StartsWith;
using namespace testing::frames;

class Http2OriginFaultsTest : public testing::Http2OriginFixture {
 protected:
  // What a client over HTTP/1.1 gets for what the origin answers to its only request.
  std::string answer_to_get(const std::function<std::string(std::uint32_t)>& answer) {
    Peer browser = client();
    browser.send(get("/app/x", "Connection: close\r\n"));
    const auto origin = accept();
    const std::uint32_t stream = origin->await_request();
    origin->send(answer(stream));
    return browser.take_to_end();
  }
};

TEST_F(Http2OriginFaultsTest, Section8MalformedAnswersAreNoAnswers) {
  const std::vector<std::pair<const char*, Fields>> rows{
      {"8.3.2 no status", {{"x", "y"}}},
      {"8.3.2 two statuses", {{":status", "200"}, {":status", "200"}}},
      {"8.3.2 a status behind a field", {{"x", "y"}, {":status", "200"}}},
      {"8.3.2 a status of two digits", {{":status", "20"}}},
      {"8.3.2 a status with a sign", {{":status", "+20"}}},
      {"8.3.2 a status of 600", {{":status", "600"}}},
      {"8.3.2 a status of 099", {{":status", "099"}}},
      {"8.3 another pseudo-header field", {{":status", "200"}, {":path", "/"}}},
      {"8.6 101", {{":status", "101"}}},
      {"8.2.1 a name in capitals", {{":status", "200"}, {"X-Name", "y"}}},
      {"8.2.1 an empty name", {{":status", "200"}, {"", "y"}}},
      {"8.2.1 a line feed in a value", {{":status", "200"}, {"x", "a\nb: c"}}},
      {"8.2.1 CRLF in a value", {{":status", "200"}, {"x", "a\r\n\r\nHTTP/1.1 200 OK"}}},
      {"8.2.1 NUL in a value", {{":status", "200"}, {"x", std::string("a\0b", 3)}}},
      {"8.2.1 a colon in a name", {{":status", "200"}, {"x: y\r\nz", "a"}}},
      {"8.2.1 white space around a value", {{":status", "200"}, {"x", " y"}}},
      {"8.2.2 connection", {{":status", "200"}, {"connection", "close"}}},
      {"8.2.2 transfer-encoding", {{":status", "200"}, {"transfer-encoding", "chunked"}}},
      {"8.2.2 keep-alive", {{":status", "200"}, {"keep-alive", "timeout=5"}}},
      {"8.2.2 upgrade", {{":status", "200"}, {"upgrade", "h2c"}}},
      {"8.1.1 two lengths", {{":status", "200"}, {"content-length", "5"}, {"content-length", "5"}}},
      {"8.1.1 a length that is none", {{":status", "200"}, {"content-length", "+5"}}},
      {"8.1.1 a length and no body", {{":status", "200"}, {"content-length", "5"}}},
  };
  for (const auto& row : rows) {
    const std::string answer =
        answer_to_get([&](std::uint32_t stream) { return headers(stream, row.second); });
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 502 ")) << row.first;
    EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1 200"))) << row.first;
  }
}

TEST_F(Http2OriginFaultsTest, Section8_1_1ABodyThatIsNotOfItsLengthNeverLooksWhole) {
  for (const char* body : {"abc", "abcdefghi"}) {
    const std::string answer = answer_to_get([&](std::uint32_t stream) {
      return response(stream, "200", {{"content-length", "6"}}) + data(stream, body, true);
    });
    EXPECT_THAT(answer, HasSubstr("Content-Length: 6\r\n"));
    EXPECT_LT(answer.substr(answer.find("\r\n\r\n") + 4).size(), 6U);
  }
  // And where its client does not count.
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/x")));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  origin->send(response(stream, "200", {{"content-length", "6"}}) + data(stream, "abc", true));
  const Answer answer = answer_of(*client);
  EXPECT_FALSE(answer.has_ended);
  EXPECT_EQ(answer.reset, NGHTTP2_INTERNAL_ERROR);
}

TEST_F(Http2OriginFaultsTest, Section8_1TrailersThatFrameAMessageCutTheAnswer) {
  for (const char* name : {"content-length", "transfer-encoding", "host", ":status", "X-Sum"}) {
    const std::string answer = answer_to_get([&](std::uint32_t stream) {
      return response(stream) + data(stream, "hello") + headers(stream, {{name, "1"}});
    });
    EXPECT_THAT(answer, Not(HasSubstr("\r\n0\r\n"))) << name;
  }
}

TEST_F(Http2OriginFaultsTest, Section5_4_2AStreamThatIsResetIsAFailureOfItAlone) {
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/1"), false) + data(1, "x"));
  const auto origin = accept();
  const std::uint32_t first = origin->await_request();
  client->send(headers(3, request("GET", "/app/2")));
  const std::uint32_t second = origin->await_request();
  ASSERT_TRUE(origin->wait([&] { return origin->answer(first).body == "x"; }));
  origin->send(reset(first, NGHTTP2_INTERNAL_ERROR));
  EXPECT_EQ(answer_of(*client).status(), "502");
  origin->send(response(second, "200", {}, true));
  EXPECT_EQ(answer_of(*client, 3).status(), "200");
}

TEST_F(Http2OriginFaultsTest, Section5_4_2AnAnswerThatIsResetNeverLooksWhole) {
  for (const std::uint32_t code : {0U, 2U, 8U}) {
    const std::string answer = answer_to_get([&](std::uint32_t stream) {
      return response(stream) + data(stream, "hello") + reset(stream, code);
    });
    EXPECT_THAT(answer, HasSubstr("hello"));
    EXPECT_THAT(answer, Not(HasSubstr("\r\n0\r\n"))) << code;
  }
}

TEST_F(Http2OriginFaultsTest, Section8_7ARefusedRequestIsSentAgainWhateverItsMethod) {
  Peer browser = client();
  browser.send("POST /app/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  const auto origin = accept();
  origin->send(reset(origin->await_request(), NGHTTP2_REFUSED_STREAM));
  const std::uint32_t again = origin->await_request();
  origin->send(response(again, "200", {}, true));
  EXPECT_THAT(browser.take_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Http2OriginFaultsTest, Section8_7ARefusedRequestIsNotSentAgainWithoutEnd) {
  Peer browser = client();
  browser.send(get("/app/x"));
  const auto origin = accept();
  origin->send(reset(origin->await_request(), NGHTTP2_REFUSED_STREAM));
  origin->send(reset(origin->await_request(), NGHTTP2_REFUSED_STREAM));
  EXPECT_THAT(browser.take_until("\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(Http2OriginFaultsTest, Section8_7ARefusedRequestWhoseBodyHasBegunIsAFailure) {
  Peer browser = client();
  browser.send("POST /app/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  ASSERT_TRUE(origin->wait([&] { return origin->answer(stream).body == "he"; }));
  origin->send(reset(stream, NGHTTP2_REFUSED_STREAM));
  EXPECT_THAT(browser.take_until("\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(Http2OriginFaultsTest, Section6_8WhatAnOriginThatGoesHasNotLookedAtIsSentElsewhere) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/1")));
  const auto origin = accept();
  const std::uint32_t first = origin->await_request();
  client->send(headers(3, request("POST", "/app/2", {{"content-length", "0"}})));
  origin->await_request();
  origin->send(goaway(first));
  const auto other = accept();
  other->send(response(other->await_request(), "200", {{"x-by", "other"}}, true));
  EXPECT_EQ(answer_of(*client, 3).value("x-by"), "other");
  // What it has looked at it answers, then the connection ends.
  origin->send(response(first, "200", {{"x-by", "first"}}, true));
  EXPECT_EQ(answer_of(*client, 1).value("x-by"), "first");
  EXPECT_TRUE(origin->wait([&] { return origin->closed(); }));
}

TEST_F(Http2OriginFaultsTest, Section6_8NoRequestFollowsAGoaway) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/1")));
  const auto origin = accept();
  origin->send(response(origin->await_request(), "200", {}, true) + goaway(1));
  answer_of(*client);
  EXPECT_TRUE(origin->wait([&] { return origin->closed(); }));
  client->send(headers(3, request("GET", "/app/2")));
  const auto other = accept();
  other->send(response(other->await_request(), "200", {}, true));
  EXPECT_EQ(answer_of(*client, 3).status(), "200");
}

TEST_F(Http2OriginFaultsTest, AConnectionThatBreaksWhileIdleCostsNoRequest) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/1")));
  auto origin = accept();
  origin->send(response(origin->await_request(), "200", {}, true));
  answer_of(*client);
  origin->peer().close();
  client->send(headers(3, request("POST", "/app/2", {{"content-length", "0"}})));
  const auto other = accept();
  other->send(response(other->await_request(), "200", {}, true));
  EXPECT_EQ(answer_of(*client, 3).status(), "200");
}

TEST_F(Http2OriginFaultsTest, AConnectionThatBreaksUnderRequestsIsResentWhereThatIsSafe) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/1")));
  auto origin = accept();
  origin->send(response(origin->await_request(), "200", {}, true));
  answer_of(*client);
  client->send(headers(3, request("GET", "/app/2")) +
               headers(5, request("POST", "/app/3", {{"content-length", "0"}})));
  origin->await_request();
  origin->await_request();
  origin->peer().close();
  const auto other = accept();
  const std::uint32_t again = other->await_request();
  EXPECT_EQ(other->answer(again).value(":path"), "/2");
  other->send(response(again, "200", {}, true));
  EXPECT_EQ(answer_of(*client, 3).status(), "200");
  EXPECT_EQ(answer_of(*client, 5).status(), "502") << "the origin may have acted on a POST";
}

TEST_F(Http2OriginFaultsTest, ManyThatBreakTogetherShareTheNextConnection) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/1")));
  auto origin = accept();
  origin->send(response(origin->await_request(), "200", {}, true));
  answer_of(*client);
  for (std::uint32_t i = 0; i < 20; ++i) client->send(headers(3 + 2 * i, request("GET", "/app/x")));
  for (int i = 0; i < 20; ++i) origin->await_request();
  origin->peer().close();
  const auto other = accept();
  std::string answers;
  for (int i = 0; i < 20; ++i) answers += response(other->await_request(), "200", {}, true);
  other->send(answers);
  for (std::uint32_t i = 0; i < 20; ++i) EXPECT_EQ(answer_of(*client, 3 + 2 * i).status(), "200");
  EXPECT_FALSE(origin_.has_connection());
}

TEST_F(Http2OriginFaultsTest, AnAnswerThatIsWholeIsPassedOnAlthoughTheOriginIsGone) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/x")));
  auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  const std::string body(60'000, 'x');
  std::string all = response(stream);
  for (std::size_t at = 0; at < body.size(); at += 15'000)
    all += data(stream, body.substr(at, 15'000));
  origin->send(all + frame(Http2FrameType::Data, Http2FrameHeader::kEndStream, stream));
  origin->peer().half_close();
  const Answer answer = answer_of(*client);
  EXPECT_TRUE(answer.has_ended);
  EXPECT_EQ(answer.body.size(), body.size());
}

TEST_F(Http2OriginFaultsTest, SilenceBecomesATimeoutOfItsStream) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/x")));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  pass(context_.options.origin_timeout + std::chrono::milliseconds(100));
  EXPECT_EQ(answer_of(*client).status(), "504");
  EXPECT_TRUE(origin->wait([&] { return origin->answer(stream).reset >= 0 || origin->closed(); }));
  // Nothing has come over this connection for so long: the next request has another one.
  client->send(headers(3, request("GET", "/app/x")));
  const auto other = accept();
  other->send(response(other->await_request(), "200", {}, true));
  EXPECT_EQ(answer_of(*client, 3).status(), "200");
}

TEST_F(Http2OriginFaultsTest, Section6_9AWindowThatStaysShutBecomesATimeout) {
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/x"), false));
  const auto origin = accept(false);
  origin->send(settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
  origin->await_request();
  client->send(data(1, "hello", true));
  turns();
  pass(context_.options.origin_timeout + std::chrono::milliseconds(100));
  EXPECT_EQ(answer_of(*client).status(), "504");
}

TEST_F(Http2OriginFaultsTest, TooManyInterimAnswersAreAFailure) {
  const std::string answer = answer_to_get([&](std::uint32_t stream) {
    std::string all;
    for (int i = 0; i < 17; ++i) all += response(stream, "103");
    return all + response(stream, "200", {}, true);
  });
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 502 "));
}

TEST_F(Http2OriginFaultsTest, AHeadBeyondTheLimitIsAFailureOfItsStream) {
  const std::string large(16'000, 'x');
  const std::string answer = answer_to_get([&](std::uint32_t stream) {
    std::string block = hpack({{":status", "200"}});
    std::string all = frame(Http2FrameType::Headers, Http2FrameHeader::kEndStream, stream, block);
    for (int i = 0; i < 5; ++i) {
      all += frame(Http2FrameType::Continuation, i == 4 ? Http2FrameHeader::kEndHeaders : 0, stream,
                   hpack({{"x", large}}));
    }
    return all;
  });
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 502 "));
}

struct Flood {
  const char* what;
  std::function<std::string(std::uint32_t stream)> frames;
};

// What would cost the agent more than it costs the origin ends the connection, and nothing else.
TEST_F(Http2OriginFaultsTest, Section10_5FloodsEndTheConnection) {
  const auto repeated = [](int count, std::string what) {
    std::string all;
    for (int i = 0; i < count; ++i) all += what;
    return all;
  };
  const std::vector<Flood> floods{
      {"PING",
       [&](auto) { return repeated(2'000, frame(Http2FrameType::Ping, 0, 0, "12345678")); }},
      {"SETTINGS", [&](auto) { return repeated(200, settings({})); }},
      {"empty DATA",
       [&](auto stream) { return response(stream) + repeated(3'000, data(stream, "")); }},
      {"PRIORITY",
       [&](auto stream) {
         return repeated(3'000, frame(Http2FrameType::Priority, 0, stream, number(0) + "x"));
       }},
      {"WINDOW_UPDATE", [&](auto) { return repeated(3'000, window_update(0, 1)); }},
      {"CONTINUATION",
       [&](auto stream) {
         return frame(Http2FrameType::Headers, 0, stream, hpack({{":status", "200"}})) +
                repeated(20, frame(Http2FrameType::Continuation, 0, stream, hpack({{"x", "y"}})));
       }},
      {"a head without end",
       [&](auto stream) {
         return frame(Http2FrameType::Headers, 0, stream, hpack({{":status", "200"}})) +
                repeated(8, frame(Http2FrameType::Continuation, 0, stream,
                                  hpack({{"x", std::string(16'200, 'y')}, {"y", "z"}})) +
                                "") +
                repeated(2, frame(Http2FrameType::Continuation, 0, stream, hpack({{"x", "y"}})));
       }},
      {"PUSH_PROMISE",
       [&](auto stream) {
         return frame(Http2FrameType::PushPromise, Http2FrameHeader::kEndHeaders, stream,
                      number(2) + hpack(request()));
       }},
      {"no frame at all", [&](auto) { return std::string("HTTP/1.1 200 OK\r\n\r\nhello"); }},
  };
  for (const Flood& flood : floods) {
    Peer browser = client();
    browser.send(
        "POST /app/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    const auto origin = accept();
    origin->send(flood.frames(origin->await_request()));
    EXPECT_TRUE(origin->wait([&] { return origin->closed(); })) << flood.what;
    EXPECT_THAT(browser.take_to_end(), Not(HasSubstr("\r\n0\r\n\r\n"))) << flood.what;
  }
}

TEST_F(Http2OriginFaultsTest, Section10_5RapidResetsByTheOriginEndTheConnection) {
  const auto client = connect();
  std::unique_ptr<Http2Origin> origin;
  std::uint32_t stream = 1;
  for (int i = 0; i < 200; ++i, stream += 2) {
    client->send(headers(stream, request("POST", "/app/x", {{"content-length", "0"}})));
    if (origin == nullptr) origin = accept();
    if (origin->closed()) break;
    origin->send(reset(origin->await_request(), NGHTTP2_INTERNAL_ERROR));
    answer_of(*client, stream);
  }
  EXPECT_TRUE(origin->closed());
}

TEST_F(Http2OriginFaultsTest, AnOriginThatSpeaksHttp1IsAFailure) {
  Peer browser = client();
  browser.send(get("/app/x", "Connection: close\r\n"));
  Peer origin = origin_.accept();
  origin.take_until(http::kHttp2Preface);
  origin.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(browser.take_to_end(), StartsWith("HTTP/1.1 502 "));
}

TEST_F(Http2OriginFaultsTest, AnOriginThatIsDownIsAFailure) {
  add_route(route_over(route::OriginProtocol::Http2, "http://127.0.0.1:1"));
  Peer browser = client();
  browser.send(get("/app/x", "Connection: close\r\n"));
  EXPECT_THAT(browser.take_to_end(), StartsWith("HTTP/1.1 502 "));
}

}  // namespace
}  // namespace mex::proxy
