// Requests to origins over HTTP/2, and what comes back, from clients of both versions: by sections
// of RFC 9113.

#include "proxy/http2_origin_fixture.h"

namespace mex::proxy {
namespace {

using http::Http2FrameType;
using ::testing::Contains;
using ::testing::EndsWith;
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

class Http2OriginTest : public testing::Http2OriginFixture {
 protected:
  static Fields fields_of(Http2Origin& origin, std::uint32_t stream) {
    return origin.answer(stream).heads.front();
  }
};

constexpr std::string_view kPost = "POST /app/x HTTP/1.1\r\nHost: edge.example\r\n";

TEST_F(Http2OriginTest, Section3_4PrefaceAndSettingsComeFirstAndRefusePushes) {
  Peer browser = client();
  browser.send(get("/app/x"));
  const auto origin = accept();
  EXPECT_EQ(origin->preface(), http::kHttp2Preface);
  origin->await_request();
  EXPECT_EQ(origin->settings_of_server.at(NGHTTP2_SETTINGS_ENABLE_PUSH), 0U);
}

TEST_F(Http2OriginTest, Section8_3_1TheRequestIsThatOfHttp1) {
  Peer browser = client();
  browser.send(
      get("/app/x?q=1", "X-Name: v\r\nKeep-Alive: 5\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  const Fields fields = fields_of(*origin, stream);
  ASSERT_GE(fields.size(), 4U);
  EXPECT_EQ(fields[0], (Field{":method", "GET"}));
  EXPECT_EQ(fields[1], (Field{":scheme", "http"}));
  EXPECT_EQ(fields[2], (Field{":authority", "edge.example"}));
  EXPECT_EQ(fields[3], (Field{":path", "/x?q=1"}));
  EXPECT_THAT(fields, Contains(Field{"x-name", "v"}));
  EXPECT_THAT(fields, Contains(Field{"x-forwarded-for", "127.0.0.1"}));
  EXPECT_THAT(fields, Contains(Field{"cdn-loop", "agent-under-test"}));
  for (const Field& field : fields) {
    EXPECT_THAT((std::vector<std::string>{"host", "connection", "keep-alive", "x-hop", "te"}),
                Not(Contains(field.first)));
  }
  EXPECT_TRUE(origin->answer(stream).has_ended) << "a request without a body is its head";
  origin->send(response(stream, "200", {{"content-length", "5"}, {"x-name", "w"}}) +
               data(stream, "hello", true));
  const std::string answer = browser.take_until("hello");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("x-name: w\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
}

TEST_F(Http2OriginTest, Section8_1BodiesGoBothWaysInPieces) {
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/x"), false) + data(1, "one"));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  ASSERT_TRUE(origin->wait([&] { return origin->answer(stream).body == "one"; }));
  EXPECT_FALSE(origin->answer(stream).has_ended);
  origin->send(response(stream) + data(stream, "eins"));
  ASSERT_TRUE(wait(*client, [&] { return client->answer(1).body == "eins"; }));
  client->send(data(1, "two", true));
  ASSERT_TRUE(origin->wait([&] { return origin->answer(stream).has_ended; }));
  EXPECT_EQ(origin->answer(stream).body, "onetwo");
  origin->send(data(stream, "zwei", true));
  EXPECT_EQ(answer_of(*client).body, "einszwei");
}

TEST_F(Http2OriginTest, Section8_1TrailersOfAnAnswerReachClientsOfBothVersions) {
  const auto client = connect();
  Peer browser = testing::ServiceFixture::client();
  client->send(headers(1, request("GET", "/app/x")));
  const auto origin = accept();
  const std::uint32_t first = origin->await_request();
  browser.send(get("/app/x", "TE: trailers\r\n"));
  const std::uint32_t second = origin->await_request();
  for (const std::uint32_t stream : {first, second}) {
    origin->send(response(stream) + data(stream, "hello") + headers(stream, {{"x-sum", "5"}}));
  }
  EXPECT_EQ(answer_of(*client).heads.back(), (Fields{{"x-sum", "5"}}));
  EXPECT_THAT(browser.take_until("x-sum: 5\r\n\r\n"), HasSubstr("5\r\nhello\r\n0\r\n"));
  EXPECT_THAT(fields_of(*origin, second), Contains(Field{"te", "trailers"}));
  EXPECT_THAT(fields_of(*origin, first), Not(Contains(Field{"te", "trailers"})));
}

TEST_F(Http2OriginTest, Section8_1TrailersOfARequestReachTheOrigin) {
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/x"), false) + data(1, "hi") +
               headers(1, {{"x-sum", "5"}, {"authorization", "secret"}}));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  const Answer seen = origin->whole_request(stream);
  ASSERT_EQ(seen.heads.size(), 2U);
  EXPECT_EQ(seen.heads[1], (Fields{{"x-sum", "5"}}));
}

TEST_F(Http2OriginTest, Section8_1AnAnswerThatIsAHeadAloneStaysOne) {
  const auto client = connect();
  Peer browser = testing::ServiceFixture::client();
  client->send(headers(1, request("GET", "/app/x")));
  const auto origin = accept();
  origin->send(response(origin->await_request(), "200", {{"grpc-status", "5"}}, true));
  const Answer answer = answer_of(*client);
  EXPECT_EQ(answer.heads.size(), 1U);
  EXPECT_EQ(answer.value("grpc-status"), "5");
  EXPECT_EQ(answer.value("content-length"), "");
  browser.send(get("/app/x"));
  origin->send(response(origin->await_request(), "200", {}, true));
  EXPECT_THAT(browser.take_until("\r\n\r\n"), HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(Http2OriginTest, Rfc9110Section9_3_2HeadAndStatusWithoutBody) {
  Peer browser = client();
  browser.send("HEAD /app/x HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto origin = accept();
  origin->send(response(origin->await_request(), "200", {{"content-length", "9"}}, true));
  EXPECT_THAT(browser.take_until("\r\n\r\n"), HasSubstr("Content-Length: 9\r\n"));
  for (const char* status : {"204", "304"}) {
    browser.send(get("/app/x"));
    origin->send(response(origin->await_request(), status, {}, true));
    EXPECT_THAT(browser.take_until("\r\n\r\n"), HasSubstr(status));
  }
}

TEST_F(Http2OriginTest, Rfc9110Section15_2InterimAnswersArePassedOn) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/x")));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  origin->send(response(stream, "103", {{"link", "</a>"}}) + response(stream, "200", {}, true));
  const Answer answer = answer_of(*client);
  ASSERT_EQ(answer.heads.size(), 2U);
  EXPECT_THAT(answer.heads[0], Contains(Field{":status", "103"}));
  EXPECT_EQ(answer.status(), "200");
}

TEST_F(Http2OriginTest, Rfc9110Section10_1_1TheOriginInvitesABody) {
  Peer browser = client();
  browser.send(std::string(kPost) + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  EXPECT_THAT(fields_of(*origin, stream), Contains(Field{"expect", "100-continue"}));
  origin->send(response(stream, "100"));
  browser.take_until("HTTP/1.1 100 Continue\r\n\r\n");
  browser.send("hi");
  EXPECT_EQ(origin->whole_request(stream).body, "hi");
}

TEST_F(Http2OriginTest, Section5_1_2RequestsShareAConnectionUpToTheOriginsLimit) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/1")));
  const auto origin = accept(false);
  origin->send(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2}}));
  origin->await_request();
  client->send(headers(3, request("GET", "/app/2")) + headers(5, request("GET", "/app/3")));
  const std::uint32_t second = origin->await_request();
  const auto other = accept();
  const std::uint32_t third = other->await_request();
  EXPECT_THAT(fields_of(*other, third), Contains(Field{":path", "/3"}));
  origin->send(response(second, "200", {}, true));
  EXPECT_EQ(answer_of(*client, 3).status(), "200");
  // There is room again.
  client->send(headers(7, request("GET", "/app/4")));
  EXPECT_THAT(fields_of(*origin, origin->await_request()), Contains(Field{":path", "/4"}));
}

TEST_F(Http2OriginTest, Section5_1_2RequestsThatComeWhileItConnectsShareItToo) {
  const auto client = connect();
  std::string many;
  for (std::uint32_t i = 0; i < 50; ++i) many += headers(2 * i + 1, request("GET", "/app/x"));
  client->send(many);
  const auto origin = accept();
  std::string answers;
  for (int i = 0; i < 50; ++i) answers += response(origin->await_request(), "200", {}, true);
  origin->send(answers);
  for (std::uint32_t i = 0; i < 50; ++i) EXPECT_EQ(answer_of(*client, 2 * i + 1).status(), "200");
  EXPECT_FALSE(origin_.has_connection());
}

TEST_F(Http2OriginTest, Section5_2ABodyThatIsNotTakenStopsTheOriginAndNoOtherStream) {
  const auto client = connect();
  client->send(window_update(0, 1U << 20U) + headers(1, request("GET", "/app/large")));
  const auto origin = accept();
  const std::uint32_t large = origin->await_request();
  origin->send(response(large));
  const std::string piece(16'000, 'x');
  std::uint64_t sent = 0;
  for (int idle = 0; idle < 50; ++idle) {
    while (sent + piece.size() <= 65'535 + origin->window_opened[large]) {
      origin->send(data(large, piece));
      sent += piece.size();
      idle = 0;
    }
    turn();
    origin->take();
    ASSERT_LT(sent, 1U << 20U) << "without end";
  }
  client->send(headers(3, request("GET", "/app/small")));
  const std::uint32_t small = origin->await_request();
  origin->send(response(small) + data(small, "small", true));
  EXPECT_EQ(answer_of(*client, 3).body, "small");
  client->send(window_update(1, 1U << 20U));
  EXPECT_TRUE(origin->wait([&] {
    client->take();
    return sent + piece.size() <= 65'535 + origin->window_opened[large];
  }));
}

TEST_F(Http2OriginTest, Section5_2AnOriginThatTakesNothingStopsItsClient) {
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/x"), false));
  const auto origin = accept();
  origin->await_request();
  const std::string piece(16'000, 'x');
  std::uint64_t sent = 0;
  for (int idle = 0; idle < 50; ++idle) {
    while (sent + piece.size() <= 65'535 + client->window_opened[1]) {
      client->send(data(1, piece));
      sent += piece.size();
      idle = 0;
    }
    turn();
    client->take();
    ASSERT_LT(sent, 1U << 20U) << "without end";
  }
  origin->send(window_update(0, 1U << 20U) + window_update(1, 1U << 20U));
  EXPECT_TRUE(wait(*client, [&] {
    origin->take();
    return sent + piece.size() <= 65'535 + client->window_opened[1];
  }));
}

TEST_F(Http2OriginTest, Section5_4_2AResetByTheClientIsOneAtTheOrigin) {
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/x"), false));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  client->send(server::http2::testing::reset(1));
  EXPECT_TRUE(origin->wait([&] { return origin->answer(stream).reset == NGHTTP2_CANCEL; }));
  client->send(headers(3, request("GET", "/app/x")));
  origin->send(response(origin->await_request(), "200", {}, true));
  EXPECT_EQ(answer_of(*client, 3).status(), "200") << "the connection goes on";
}

TEST_F(Http2OriginTest, Section8_1AnAnswerBeforeTheRequestIsWholeEndsBoth) {
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/x"), false));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  origin->send(response(stream, "413", {}, true) + reset(stream, NGHTTP2_NO_ERROR));
  EXPECT_EQ(answer_of(*client).status(), "413");
}

TEST_F(Http2OriginTest, KeptConnectionsEndWhenTheyAreIdleForLongOrOld) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/x")));
  const auto origin = accept();
  origin->send(response(origin->await_request(), "200", {}, true));
  answer_of(*client);
  EXPECT_EQ(service_->busy_origin_connections(), 0U);
  pass(std::chrono::milliseconds(29'000));
  EXPECT_FALSE(origin->closed());
  client->send(headers(3, request("GET", "/app/x")));
  origin->send(response(origin->await_request(), "200", {}, true));
  EXPECT_EQ(answer_of(*client, 3).status(), "200");
  pass(std::chrono::milliseconds(29'000));
  pass(std::chrono::milliseconds(2'000));
  EXPECT_TRUE(origin->wait([&] { return origin->closed(); }));
}

TEST_F(Http2OriginTest, AnOldConnectionEndsBehindItsLastAnswer) {
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/x")));
  const auto origin = accept();
  const std::uint32_t stream = origin->await_request();
  pass(context_.options.max_age - std::chrono::milliseconds(30'000));
  origin->send(response(stream) + data(stream, "a"));
  ASSERT_TRUE(wait(*client, [&] { return client->answer(1).body == "a"; }));
  pass(std::chrono::milliseconds(31'000));
  client->send(headers(3, request("GET", "/app/y")));
  const auto other = accept();
  other->await_request();
  origin->send(data(stream, "b", true));
  EXPECT_EQ(answer_of(*client).body, "ab");
  EXPECT_TRUE(origin->wait([&] { return origin->closed(); }));
}

// RFC 8441 is not spoken with origins: a WebSocket to one that speaks HTTP/2 begins in HTTP/1.1.
TEST_F(Http2OriginTest, UpgradesUseHttp1) {
  Peer browser = client();
  browser.send(get("/app/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  Peer origin = origin_.accept();
  EXPECT_THAT(origin.take_until("\r\n\r\n"), StartsWith("GET /ws HTTP/1.1\r\n"));
  origin.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
  browser.take_until("hello");
}

TEST_F(Http2OriginTest, AutoIsHttp1WithoutTls) {
  add_route(route_over(route::OriginProtocol::Auto, origin_.url()));
  Peer browser = client();
  browser.send(get("/app/x"));
  Peer origin = origin_.accept();
  EXPECT_THAT(origin.take_until("\r\n\r\n"), StartsWith("GET /x HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace mex::proxy
