// Requests over HTTP/2 on their way to an HTTP/1.1 origin, and what comes back.

#include <gmock/gmock.h>

#include "proxy/service_fixture.h"
#include "server/http2/testing.h"

namespace mex::proxy {
namespace {

using server::http2::testing::Answer;
using server::http2::testing::data;
using server::http2::testing::headers;
using server::http2::testing::Http2Client;
using server::http2::testing::request;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ok;
using testing::Peer;
using ::testing::StartsWith;

class ProxyHttp2Test : public testing::ServiceFixture {
 protected:
  ProxyHttp2Test() { server_options_.http2.prior_knowledge = true; }

  std::unique_ptr<Http2Client> connect() {
    start();
    auto client = std::make_unique<Http2Client>(server::testing::Client(
        *loop_, std::move(net::connect_to(server_->local_address()).socket)));
    client->greet();
    return client;
  }
  bool wait(Http2Client& client, const std::function<bool()>& condition) {
    return net::testing::run_until(*loop_, [&] {
      client.take();
      return condition();
    });
  }
  Answer answer_of(Http2Client& client, std::uint32_t stream = 1) {
    EXPECT_TRUE(wait(client, [&] {
      const Answer& answer = client.answer(stream);
      return answer.has_ended || answer.reset >= 0 || client.ended();
    }));
    return client.answer(stream);
  }
};

TEST_F(ProxyHttp2Test, TheOriginGetsARequestOfHttp1) {
  add_route("/app", origin_.url());
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/x?y", {{"cookie", "a=1"}, {"cookie", "b=2"}})));
  Peer peer = origin_.accept();
  const std::string head = peer.take_until("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("GET /x?y HTTP/1.1\r\nHost: a\r\n"));
  EXPECT_THAT(head, HasSubstr("cookie: a=1; b=2\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-Proto: http\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Transfer-Encoding")));
  peer.send(ok("answer", "X-Name: v\r\n"));
  const Answer answer = answer_of(*client);
  EXPECT_EQ(answer.status(), "200");
  EXPECT_EQ(answer.value("x-name"), "v");
  EXPECT_EQ(answer.body, "answer");
}

TEST_F(ProxyHttp2Test, BodyOfUnknownLengthIsChunkedToTheOrigin) {
  add_route("/app", origin_.url());
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/x"), false) + data(1, "hello") +
               headers(1, {{"x-trailer", "y"}}));
  Peer peer = origin_.accept();
  const std::string all = peer.take_until("0\r\n\r\n");
  EXPECT_THAT(all, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(all, EndsWith("5\r\nhello\r\n0\r\n\r\n")) << "trailers end here, as over HTTP/1";
  peer.send(ok(""));
  EXPECT_EQ(answer_of(*client).status(), "200");
}

TEST_F(ProxyHttp2Test, OriginThatTakesNothingStopsTheClientAndNoOtherStream) {
  add_route("/app", origin_.url());
  origin_.shrink_receive_buffer();
  const auto client = connect();
  client->send(headers(1, request("POST", "/app/x"), false));
  Peer stalled = origin_.accept();
  stalled.take_until("\r\n\r\n");
  // As much as the windows allow, which they do as long as someone takes it.
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
    ASSERT_LT(sent, 64U << 20U) << "without end";
  }
  client->send(headers(3, request("GET", "/app/y")));
  Peer other = origin_.accept();
  other.take_until("\r\n\r\n");
  other.send(ok("other"));
  EXPECT_EQ(answer_of(*client, 3).body, "other");
  client->send(server::http2::testing::reset(1));
  EXPECT_TRUE(wait(*client, [&] {
    stalled.take_until("");
    return stalled.ended() || stalled.was_reset();
  }));
}

TEST_F(ProxyHttp2Test, AnswerThatBreaksOffNeverLooksWhole) {
  add_route("/app", origin_.url());
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/x")));
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  ASSERT_TRUE(wait(*client, [&] { return client->answer(1).body == "half"; }));
  peer.close();
  const Answer answer = answer_of(*client);
  EXPECT_FALSE(answer.has_ended);
  EXPECT_EQ(answer.reset, NGHTTP2_INTERNAL_ERROR);
  EXPECT_FALSE(client->ended());
}

TEST_F(ProxyHttp2Test, RequestThatIsTakenBackIsTakenBackFromTheOrigin) {
  add_route("/app", origin_.url());
  const auto client = connect();
  client->send(headers(1, request("GET", "/app/x")));
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  client->send(server::http2::testing::reset(1));
  EXPECT_TRUE(wait(*client, [&] { return peer.ended() || peer.was_reset(); }));
}

// The length was promised to the origin, so what is missing must not be made up by what follows.
TEST_F(ProxyHttp2Test, BodyThatBreaksItsPromiseIsCutOffAtTheOrigin) {
  add_route("/app", origin_.url());
  for (const char* body : {"abc", "abcdefghi"}) {
    const auto client = connect();
    client->send(headers(1, request("POST", "/app/x", {{"content-length", "6"}}), false));
    Peer peer = origin_.accept();
    const std::string head = peer.take_until("\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Content-Length: 6\r\n"));
    client->send(data(1, body, true));
    EXPECT_EQ(answer_of(*client).reset, NGHTTP2_PROTOCOL_ERROR);
    ASSERT_TRUE(wait(*client, [&] { return peer.ended() || peer.was_reset(); }));
    EXPECT_LE(peer.received().size(), 3U);
  }
}

TEST_F(ProxyHttp2Test, HostThatIsPassedThroughIsAskedForElsewhere) {
  add_route("/", origin_.url());
  PassthroughTable table;
  table["cluster.tenant.example"] = {};
  service_->passthrough().use(std::make_shared<const PassthroughTable>(std::move(table)));
  const auto client = connect();
  client->send(headers(1, {{":method", "GET"},
                           {":scheme", "http"},
                           {":authority", "Cluster.Tenant.example:443"},
                           {":path", "/"}}));
  EXPECT_EQ(answer_of(*client).status(), "421");
  client->send(headers(3, request()));
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  peer.send(ok("here"));
  EXPECT_EQ(answer_of(*client, 3).body, "here");
}

}  // namespace
}  // namespace mex::proxy
