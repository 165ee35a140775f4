#include "proxy/proxy_exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/service_fixture.h"

namespace mex::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::EndsWith;
using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ok;
using testing::Peer;
using testing::run_until;
using testing::ScriptedOrigin;
using testing::ServiceFixture;
using ::testing::StartsWith;

class ProxyExchangeTest : public ServiceFixture {};

TEST_F(ProxyExchangeTest, CarriesARequestAndItsAnswerByteByByte) {
  add_route("/test2", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, "GET /test2/x?q=1 HTTP/1.1\r\nHost: edge.example\r\nA: b\r\n\r\n");
  EXPECT_EQ(head_,
            "GET /x?q=1 HTTP/1.1\r\n"
            "Host: edge.example\r\n"
            "A: b\r\n"
            "X-Forwarded-For: 127.0.0.1\r\n"
            "X-Forwarded-Host: edge.example\r\n"
            "X-Forwarded-Proto: http\r\n"
            "X-Forwarded-Port: " +
                std::to_string(server_->local_address().port()) +
                "\r\n"
                "X-Forwarded-Prefix: /test2\r\n"
                "X-Real-IP: 127.0.0.1\r\n"
                "X-Origin-Host: " +
                origin_.address().text() +
                "\r\n"
                "Forwarded: for=127.0.0.1;host=edge.example;proto=http\r\n"
                "CDN-Loop: agent-under-test\r\n"
                "\r\n");
  origin.send(
      "HTTP/1.1 200 Fine\r\nDate: D\r\nX-Private: 1\r\nConnection: X-Private\r\n"
      "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(browser.take_until("hello"),
            "HTTP/1.1 200 OK\r\n"
            "Date: D\r\n"
            "Set-Cookie: a=1\r\n"
            "Set-Cookie: b=2\r\n"
            "Content-Length: 5\r\n"
            "\r\n"
            "hello");
}

TEST_F(ProxyExchangeTest, BothConnectionsAreKept) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, get("/a"));
  origin.send(ok("one"));
  browser.take_until("one");
  browser.send(get("/a/2"));
  EXPECT_THAT(origin.take_until("\r\n\r\n"), StartsWith("GET /2 HTTP/1.1\r\n"));
  origin.send(ok("two"));
  browser.take_until("two");
  EXPECT_FALSE(origin_.has_connection());
}

TEST_F(ProxyExchangeTest, EachRequestKeepsItsNormalPathUntilItsOriginIsConnected) {
  add_route("/a", origin_.url("/base"));
  Peer first = client();
  Peer second = client();
  first.send(get("/a/b/../c"));
  second.send(get("/a/d/../e"));
  Peer one = origin_.accept();
  Peer two = origin_.accept();
  const std::string heads = one.take_until("\r\n\r\n") + two.take_until("\r\n\r\n");
  EXPECT_THAT(heads, HasSubstr("GET /base/c HTTP/1.1\r\n"));
  EXPECT_THAT(heads, HasSubstr("GET /base/e HTTP/1.1\r\n"));
}

TEST_F(ProxyExchangeTest, PipelinedRequestsAreAnsweredInOrder) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, get("/a/1") + get("/a/2") + get("/nowhere"));
  EXPECT_THAT(head_, StartsWith("GET /1 "));
  origin.send(ok("one"));
  EXPECT_THAT(origin.take_until("\r\n\r\n"), StartsWith("GET /2 "));
  origin.send(ok("two"));
  const std::string answers = browser.take_until("404 page not found\n");
  EXPECT_LT(answers.find("one"), answers.find("two"));
}

TEST_F(ProxyExchangeTest, AnswersByItselfWhatHasNoOrigin) {
  add_route("/app/*c", origin_.url());
  const auto answer = [this](const std::string& request) {
    Peer browser = client();
    browser.send(request);
    browser.half_close();
    return browser.take_to_end();
  };
  EXPECT_THAT(answer(get("/nowhere")), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(answer(get("/nowhere")), EndsWith("\r\n\r\n404 page not found\n"));
  EXPECT_THAT(answer(get("/app/..%2fx")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer(get("/app")), StartsWith("HTTP/1.1 301 "));
  EXPECT_THAT(answer(get("/app?q=1")), HasSubstr("\r\nLocation: /app/?q=1\r\n"));
  EXPECT_THAT(answer(get("//app")), HasSubstr("\r\nLocation: /app/\r\n"));
  EXPECT_THAT(answer("POST /app HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 307 "));
  EXPECT_THAT(answer("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 4"));
  EXPECT_THAT(answer(get("/app/x", "CDN-Loop: agent-under-test\r\n")), StartsWith("HTTP/1.1 508 "));
}

TEST_F(ProxyExchangeTest, BodiesGoUpWithTheirFraming) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(head_ + origin.received(), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_EQ(origin.take_until("hello"), "hello");
  origin.send(ok("one"));
  browser.take_until("one");

  browser.send(
      "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n0\r\nX-Sum: dropped\r\n\r\n");
  EXPECT_THAT(origin.take_until("0\r\n\r\n"), EndsWith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
  origin.send(ok("two"));
  browser.take_until("two");

  browser.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(origin.take_until("\r\n\r\n"), HasSubstr("Content-Length: 0\r\n"));
  origin.send(ok("three"));
  browser.take_until("three");
  EXPECT_FALSE(origin_.has_connection()) << "all over one connection";
  const route::Totals counted = totals("/a");
  EXPECT_EQ(counted.requests, 3U);
  EXPECT_EQ(counted.request_bytes, 10U);
  EXPECT_EQ(counted.response_bytes, 11U);
  EXPECT_EQ(counted.status_classes[1], 3U);
}

struct Passed {
  std::string_view name;
  std::string_view method;
  std::string_view answer;
  std::string_view expected;  // by the client, whole
};

class PassedAnswer : public ProxyExchangeTest, public ::testing::WithParamInterface<Passed> {};

TEST_P(PassedAnswer, ReachesTheClient) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, std::string(GetParam().method) +
                                     " /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  origin.send(GetParam().answer);
  origin.close();
  EXPECT_EQ(browser.take_to_end(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, PassedAnswer,
    ::testing::Values(
        Passed{"Head", "HEAD", "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\n",
               "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"},
        Passed{"HeadOfUnknownLength", "HEAD", "HTTP/1.1 200 OK\r\nDate: D\r\n\r\n",
               "HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\n"},
        Passed{"HeadWithABody", "HEAD",
               "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\nhello",
               "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"},
        Passed{"NoContent", "GET", "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n",
               "HTTP/1.1 204 No Content\r\nDate: D\r\nConnection: close\r\n\r\n"},
        Passed{"NotModified", "GET",
               "HTTP/1.1 304 Not Modified\r\nDate: D\r\nETag: \"e\"\r\nContent-Length: 7\r\n\r\n",
               "HTTP/1.1 304 Not Modified\r\nDate: D\r\nETag: \"e\"\r\nContent-Length: 7\r\n"
               "Connection: close\r\n\r\n"},
        Passed{"Chunked", "GET",
               "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n"
               "5\r\nhello\r\n0\r\n\r\n",
               "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
               "\r\n5\r\nhello\r\n0\r\n\r\n"},
        Passed{"UntilClose", "GET", "HTTP/1.1 200 OK\r\nDate: D\r\n\r\nhello",
               "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
               "\r\n5\r\nhello\r\n0\r\n\r\n"},
        Passed{"AnyStatus", "GET", "HTTP/1.1 299 Odd\r\nDate: D\r\nContent-Length: 0\r\n\r\n",
               "HTTP/1.1 299 Successful\r\nDate: D\r\nContent-Length: 0\r\nConnection: "
               "close\r\n\r\n"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(ProxyExchangeTest, Http10ClientsGetABodyThatEndsWithTheConnection) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, "GET /a HTTP/1.0\r\n\r\n");
  EXPECT_THAT(head_, HasSubstr("Host: " + origin_.address().text()));
  origin.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  EXPECT_THAT(browser.take_to_end(), EndsWith("\r\n\r\nhello"));
}

TEST_F(ProxyExchangeTest, FailuresBeforeTheAnswerSayWhy) {
  ScriptedOrigin gone(*loop_);
  add_route("/gone", gone.url());
  gone.close();
  Peer browser = client();
  browser.send(get("/gone"));
  EXPECT_THAT(browser.take_until("cannot be connected to\n"),
              StartsWith("HTTP/1.1 502 Bad Gateway\r\n"));
  EXPECT_EQ(totals("/gone").origin_errors, 1U);
  EXPECT_EQ(totals("/gone").status_classes[4], 1U);

  add_route("/a", origin_.url());
  Peer origin = forward(browser, get("/a"));
  pass(context_.options.origin_timeout + seconds(1));
  EXPECT_THAT(browser.take_until("did not answer in time\n"),
              StartsWith("HTTP/1.1 504 Gateway Timeout\r\n"));
  EXPECT_TRUE(run_until(*loop_, [&] { return origin.ended(); }));
}

TEST_F(ProxyExchangeTest, AnOriginThatAnswersBeforeItIsAskedDoesNotStall) {
  add_route("/a", origin_.url());
  Peer browser = client();
  browser.send(get("/a"));
  Peer origin = origin_.accept();
  origin.send("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbusy");
  origin.half_close();
  EXPECT_THAT(browser.take_until("busy"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(ProxyExchangeTest, TooManyConnectionsIs503) {
  context_.options.max_connections_per_origin = 1;
  context_.options.queue_timeout = std::chrono::milliseconds(0);
  add_route("/a", origin_.url());
  Peer first = client();
  Peer origin = forward(first, get("/a"));
  Peer second = client();
  second.send(get("/a"));
  EXPECT_THAT(second.take_until("\n"), StartsWith("HTTP/1.1 503 "));
  origin.send(ok("one"));
  first.take_until("one");
}

TEST_F(ProxyExchangeTest, AStaleConnectionIsRetriedOnceForIdempotentRequests) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer stale = forward(browser, get("/a/1"));
  stale.send(ok("one"));
  browser.take_until("one");
  browser.send(get("/a/2"));
  stale.take_until("\r\n\r\n");
  stale.close();
  Peer fresh = origin_.accept();
  EXPECT_THAT(fresh.take_until("\r\n\r\n"), StartsWith("GET /2 "));
  fresh.close();
  EXPECT_THAT(browser.take_until("complete answer\n"), StartsWith("HTTP/1.1 502 "));
  EXPECT_FALSE(origin_.has_connection()) << "a second retry";
}

TEST_F(ProxyExchangeTest, ARequestThatMayHaveBeenActedOnIsNotRetried) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer stale = forward(browser, get("/a"));
  for (const std::string& request :
       {std::string("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
        std::string("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"),
        std::string("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody")}) {
    stale.send(ok("one"));
    browser.take_until("one");
    browser.send(request);
    stale.take_until(request.ends_with("body") ? "body" : "\r\n\r\n");
    stale.close();
    EXPECT_THAT(browser.take_until("complete answer\n"), StartsWith("HTTP/1.1 502 "));
    EXPECT_FALSE(origin_.has_connection());
    stale = forward(browser, get("/a"));
  }
  stale.send(ok("end"));
  browser.take_until("end");
}

TEST_F(ProxyExchangeTest, AnEmptyChunkedBodyIsEndedAgainInARetry) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer stale = forward(browser, get("/a"));
  stale.send(ok("one"));
  browser.take_until("one");
  browser.send("PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  stale.take_until("\r\n0\r\n\r\n");
  stale.close();
  Peer fresh = origin_.accept();
  fresh.take_until("\r\n0\r\n\r\n");
  fresh.send(ok("two"));
  browser.take_until("two");
}

TEST_F(ProxyExchangeTest, ABodyThatIsStillToComeAllowsARetry) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer stale = forward(browser, get("/a"));
  stale.send(ok("one"));
  browser.take_until("one");
  browser.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  stale.take_until("\r\n\r\n");
  stale.close();
  Peer fresh = origin_.accept();
  EXPECT_THAT(fresh.take_until("\r\n\r\n"), HasSubstr("Expect: 100-continue\r\n"));
  fresh.send("HTTP/1.1 100 Continue\r\n\r\n");
  browser.take_until("HTTP/1.1 100 Continue\r\n\r\n");
  browser.send("body");
  EXPECT_EQ(fresh.take_until("body"), "body");
  fresh.send(ok("two"));
  browser.take_until("two");
}

TEST_F(ProxyExchangeTest, ExpectationsAreTheOriginsToMeet) {
  add_route("/a", origin_.url());
  const std::string request =
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
  Peer refused = client();
  Peer strict = forward(refused, request);
  strict.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_THAT(refused.take_until("no"), StartsWith("HTTP/1.1 417 "));
  refused.take_to_end();

  Peer waiting = client();
  Peer silent = forward(waiting, request);
  turns();
  EXPECT_EQ(waiting.received(), "");
  pass(context_.options.continue_timeout + milliseconds(100));
  waiting.take_until("HTTP/1.1 100 Continue\r\n\r\n");
  waiting.send("body");
  silent.take_until("body");
  silent.send(ok("done"));
  waiting.take_until("done");
}

TEST_F(ProxyExchangeTest, InterimAnswersArePassedOnWithoutHopByHop) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, get("/a"));
  origin.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(browser.take_until("\r\n\r\n"), "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
  origin.send("HTTP/1.1 100 Continue\r\n\r\n" + ok("done"));
  EXPECT_THAT(browser.take_until("done"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ProxyExchangeTest, AClientThatLeavesEndsTheOriginsConnection) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, get("/a"));
  browser.reset();
  origin.take_to_end();
  EXPECT_EQ(service_->exchanges(), 0U);
  EXPECT_EQ(service_->busy_origin_connections(), 0U);
  EXPECT_EQ(totals("/a").status_classes[3], 1U);
}

TEST_F(ProxyExchangeTest, RequestsInFlightKeepTheirRouteWhenItIsReplaced) {
  ScriptedOrigin other(*loop_);
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, get("/a"));
  add_route("/a", other.url());
  EXPECT_EQ(service_->snapshots_held(), 2U);
  Peer second = client();
  second.send(get("/a"));
  Peer replaced = other.accept();
  replaced.send(ok("new"));
  second.take_until("new");
  remove_route("/a");
  origin.send(ok("old"));
  browser.take_until("old");
  EXPECT_EQ(service_->snapshots_held(), 1U);
  browser.send(get("/a"));
  EXPECT_THAT(browser.take_until("\n"), StartsWith("HTTP/1.1 404 "));
}

class TunnelTest : public ProxyExchangeTest {
 protected:
  static std::string upgrade(std::string_view path) {
    return get(path, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n");
  }
  Peer open(Peer& browser, std::string_view path) {
    Peer origin = forward(browser, upgrade(path));
    EXPECT_THAT(head_, HasSubstr("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    origin.send(
        "HTTP/1.1 101 Switching Protocols\r\nDate: D\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Accept: a\r\n\r\nfirst");
    EXPECT_EQ(browser.take_until("first"),
              "HTTP/1.1 101 Switching Protocols\r\nDate: D\r\nSec-WebSocket-Accept: a\r\n"
              "Upgrade: websocket\r\nConnection: upgrade\r\n\r\nfirst");
    return origin;
  }
};

TEST_F(TunnelTest, CarriesBytesBothWaysAndHalfCloses) {
  add_route("/ws", origin_.url());
  Peer browser = client();
  Peer origin = open(browser, "/ws");
  EXPECT_EQ(service_->tunnels().size(), 1U);
  browser.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(origin.take_until("\r\n\r\n"), "GET / HTTP/1.1\r\n\r\n");
  pass(context_.options.origin_timeout * 2);
  browser.send("ping");
  origin.take_until("ping");
  browser.half_close();
  origin.take_to_end();
  origin.send("pong");
  browser.take_until("pong");
  origin.close();
  browser.take_to_end();
  ASSERT_TRUE(run_until(*loop_, [&] { return service_->tunnels().size() == 0; }));
  EXPECT_EQ(totals("/ws").status_classes[0], 1U);
  EXPECT_EQ(totals("/ws").requests, 1U);
  EXPECT_EQ(totals("/ws").request_bytes, 22U);
}

TEST_F(TunnelTest, ARefusedUpgradeLeavesPipelinedBytesARequest) {
  add_route("/ws", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, upgrade("/ws/1") + get("/ws/2"));
  origin.send(ok("no"));
  EXPECT_THAT(origin.take_until("\r\n\r\n"), StartsWith("GET /2 HTTP/1.1\r\n"));
  origin.send(ok("yes"));
  const std::string answers = browser.take_until("yes");
  EXPECT_THAT(answers, HasSubstr("\r\n\r\nnoHTTP/1.1 200 OK\r\n"));
}

TEST_F(TunnelTest, AnUpgradeThatNobodyAskedForIsRefused) {
  add_route("/ws", origin_.url());
  for (const std::string& request :
       {get("/ws"), get("/ws",
                        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                        "HTTP2-Settings: AAMA\r\n")}) {
    Peer browser = client();
    Peer origin = forward(browser, request);
    EXPECT_THAT(head_, Not(HasSubstr("pgrade")));
    origin.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    EXPECT_THAT(browser.take_until("without being asked to\n"), StartsWith("HTTP/1.1 502 "));
    origin.take_to_end();
  }
}

TEST_F(TunnelTest, SurvivesEveryChangeButItsOwnRemoval) {
  add_route("/ws", origin_.url());
  add_route("/other", origin_.url());
  Peer browser = client();
  Peer origin = open(browser, "/ws");
  remove_route("/other");
  add_route("/ws", "http://127.0.0.1:1");
  pass(context_.options.removed_tunnel_grace * 3);
  browser.send("still here");
  origin.take_until("still here");
  EXPECT_EQ(service_->snapshots_held(), 1U);
  remove_route("/ws");
  pass(context_.options.removed_tunnel_grace + seconds(1));
  browser.take_to_end();
  origin.take_to_end();
  EXPECT_EQ(service_->tunnels().size(), 0U);
}

TEST_F(TunnelTest, ABrokenOriginCutsTheClient) {
  add_route("/ws", origin_.url());
  Peer browser = client();
  Peer origin = open(browser, "/ws");
  origin.reset();
  browser.take_to_end();
  EXPECT_EQ(service_->exchanges(), 0U);
}

}  // namespace
}  // namespace mex::proxy
