#include "proxy/upstream/origin_request.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

#include "http/forwarding_headers.h"
#include "http/request_parser.h"
#include "http/uri.h"

namespace mex::proxy::upstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Client {
  std::string_view ip = "192.0.2.7";
  bool tls = true;
  bool trusted = false;
};

// Those that the proxy itself sends.
bool is_told(std::string_view name) {
  static constexpr auto kTold = std::to_array<std::string_view>(
      {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix",
       "X-Forwarded-Proto", "X-Origin-Host", "X-Real-IP"});
  return std::find(kTold.begin(), kTold.end(), name) != kTold.end();
}

// Lines of the head that begin with this name.
int count_of(std::string_view head, std::string_view name) {
  const std::string line = "\r\n" + std::string(name) + ": ";
  int count = 0;
  for (std::size_t at = 0; (at = head.find(line, at)) != std::string_view::npos; ++at) ++count;
  return count;
}

class OriginRequestTest : public ::testing::Test {
 protected:
  const http::RequestHead& parse(std::string_view head) {
    text_ = head;
    parser_.reset();
    const http::ParseOutcome outcome = parser_.feed(text_);
    EXPECT_EQ(outcome.state, http::ParseOutcome::State::Complete) << http::to_string(outcome.error);
    return parser_.head();
  }

  std::string written(std::string_view head, Client client = {}) {
    const http::RequestHead& parsed = parse(head);
    std::string path(parsed.path.size(), '\0');
    const OriginRequest request{
        .client = parsed,
        .route = *route_,
        .target = {http::normalize_path(parsed.path, path).path, parsed.query, parsed.has_query},
        .client_ip = client.ip,
        .local_port = 443,
        .client_tls = client.tls,
        .client_trusted = client.trusted,
        .agent_token = "agent-1"};
    std::vector<char> space(origin_request_size(request));
    const std::size_t size = write_origin_request(request, space);
    return {space.data(), size};
  }

  void route(std::string_view path, std::string_view origin) {
    route::RoutePart part{};
    route_ = route::make_route(path, origin, nullptr, part).value();
  }

  std::shared_ptr<const route::Route> route_;
  std::string text_;
  http::RequestParser parser_;

  void SetUp() override { route("/test2", "http://10.1.1.1:8081/base"); }
};

TEST_F(OriginRequestTest, WholeHeadByteByByte) {
  EXPECT_EQ(written("GET /test2/x?q=1 HTTP/1.1\r\n"
                    "Host: edge.example\r\n"
                    "User-Agent: curl\r\n"
                    "\r\n"),
            "GET /base/x?q=1 HTTP/1.1\r\n"
            "Host: edge.example\r\n"
            "User-Agent: curl\r\n"
            "X-Forwarded-For: 192.0.2.7\r\n"
            "X-Forwarded-Host: edge.example\r\n"
            "X-Forwarded-Proto: https\r\n"
            "X-Forwarded-Port: 443\r\n"
            "X-Forwarded-Prefix: /test2\r\n"
            "X-Real-IP: 192.0.2.7\r\n"
            "X-Origin-Host: 10.1.1.1:8081\r\n"
            "Forwarded: for=192.0.2.7;host=edge.example;proto=https\r\n"
            "CDN-Loop: agent-1\r\n"
            "\r\n");
}

TEST_F(OriginRequestTest, HopByHopHeadersEndHere) {
  const std::string head = written(
      "GET /test2 HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\n"
      "Keep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: x\r\nTrailer: a\r\nX-Public: 2\r\n\r\n");
  for (const char* name :
       {"X-Private", "Keep-Alive", "TE:", "Proxy-Connection", "Trailer", "\r\nConnection"}) {
    EXPECT_THAT(head, Not(HasSubstr(name)));
  }
  EXPECT_THAT(head, HasSubstr("X-Public: 2\r\n"));
}

// "Connection: Content-Length" must not make the body vanish from the origin's view.
TEST_F(OriginRequestTest, ConnectionCannotNameFramingOrForwardingAway) {
  const std::string head = written(
      "POST /test2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
      "Connection: Content-Length, X-Forwarded-For, Host\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(head, HasSubstr("Host: h\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-For: 192.0.2.7\r\n"));
}

TEST_F(OriginRequestTest, ForwardingHeadersOfStrangersAreReplaced) {
  const std::string head = written(
      "GET /test2 HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n"
      "Forwarded: for=6.6.6.6\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: http\r\n"
      "X-Real-IP: 6.6.6.6\r\nX-Origin-Host: evil\r\n\r\n");
  EXPECT_THAT(head, Not(HasSubstr("6.6.6.6")));
  EXPECT_THAT(head, Not(HasSubstr("evil")));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-Proto: https\r\n"));
}

TEST_F(OriginRequestTest, ForwardingHeadersOfTrustedPeersAreAddedTo) {
  const std::string head = written(
      "GET /test2 HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n"
      "X-Forwarded-For: 3.3.3.3\r\nForwarded: for=1.1.1.1\r\nX-Forwarded-Host: outer\r\n"
      "X-Forwarded-Proto: https\r\nX-Real-IP: 1.1.1.1\r\n\r\n",
      {.tls = false, .trusted = true});
  EXPECT_THAT(head, HasSubstr("X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.7\r\n"));
  EXPECT_THAT(head, HasSubstr("Forwarded: for=1.1.1.1, for=192.0.2.7;host=h;proto=http\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-Host: outer\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-Proto: https\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("X-Forwarded-Proto: http\r\n")));
  EXPECT_THAT(head, HasSubstr("X-Real-IP: 1.1.1.1\r\n"));
}

// Every name of the list, in the spellings that CGI makes one of, twice in a request: the client
// says nothing about itself, and what the proxy says stands there once.
TEST_F(OriginRequestTest, AStrangersForwardingHeadersNeverReachAnOrigin) {
  for (const std::string_view name : http::kForwardingHeaders) {
    std::string underscored(name);
    for (char& c : underscored) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
    const std::string head = written(
        fmt::format("GET /test2 HTTP/1.1\r\nHost: h\r\n{0}: 6.6.6.6\r\n{0}: 6.6.6.6\r\n{1}: "
                    "6.6.6.6\r\nX-Public: 1\r\n\r\n",
                    name, underscored));
    EXPECT_THAT(head, Not(HasSubstr("6.6.6.6"))) << name;
    EXPECT_THAT(head, HasSubstr("X-Public: 1\r\n"));
    if (!is_told(name)) {
      EXPECT_EQ(count_of(head, name), 0) << name;
      continue;
    }
    EXPECT_EQ(count_of(head, name), 1) << name;
  }
  EXPECT_THAT(written("GET /test2 HTTP/1.1\r\nHost: h\r\nX-Forwarded-New: 6.6.6.6\r\n\r\n"),
              Not(HasSubstr("6.6.6.6")));
}

TEST_F(OriginRequestTest, WhatIsNoForwardingHeaderPasses) {
  const std::string head = written(
      "GET /test2 HTTP/1.1\r\nHost: h\r\nX-HTTP-Method-Override: PUT\r\nX-Request-ID: 17\r\n"
      "X_Api_Key: k\r\nVia: 1.1 a\r\n\r\n");
  for (const char* line : {"X-HTTP-Method-Override: PUT\r\n", "X-Request-ID: 17\r\n",
                           "X_Api_Key: k\r\n", "Via: 1.1 a\r\n"}) {
    EXPECT_THAT(head, HasSubstr(line));
  }
}

TEST_F(OriginRequestTest, APathThatKeepsItsFormHasNoPrefix) {
  route("/", "http://10.1.1.1");
  EXPECT_THAT(written("GET /test2 HTTP/1.1\r\nHost: h\r\n\r\n"), Not(HasSubstr("Prefix")));
  route("/app/*rest", "http://10.1.1.1");
  EXPECT_THAT(written("GET /app/x HTTP/1.1\r\nHost: h\r\n\r\n"),
              HasSubstr("X-Forwarded-Prefix: /app\r\n"));
}

TEST_F(OriginRequestTest, ATrustedPeersPrefixComesBeforeOurs) {
  const auto prefix = [this](std::string_view theirs, bool trusted) {
    const std::string head = written(
        fmt::format("GET /test2 HTTP/1.1\r\nHost: h\r\nX-Forwarded-Prefix: {}\r\n\r\n", theirs),
        {.trusted = trusted});
    const std::size_t at = head.find("X-Forwarded-Prefix: ") + 20;
    return head.substr(at, head.find('\r', at) - at);
  };
  EXPECT_EQ(prefix("/outer", true), "/outer/test2");
  EXPECT_EQ(prefix("/outer/", true), "/outer/test2");
  EXPECT_EQ(prefix("/", true), "/test2");
  EXPECT_EQ(prefix("http://evil", true), "/test2");
  EXPECT_EQ(prefix("/outer", false), "/test2");
}

TEST_F(OriginRequestTest, ATrustedPeersOtherWordsPassButNotItsClientsUnderscores) {
  const std::string head = written(
      "GET /test2 HTTP/1.1\r\nHost: h\r\nCF-Connecting-IP: 1.1.1.1\r\nX-Forwarded-Port: 8443\r\n"
      "X_Real_IP: 6.6.6.6\r\nX-Forwarded_For: 6.6.6.6\r\n\r\n",
      {.trusted = true});
  EXPECT_THAT(head, HasSubstr("CF-Connecting-IP: 1.1.1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-Port: 8443\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("X-Forwarded-Port: 443")));
  EXPECT_THAT(head, Not(HasSubstr("6.6.6.6")));
}

// RFC 7239 section 6: an IPv6 address is bracketed and quoted, a host with a port quoted.
TEST_F(OriginRequestTest, ForwardedQuotesWhatIsNoToken) {
  EXPECT_THAT(written("GET /test2 HTTP/1.1\r\nHost: h:8443\r\n\r\n", {.ip = "2001:db8::1"}),
              HasSubstr("Forwarded: for=\"[2001:db8::1]\";host=\"h:8443\";proto=https\r\n"));
}

TEST_F(OriginRequestTest, Http10WithoutHostGetsTheOrigins) {
  const std::string head = written("GET /test2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("GET /base HTTP/1.1\r\nHost: 10.1.1.1:8081\r\n"));
  EXPECT_THAT(head, HasSubstr("Forwarded: for=192.0.2.7;proto=https\r\n"));
}

TEST_F(OriginRequestTest, ChunkedBodiesStayChunkedAndExpectIsPassedOn) {
  const std::string head = written(
      "PUT /test2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"));
}

TEST_F(OriginRequestTest, UpgradesArePassedOnButNeverH2c) {
  const std::string websocket = written(
      "GET /test2 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Key: abc\r\n\r\n");
  EXPECT_THAT(websocket, HasSubstr("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(websocket, HasSubstr("Sec-WebSocket-Key: abc\r\n"));
  for (const char* protocol : {"h2c", "H2C", "websocket, h2c", "h2c-16"}) {
    const std::string head =
        written(std::string("GET /test2 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, "
                            "HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nUpgrade: ") +
                protocol + "\r\n\r\n");
    EXPECT_THAT(head, Not(HasSubstr("pgrade"))) << protocol;
    EXPECT_THAT(head, Not(HasSubstr("HTTP2-Settings"))) << protocol;
  }
}

TEST_F(OriginRequestTest, Http2SettingsAreDroppedEvenWhenConnectionDoesNotNameThem) {
  EXPECT_THAT(written("GET /test2 HTTP/1.1\r\nHost: h\r\nHTTP2-Settings: AAMA\r\n\r\n"),
              Not(HasSubstr("HTTP2-Settings")));
}

TEST_F(OriginRequestTest, AnUpgradeWithABodyIsNotAskedFor) {
  EXPECT_THAT(written("POST /test2 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                      "Upgrade: websocket\r\nContent-Length: 1\r\n\r\n"),
              Not(HasSubstr("pgrade")));
}

TEST_F(OriginRequestTest, LoopsAreRecognised) {
  const auto passed = [this](std::string_view header) {
    return has_passed(parse("GET /test2 HTTP/1.1\r\nHost: h\r\n" + std::string(header) + "\r\n"),
                      "agent-1");
  };
  EXPECT_TRUE(passed("CDN-Loop: agent-1\r\n"));
  EXPECT_TRUE(passed("cdn-loop: other\r\nCDN-Loop: x, agent-1\r\n"));
  EXPECT_FALSE(passed("CDN-Loop: agent-2\r\n"));
  EXPECT_FALSE(passed(""));
  EXPECT_THAT(written("GET /test2 HTTP/1.1\r\nHost: h\r\nCDN-Loop: other\r\n\r\n"),
              HasSubstr("CDN-Loop: other\r\n"));
}

// The space that origin_request_size() asks for is enough in every shape: a long base path and a
// short request, many trusted values, an IPv6 client.
TEST_F(OriginRequestTest, TheSizeIsAlwaysEnough) {
  route("/a", "http://10.1.1.1/" + std::string(3000, 'b'));
  EXPECT_THAT(written("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"), HasSubstr("bbb HTTP/1.1\r\n"));
  std::string many = "GET /a/x HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 45; ++i) many += "X-Forwarded-For: 1.1.1.1\r\nForwarded: for=1.1.1.1\r\n";
  EXPECT_THAT(
      written(many + "\r\n", {.ip = "2001:db8:1111:2222:3333:4444:5555:6666", .trusted = true}),
      HasSubstr("for=\"[2001:db8:1111:2222:3333:4444:5555:6666]\";host=h"));
}

}  // namespace
}  // namespace mex::proxy::upstream
