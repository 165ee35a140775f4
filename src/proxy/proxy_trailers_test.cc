// Trailers through the proxy: of answers to clients of both versions, of requests to origins.

#include <gmock/gmock.h>

#include "proxy/service_fixture.h"
#include "server/http2/testing.h"

namespace mex::proxy {
namespace {

using server::http2::testing::Answer;
using server::http2::testing::data;
using server::http2::testing::Fields;
using server::http2::testing::headers;
using server::http2::testing::Http2Client;
using server::http2::testing::request;
using ::testing::EndsWith;
using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ok;
using testing::Peer;

constexpr std::string_view kChunkedAnswer =
    "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n";
constexpr std::string_view kPost =
    "POST /app HTTP/1.1\r\nHost: edge.example\r\nTransfer-Encoding: chunked\r\n";

class ProxyTrailersTest : public testing::ServiceFixture {
 protected:
  ProxyTrailersTest() { server_options_.http2.prior_knowledge = true; }
  void SetUp() override { add_route("/app", origin_.url()); }

  std::string answer_with(std::string_view trailers, std::string_view request_headers) {
    Peer browser = client();
    Peer origin =
        forward(browser, get("/app", "Connection: close\r\n" + std::string(request_headers)));
    origin.send(std::string(kChunkedAnswer) + std::string(trailers) + "\r\n");
    return browser.take_to_end();
  }
};

TEST_F(ProxyTrailersTest, OfAnAnswerGoToAClientThatLooksForThem) {
  EXPECT_THAT(answer_with("X-Sum: 5\r\n", "TE: trailers\r\n"),
              EndsWith("5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n"));
}

TEST_F(ProxyTrailersTest, OfAnAnswerEndHereForOtherClients) {
  EXPECT_THAT(answer_with("X-Sum: 5\r\n", ""), EndsWith("5\r\nhello\r\n0\r\n\r\n"));
}

TEST_F(ProxyTrailersTest, OfAnAnswerNeverBecomeHeadersOrCredentials) {
  const std::string all =
      answer_with("Set-Cookie: a=b\r\nLocation: /x\r\nX-Sum: 5\r\n", "TE: trailers\r\n");
  EXPECT_THAT(all, EndsWith("5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n"));
  EXPECT_THAT(all, Not(HasSubstr("Set-Cookie")));
}

TEST_F(ProxyTrailersTest, OfAnAnswerThatFrameItMakeItAFailure) {
  Peer browser = client();
  Peer origin = forward(browser, get("/app", "TE: trailers\r\n"));
  origin.send(std::string(kChunkedAnswer) + "Content-Length: 5\r\n\r\n");
  EXPECT_THAT(browser.take_to_end(), Not(HasSubstr("\r\n0\r\n")));
}

TEST_F(ProxyTrailersTest, OfAnAnswerEndTheStreamOfAClientOverHttp2) {
  start();
  Http2Client client(
      server::testing::Client(*loop_, std::move(net::connect_to(server_->local_address()).socket)));
  client.greet();
  client.send(headers(1, request("GET", "/app")));
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  origin.send(std::string(kChunkedAnswer) + "X-Sum: 5\r\n\r\n");
  ASSERT_TRUE(net::testing::run_until(*loop_, [&] {
    client.take();
    return client.answer(1).has_ended;
  }));
  EXPECT_EQ(client.answer(1).body, "hello");
  EXPECT_EQ(client.answer(1).heads.back(), (Fields{{"x-sum", "5"}}));
}

TEST_F(ProxyTrailersTest, OfARequestGoToAnOriginIfTheyWereAnnounced) {
  Peer browser = client();
  browser.send(std::string(kPost) + "Trailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 5\r\n\r\n");
  Peer origin = origin_.accept();
  const std::string head = origin.take_until("\r\n\r\n");
  EXPECT_THAT(head, Not(HasSubstr("X-Sum")));
  EXPECT_EQ(origin.take_until("\r\n\r\n"), "2\r\nhi\r\n0\r\nX-Sum: 5\r\n\r\n");
  origin.send(ok("done"));
  browser.take_until("done");
}

TEST_F(ProxyTrailersTest, OfARequestEndHereIfTheyWereNot) {
  Peer browser = client();
  browser.send(std::string(kPost) + "\r\n2\r\nhi\r\n0\r\nX-Sum: 5\r\n\r\n");
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  EXPECT_EQ(origin.take_until("\r\n\r\n"), "2\r\nhi\r\n0\r\n\r\n");
}

TEST_F(ProxyTrailersTest, OfARequestDoNotSayWhoTheClientIs) {
  Peer browser = client();
  browser.send(std::string(kPost) +
               "Trailer: X-Real-IP\r\n\r\n2\r\nhi\r\n0\r\nX-Real-IP: 6.6.6.6\r\nX_Forwarded_For: "
               "6.6.6.6\r\nAuthorization: secret\r\nCookie: a=b\r\n\r\n");
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  EXPECT_EQ(origin.take_until("\r\n\r\n"), "2\r\nhi\r\n0\r\n\r\n");
}

}  // namespace
}  // namespace mex::proxy
