// Which requests a route gets over real connections, and what it does with them besides leading
// them to an origin.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "proxy/service_fixture.h"

namespace mex::proxy {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ok;
using testing::Peer;
using ::testing::StartsWith;

class ProxyRoutingTest : public testing::ServiceFixture {
 protected:
  struct Wanted {
    std::string host;
    std::string path;
    route::ConditionSpec conditions{};
    route::ActionSpec action{};
  };
  void add(const Wanted& wanted) {
    add_route(std::make_shared<const route::Route>(
        route::Rule{route::HostPattern::parse(wanted.host).value(),
                    route::PathPattern::parse(wanted.path).value(),
                    route::Conditions::create(wanted.conditions).value()},
        http::parse_origin_url(origin_.url()).value(), std::make_shared<route::Counters>(1),
        route::Action::create(wanted.action).value()));
  }
  void add_answer(const std::string& host, const std::string& path, const std::string& body,
                  route::ConditionSpec conditions = {}) {
    add({host, path, std::move(conditions), answering({200, body})});
  }
  static route::ActionSpec answering(route::AnswerSpec answer) {
    route::ActionSpec spec;
    spec.answer = std::move(answer);
    return spec;
  }
  static route::ActionSpec redirecting(int status, std::string location) {
    route::ActionSpec spec;
    spec.redirect = route::RedirectSpec{status, std::move(location)};
    return spec;
  }

  // The answer to one request over its own connection.
  std::string ask(std::string_view line, std::string_view host, std::string_view more = "") {
    Peer browser = client();
    browser.send(std::string(line) + " HTTP/1.1\r\nHost: " + std::string(host) +
                 "\r\nConnection: close\r\n" + std::string(more) + "\r\n");
    return browser.take_to_end();
  }
};

TEST_F(ProxyRoutingTest, TheHostDecidesWhateverItsCaseItsPortAndItsLastDot) {
  add_answer("www.example.com", "/", "www");
  add_answer("*.example.com", "/", "wildcard");
  add_answer("", "/", "any");
  for (const char* host : {"www.example.com", "WWW.EXAMPLE.COM", "www.example.com:8443",
                           "www.example.com.", "www.example.com.:443"}) {
    EXPECT_THAT(ask("GET /x", host), EndsWith("\r\n\r\nwww")) << host;
  }
  EXPECT_THAT(ask("GET /x", "a.b.example.com"), EndsWith("\r\n\r\nwildcard"));
  EXPECT_THAT(ask("GET /x", "example.com"), EndsWith("\r\n\r\nany"));
  EXPECT_THAT(ask("GET /x", "[::1]:443"), EndsWith("\r\n\r\nany"));
  EXPECT_THAT(ask("GET http://www.example.com/x", "www.example.com"), EndsWith("\r\n\r\nwww"));
}

TEST_F(ProxyRoutingTest, MethodHeaderAndQueryDecideAmongTheRoutesOfOnePath) {
  add_answer("", "/a", "plain");
  add_answer("", "/a", "posted", {{"POST"}, {}, {}});
  add_answer("", "/a", "beta", {{}, {{"X-Beta", route::FieldTest::Exact, "1"}}, {}});
  add_answer("", "/a", "new", {{}, {}, {{"v", route::FieldTest::Exact, "2"}}});
  EXPECT_THAT(ask("GET /a", "h"), EndsWith("\r\n\r\nplain"));
  EXPECT_THAT(ask("POST /a", "h", "Content-Length: 3\r\n\r\nabc"), HasSubstr("\r\n\r\nposted"));
  EXPECT_THAT(ask("GET /a", "h", "x-beta: 1\r\n"), EndsWith("\r\n\r\nbeta"));
  EXPECT_THAT(ask("GET /a", "h", "x-beta: 1\r\nX-Beta: 1\r\n"), EndsWith("\r\n\r\nplain"));
  EXPECT_THAT(ask("GET /a?v=%32", "h"), EndsWith("\r\n\r\nnew"));
}

TEST_F(ProxyRoutingTest, AnAnswerIsWholeWithoutAnOrigin) {
  route::ActionSpec html = answering({418, "<p>tea</p>", "text/html"});
  html.response_headers.set = {{"X-Frame-Options", "DENY"}};
  add({"", "/tea", {}, html});
  add({"", "/none", {}, answering({204})});
  const std::string answer = ask("GET /tea", "h");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 418 "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/html\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Frame-Options: DENY\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n<p>tea</p>"));
  const std::string head = ask("HEAD /tea", "h");
  EXPECT_THAT(head, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  const std::string none = ask("GET /none", "h");
  EXPECT_THAT(none, StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(none, Not(HasSubstr("Content-")));
  EXPECT_EQ(totals("/tea").requests, 2U);
  EXPECT_EQ(totals("/tea").status_classes[3], 2U);
}

TEST_F(ProxyRoutingTest, ARedirectNamesThePlaceAndNothingThatTheClientCouldAdd) {
  add({"", "/", {}, redirecting(308, "https://{host}{path}{query}")});
  add({"", "/old", {}, redirecting(301, "{rest}")});
  EXPECT_THAT(ask("GET /a/b?x=1", "www.example.com:80"),
              HasSubstr("Location: https://www.example.com/a/b?x=1\r\n"));
  EXPECT_THAT(ask("GET /a/b?x=1", "h"), StartsWith("HTTP/1.1 308 "));
  // An empty segment would be read as a host.
  EXPECT_THAT(ask("GET /old//evil.example/x", "h"), HasSubstr("Location: /evil.example/x\r\n"));
  EXPECT_THAT(ask("GET /old/%5cevil.example", "h"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET /a%0d%0aSet-Cookie:x", "h"), StartsWith("HTTP/1.1 400 "));
  Peer old_client = client();
  old_client.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old_client.take_to_end(), HasSubstr("names no host"));
}

TEST_F(ProxyRoutingTest, HeadersAreChangedOnTheWayToTheOriginAndBack) {
  Wanted wanted{"", "/a", {}, {}};
  wanted.action.request_headers.set = {{"X-Tenant", "t1"}};
  wanted.action.request_headers.add = {{"Accept", "text/plain"}};
  wanted.action.request_headers.remove = {"Cookie"};
  wanted.action.response_headers.set = {{"Server", "edge"}};
  wanted.action.response_headers.add = {{"Vary", "X-Tenant"}};
  wanted.action.response_headers.remove = {"X-Powered-By"};
  add(wanted);
  Peer browser = client();
  Peer origin = forward(browser, testing::get("/a",
                                              "X-Tenant: evil\r\nx-tenant: evil\r\nCookie: a=1\r\n"
                                              "Accept: text/html\r\n"));
  EXPECT_THAT(head_, HasSubstr("\r\nX-Tenant: t1\r\n"));
  EXPECT_THAT(head_, Not(HasSubstr("evil")));
  EXPECT_THAT(head_, Not(HasSubstr("Cookie")));
  EXPECT_THAT(head_, HasSubstr("\r\nAccept: text/html\r\n"));
  EXPECT_THAT(head_, HasSubstr("\r\nAccept: text/plain\r\n"));
  origin.send(ok("done", "Server: origin\r\nX-Powered-By: magic\r\nVary: Accept\r\n"));
  const std::string answer = browser.take_until("done");
  EXPECT_THAT(answer, HasSubstr("Server: edge\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("origin")));
  EXPECT_THAT(answer, Not(HasSubstr("X-Powered-By")));
  EXPECT_THAT(answer, HasSubstr("Vary: Accept\r\n"));
  EXPECT_THAT(answer, HasSubstr("Vary: X-Tenant\r\n"));
}

TEST_F(ProxyRoutingTest, ARegularExpressionRewritesThePathForItsOrigin) {
  route::ActionSpec action;
  action.path_rewrite = R"(/\2/\1)";
  add_route(
      route::make_route({{}, route::PathPattern::parse_regex("/v([0-9]+)/(.*)", 1).value(), {}},
                        route::Action::create(action).value(), origin_.url("/base"),
                        std::make_shared<route::Counters>(1))
          .value());
  Peer browser = client();
  Peer origin = forward(browser, testing::get("/v2/a/b?q=1"));
  EXPECT_THAT(head_, StartsWith("GET /base/a/b/2?q=1 HTTP/1.1\r\n"));
  EXPECT_THAT(head_, Not(HasSubstr("X-Forwarded-Prefix")));
  origin.send(ok("done"));
  browser.take_until("done");
  EXPECT_THAT(ask("GET /vx/a", "h"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ProxyRoutingTest, WhatIsRewrittenToADotSegmentIsRefused) {
  route::ActionSpec action;
  action.path_rewrite = R"(/files/\1\2/x)";
  add_route(route::make_route({{}, route::PathPattern::parse_regex("/(.)a(.)", 1).value(), {}},
                              route::Action::create(action).value(), origin_.url(),
                              std::make_shared<route::Counters>(1))
                .value());
  EXPECT_THAT(ask("GET /.a.", "h"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ProxyRoutingTest, AHeadThatIsFullHasRoomForWhatIsChanged) {
  Wanted wanted{"", "/a", {}, {}};
  for (std::size_t i = 0; i < route::kMaxHeaderChanges; ++i) {
    wanted.action.response_headers.add.push_back({"X-" + std::to_string(i), std::string(200, 'y')});
    wanted.action.request_headers.add.push_back({"X-" + std::to_string(i), std::string(4000, 'y')});
  }
  add(wanted);
  Peer browser = client();
  Peer origin = forward(browser, testing::get("/a"));
  EXPECT_GT(head_.size(), 32U * 4000U);
  std::string fields;
  for (std::size_t i = 0; i < http::HeaderList::kCapacity - 2; ++i) fields += "A: b\r\n";
  origin.send(ok("done", fields));
  EXPECT_THAT(browser.take_until("done"), HasSubstr("X-31: yyy"));
}

}  // namespace
}  // namespace mex::proxy
