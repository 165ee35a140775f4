// What a route asks of requests before it serves them.

#include "proxy/guarded_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "proxy/service_fixture.h"

namespace mex::proxy {
namespace {

using guard::Guards;
using route::GuardSpec;
using route::RateKey;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ok;
using testing::Peer;
using testing::run_until;
using ::testing::StartsWith;

net::AddressRange range(std::string_view text) { return *net::AddressRange::parse(text); }

struct BadSpec {
  const char* field;
  GuardSpec spec;
};

TEST(GuardsTest, EveryFieldSaysWhatWouldBeRight) {
  const std::vector<BadSpec> cases = {
      {"guards.allow[1]", {.allow = {"10.0.0.0/8", "example.com"}}},
      {"guards.allow[0]", {.allow = {"10.0.0.1/8"}}},
      {"guards.deny[0]", {.deny = {"10.0.0.0/33"}}},
      {"guards.deny[0]", {.deny = {""}}},
      {"guards.allow", {.allow = std::vector<std::string>(257, "10.0.0.1")}},
      {"guards.rate_limit.requests_per_second", {.rate_limit = {.requests_per_second = -1}}},
      {"guards.rate_limit.requests_per_second", {.rate_limit = {.requests_per_second = 1'000'001}}},
      {"guards.rate_limit.requests_per_second", {.rate_limit = {.burst = 5}}},
      {"guards.rate_limit.burst", {.rate_limit = {.requests_per_second = 1, .burst = -1}}},
      {"guards.rate_limit.header",
       {.rate_limit = {.requests_per_second = 1, .key = RateKey::Header}}},
      {"guards.rate_limit.header",
       {.rate_limit = {.requests_per_second = 1, .key = RateKey::Header, .header = "a b"}}},
      {"guards.rate_limit.header", {.rate_limit = {.requests_per_second = 1, .header = "X-Key"}}},
      {"guards.concurrency.max_requests", {.concurrency = {.max_requests = -1}}},
      {"guards.concurrency.max_requests_per_client",
       {.concurrency = {.max_requests_per_client = 1'000'001}}},
      {"guards.max_body_bytes", {.max_body_bytes = -1}},
  };
  for (const BadSpec& bad : cases) {
    const auto guards = Guards::create(bad.spec);
    ASSERT_FALSE(guards.ok()) << bad.field;
    EXPECT_EQ(base::detail_of(guards.status()).field, bad.field) << guards.status();
  }
}

class GuardedRequestTest : public testing::ServiceFixture {
 protected:
  void guard_route(const GuardSpec& spec) {
    start();
    route::RoutePart part{};
    auto alone =
        route::make_route("/a", origin_.url(), std::make_shared<route::Counters>(1), part).value();
    guards_ = Guards::create(spec).value();
    add_route(route::with_guards(*alone, guards_));
  }
  std::string refused(std::string_view request) {
    Peer browser = client();
    browser.send(request);
    std::string answer = browser.take_until("\r\n\r\n");
    EXPECT_FALSE(origin_.has_connection()) << answer;
    return answer;
  }
  void expect_served(std::string_view request) {
    Peer browser = client();
    Peer origin = forward(browser, request);
    origin.send(ok("fine", "Connection: close\r\n"));
    browser.take_until("fine");
  }
  std::string from(std::string_view addresses) {
    return get("/a", "X-Forwarded-For: " + std::string(addresses) + "\r\n");
  }

  std::shared_ptr<const Guards> guards_;
};

TEST_F(GuardedRequestTest, AnAddressThatIsNotAllowedIs403) {
  guard_route({.allow = {"10.0.0.0/8"}});
  EXPECT_THAT(refused(get("/a")), StartsWith("HTTP/1.1 403 "));
  guard_route({.allow = {"127.0.0.0/8"}, .deny = {"127.0.0.1"}});
  EXPECT_THAT(refused(get("/a/x")), StartsWith("HTTP/1.1 403 "));
  guard_route({.allow = {"10.0.0.0/8", "127.0.0.1/32"}});
  expect_served(get("/a"));
  guard_route({.deny = {"::/0"}});
  expect_served(get("/a"));
}

TEST_F(GuardedRequestTest, AMappedAddressIsAnIpv4Address) {
  EXPECT_FALSE(Guards::create({.deny = {"10.0.0.0/8"}})
                   .value()
                   ->allows(*net::Address::parse_ip("::ffff:10.1.2.3", 0)));
}

TEST_F(GuardedRequestTest, WhatAClientSaysOfItselfIsNotHeard) {
  guard_route({.allow = {"10.0.0.0/8"}});
  EXPECT_THAT(refused(from("10.0.0.1")), StartsWith("HTTP/1.1 403 "));
}

TEST_F(GuardedRequestTest, OfATrustedPeerTheLastAddressThatIsNotTrustedCounts) {
  context_.options.trusted_peers = {range("127.0.0.0/8"), range("192.168.0.0/16")};
  guard_route({.deny = {"10.0.0.0/8", "2001:db8::/32"}});
  for (const char* denied :
       {"10.0.0.1", "1.2.3.4, 10.0.0.1", "1.2.3.4,10.0.0.1 , 192.168.1.1", "10.0.0.1:4711",
        "[2001:db8::1]", "[2001:db8::1]:80", "2001:db8::1", "::ffff:10.0.0.1",
        "1.2.3.4\r\nX-Forwarded-For: 10.0.0.1", "10.0.0.1\r\nX-Forwarded-For: 192.168.0.1"}) {
    SCOPED_TRACE(denied);
    EXPECT_THAT(refused(from(denied)), StartsWith("HTTP/1.1 403 "));
  }
  for (const char* served :
       {"1.2.3.4", "10.0.0.1, 1.2.3.4", "10.0.0.1, nonsense, 192.168.0.1", "10.0.0.1,", "", "[",
        "]:1", ":", "10.0.0.1\r\nX-Forwarded-For: 1.2.3.4"}) {
    SCOPED_TRACE(served);
    expect_served(from(served));
  }
}

TEST_F(GuardedRequestTest, ARateThatIsExceededIs429AndSaysWhen) {
  guard_route({.rate_limit = {.requests_per_second = 1, .burst = 2}});
  expect_served(get("/a"));
  expect_served(get("/a"));
  EXPECT_THAT(refused(get("/a")),
              AllOf(StartsWith("HTTP/1.1 429 "), HasSubstr("Retry-After: 1\r\n")));
  pass(milliseconds(1100));
  expect_served(get("/a"));
}

TEST_F(GuardedRequestTest, RatesAreByHeaderWhereTheRouteSaysSo) {
  guard_route(
      {.rate_limit = {
           .requests_per_second = 1, .burst = 1, .key = RateKey::Header, .header = "x-key"}});
  expect_served(get("/a", "X-Key: one\r\n"));
  expect_served(get("/a", "X-Key: two\r\n"));
  EXPECT_THAT(refused(get("/a", "X-Key: one\r\n")), StartsWith("HTTP/1.1 429 "));
  expect_served(get("/a"));
  EXPECT_THAT(refused(get("/a")), StartsWith("HTTP/1.1 429 ")) << "without it: the client";
}

TEST_F(GuardedRequestTest, AClientIsAnAddressOrANetworkOfIpv6) {
  context_.options.trusted_peers = {range("127.0.0.0/8")};
  guard_route({.rate_limit = {.requests_per_second = 1, .burst = 1}});
  expect_served(from("10.0.0.1"));
  expect_served(from("10.0.0.2"));
  expect_served(from("2001:db8::1"));
  EXPECT_THAT(refused(from("10.0.0.1")), StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(refused(from("2001:db8::2")), StartsWith("HTTP/1.1 429 "));
  expect_served(from("2001:db8:0:1::1"));
}

TEST_F(GuardedRequestTest, ARouteCanHaveOneRateForAll) {
  context_.options.trusted_peers = {range("127.0.0.0/8")};
  guard_route({.rate_limit = {.requests_per_second = 1, .burst = 2, .key = RateKey::Route}});
  expect_served(from("10.0.0.1"));
  expect_served(from("10.0.0.2"));
  EXPECT_THAT(refused(from("10.0.0.3")), StartsWith("HTTP/1.1 429 "));
}

TEST_F(GuardedRequestTest, ARouteThatIsReplacedGoesOnCounting) {
  guard_route({.rate_limit = {.requests_per_second = 1, .burst = 1}});
  expect_served(get("/a"));
  const auto before = guards_;
  guard_route({.rate_limit = {.requests_per_second = 1, .burst = 1}, .max_body_bytes = 10});
  guards_->continue_from(*before);
  EXPECT_THAT(refused(get("/a")), StartsWith("HTTP/1.1 429 "));
}

TEST_F(GuardedRequestTest, RequestsUnderWayAreBounded) {
  for (const bool is_per_client : {true, false}) {
    SCOPED_TRACE(is_per_client);
    guard_route({.concurrency = {.max_requests = is_per_client ? 0 : 1,
                                 .max_requests_per_client = is_per_client ? 1 : 0}});
    Peer browser = client();
    Peer origin = forward(browser, get("/a"));
    EXPECT_THAT(refused(get("/a")), AllOf(StartsWith("HTTP/1.1 429 "), HasSubstr("Content-Type")));
    origin.send(ok("fine", "Connection: close\r\n"));
    browser.take_until("fine");
    expect_served(get("/a"));
    // One that leaves counts no more.
    Peer leaving = client();
    Peer left = forward(leaving, get("/a"));
    leaving.reset();
    EXPECT_TRUE(run_until(*loop_, [&] { return service_->exchanges() == 0; }));
    expect_served(get("/a"));
  }
}

TEST_F(GuardedRequestTest, ABodyThatIsTooLargeIs413) {
  guard_route({.max_body_bytes = 10});
  EXPECT_THAT(refused("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  Peer browser = client();
  Peer origin = forward(browser, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
  browser.send("0123456789");
  origin.take_until("0123456789");
}

TEST_F(GuardedRequestTest, ABodyWithoutALengthIs413WhenItIsTooLarge) {
  guard_route({.max_body_bytes = 10});
  Peer browser = client();
  Peer origin = forward(browser,
                        "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "6\r\n012345\r\n");
  browser.send("6\r\n012345\r\n");
  EXPECT_THAT(browser.take_until("body_size)\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(origin.take_to_end(), Not(HasSubstr("\r\n0\r\n"))) << "it does not look whole";
  EXPECT_EQ(totals("/a").origin_errors, 0U);
}

}  // namespace
}  // namespace mex::proxy
