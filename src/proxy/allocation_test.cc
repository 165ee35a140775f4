// In steady state a proxied request allocates nothing.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>

#include "base/temporary_directory.h"
#include "proxy/access_log/access_log.h"
#include "proxy/service_fixture.h"
#include "server/http2/testing.h"

namespace {

bool counting = false;
std::size_t allocations = 0;

void* counted(std::size_t size) {
  if (counting) ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return counted(size); }
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (counting) ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace mex::proxy {
namespace {

using testing::get;
using testing::ok;
using testing::Peer;
using testing::ScriptedOrigin;
using testing::ServiceFixture;

class AllocationTest : public ServiceFixture {
 protected:
  void counted_turn() {
    counting = true;
    turn();
    counting = false;
  }

  // One request over kept connections; what the test's own side allocates is not counted.
  void exchange(Peer& browser, Peer& origin, const std::string& request,
                const std::string& answer) {
    ASSERT_EQ(browser.send_some(request), request.size());
    while (origin.received().find("\r\n\r\n") == std::string::npos) counted_turn();
    origin.take_until("\r\n\r\n");
    ASSERT_EQ(origin.send_some(answer), answer.size());
    while (!browser.received().ends_with("hello")) counted_turn();
    browser.take_until("hello");
    counted_turn();
  }
};

TEST_F(AllocationTest, KeptConnectionsAllocateNothing) {
  add_route("/a", origin_.url("/base"));
  Peer browser = client();
  browser.send(get("/a"));
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  origin.send(ok("hello"));
  browser.take_until("hello");

  const std::string request = get("/a/some/path?query", "User-Agent: test\r\nCookie: a=b\r\n");
  const std::string answer = ok("hello", "Content-Type: text/plain\r\n");
  constexpr int kWarmUp = 20;
  constexpr int kMeasured = 100;
  for (int i = 0; i < kWarmUp; ++i) exchange(browser, origin, request, answer);
  allocations = 0;
  for (int i = 0; i < kMeasured; ++i) exchange(browser, origin, request, answer);
  EXPECT_EQ(allocations, 0U);
}

TEST_F(AllocationTest, TheAccessLogAllocatesNothing) {
  const base::TemporaryDirectory directory;
  AccessLog log(directory.path() + "/access.log", 1);
  context_.access_log = &log;
  context_.options.names_requests = true;
  add_route("/a", origin_.url("/base"));
  const std::string request =
      get("/a/some/path?query", "User-Agent: test\r\nCookie: a=b\r\nReferer: https://a/b?c\r\n");
  const std::string answer = ok("hello", "Content-Type: text/plain\r\n");
  Peer browser = client();
  browser.send(request);
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  origin.send(answer);
  browser.take_until("hello");
  const std::string unserved = get("/none");
  const auto ask = [&] {
    exchange(browser, origin, request, answer);
    ASSERT_EQ(browser.send_some(unserved), unserved.size());
    while (browser.received().find("not found") == std::string::npos) counted_turn();
    browser.take_until("not found\n");
  };
  for (int i = 0; i < 20; ++i) ask();
  allocations = 0;
  for (int i = 0; i < 100; ++i) ask();
  EXPECT_EQ(allocations, 0U);
  stop();
}

route::Rule conditioned_rule(const char* path) {
  return {route::HostPattern::parse("*.example").value(), route::PathPattern::parse(path).value(),
          route::Conditions::create({{"GET"},
                                     {{"X-Beta", route::FieldTest::Prefix, "1"}},
                                     {{"v", route::FieldTest::Exact, "2"}}})
              .value()};
}

TEST_F(AllocationTest, HostsConditionsAndChangedHeadersAllocateNothing) {
  route::ActionSpec action;
  action.request_headers.set = {{"X-Tenant", "a tenant whose name is longer than a short string"}};
  action.response_headers.remove = {"Server"};
  add_route(route::make_route(conditioned_rule("/a"), route::Action::create(action).value(),
                              origin_.url(), std::make_shared<route::Counters>(1))
                .value());
  const std::string request = get("/a/path?v=%32", "X-Beta: 1.5\r\n");
  const std::string answer = ok("hello", "Server: origin\r\n");
  Peer browser = client();
  browser.send(request);
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  origin.send(answer);
  browser.take_until("hello");
  for (int i = 0; i < 20; ++i) exchange(browser, origin, request, answer);
  allocations = 0;
  for (int i = 0; i < 100; ++i) exchange(browser, origin, request, answer);
  EXPECT_EQ(allocations, 0U);
}

TEST_F(AllocationTest, GuardsAllocateNothing) {
  context_.options.trusted_peers = {*net::AddressRange::parse("127.0.0.0/8")};
  route::GuardSpec spec;
  spec.allow = {"10.0.0.0/8", "2001:db8::/32"};
  spec.rate_limit = {.requests_per_second = 1'000'000,
                     .burst = 1'000,
                     .key = route::RateKey::Header,
                     .header = "X-Key"};
  spec.concurrency = {.max_requests = 5, .max_requests_per_client = 5};
  spec.max_body_bytes = 100;
  start();
  route::RoutePart part{};
  const auto alone =
      route::make_route("/a", origin_.url(), std::make_shared<route::Counters>(1), part).value();
  add_route(route::with_guards(*alone, guard::Guards::create(spec).value()));
  const std::string request =
      get("/a", "X-Forwarded-For: 1.2.3.4, 2001:db8::7, 127.0.0.9\r\nX-Key: one of many keys\r\n");
  const std::string answer = ok("hello");
  Peer browser = client();
  browser.send(request);
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  origin.send(answer);
  browser.take_until("hello");
  for (int i = 0; i < 20; ++i) exchange(browser, origin, request, answer);
  allocations = 0;
  for (int i = 0; i < 100; ++i) exchange(browser, origin, request, answer);
  EXPECT_EQ(allocations, 0U);
}

TEST_F(AllocationTest, WaitingForAConnectionAllocatesNothing) {
  context_.options.max_origin_connections = 1;
  add_route("/a", origin_.url());
  const std::string request = get("/a");
  const std::string answer = ok("hello");
  Peer browsers[] = {client(), client()};
  browsers[0].send(request);
  Peer origin = origin_.accept();
  // Each waits behind the other one.
  const auto go_round = [&] {
    for (int i = 0; i < 2; ++i) {
      ASSERT_EQ(browsers[1 - i].send_some(request), request.size());
      while (origin.received().find("\r\n\r\n") == std::string::npos) counted_turn();
      while (service_->queue().waiting() == 0) counted_turn();
      origin.take_until("\r\n\r\n");
      ASSERT_EQ(origin.send_some(answer), answer.size());
      while (!browsers[i].received().ends_with("hello")) counted_turn();
      browsers[i].take_until("hello");
    }
  };
  for (int i = 0; i < 20; ++i) go_round();
  allocations = 0;
  for (int i = 0; i < 100; ++i) go_round();
  EXPECT_EQ(allocations, 0U);
}

TEST_F(AllocationTest, RedirectsAllocateNothing) {
  route::ActionSpec action;
  action.redirect = route::RedirectSpec{302, "https://{host}/hello{path}"};
  add_route(route::make_route(conditioned_rule("/a"), route::Action::create(action).value(), "",
                              std::make_shared<route::Counters>(1))
                .value());
  const std::string request = get("/a/path?v=2", "X-Beta: 1\r\n");
  Peer browser = client();
  const auto ask = [&] {
    ASSERT_EQ(browser.send_some(request), request.size());
    while (!browser.received().ends_with("\r\n\r\n")) counted_turn();
    browser.take_until("hello/a/path\r\n");
    browser.take_until("\r\n\r\n");
  };
  for (int i = 0; i < 20; ++i) ask();
  allocations = 0;
  for (int i = 0; i < 100; ++i) ask();
  EXPECT_EQ(allocations, 0U);
}

TEST_F(AllocationTest, ChoosingAmongOriginsAllocatesNothing) {
  ScriptedOrigin others[] = {ScriptedOrigin(*loop_), ScriptedOrigin(*loop_)};
  balance::OriginSetOptions options;
  options.origins = {
      {origin_.url(), 1, "id0"}, {others[0].url(), 1, "id1"}, {others[1].url(), 1, "id2"}};
  options.balance.policy = balance::Policy::Sticky;
  options.timeouts.total = std::chrono::seconds(60);
  options.health_check.type = balance::CheckType::Tcp;
  add_origins("/a", options);
  Peer browser = client();
  const std::string request = get("/a/some/path?query", "Cookie: a=b; mex_origin=none\r\n");
  const std::string answer = ok("hello", "Content-Type: text/plain\r\n");
  std::vector<Peer> peers;
  for (ScriptedOrigin* origin : {&origin_, &others[0], &others[1]}) {
    browser.send(request);
    peers.push_back(origin->accept());
    peers.back().take_until("\r\n\r\n");
    peers.back().send(answer);
    browser.take_until("hello");
  }
  for (std::size_t i = 0; i < 21; ++i) exchange(browser, peers[i % 3], request, answer);
  allocations = 0;
  for (std::size_t i = 0; i < 99; ++i) exchange(browser, peers[i % 3], request, answer);
  EXPECT_EQ(allocations, 0U);
}

TEST_F(AllocationTest, CopiesForAMirrorAllocateNothing) {
  ScriptedOrigin second(*loop_);
  route::RoutePart part{};
  const auto alone =
      route::make_route("/a", origin_.url(), std::make_shared<route::Counters>(1), part).value();
  add_route(route::with_mirror(*alone, *route::Mirror::create(*alone, {second.url()}, nullptr, 1)));
  const std::string request = get("/a/some/path?query", "User-Agent: test\r\nCookie: a=b\r\n");
  const std::string answer = ok("hello", "Content-Type: text/plain\r\n");
  Peer browser = client();
  browser.send(request);
  Peer origin = origin_.accept();
  Peer mirror = second.accept();
  const auto answer_copy = [&] {
    mirror.take_until("\r\n\r\n");
    mirror.send_some(answer);
    counted_turn();
  };
  origin.take_until("\r\n\r\n");
  answer_copy();
  origin.send(answer);
  browser.take_until("hello");
  for (int i = 0; i < 20; ++i) {
    exchange(browser, origin, request, answer);
    answer_copy();
  }
  allocations = 0;
  for (int i = 0; i < 100; ++i) {
    exchange(browser, origin, request, answer);
    answer_copy();
  }
  EXPECT_EQ(allocations, 0U);
}

TEST_F(AllocationTest, StreamsOfAKeptConnectionAllocateNothing) {
  server_options_.http2.prior_knowledge = true;
  add_route("/a", origin_.url("/base"));
  Peer browser = client();
  browser.send(std::string(http::kHttp2Preface) + server::http2::testing::settings({}));
  const auto request_of = [](std::uint32_t stream) {
    return server::http2::testing::headers(
               stream,
               server::http2::testing::request("GET", "/a/some/path?query",
                                               {{"user-agent", "test"}, {"cookie", "a=b"}})) +
           server::http2::testing::window_update(0, 5);
  };
  browser.send(request_of(1));
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  const std::string answer = ok("hello", "Content-Type: text/plain\r\n");
  origin.send(answer);
  browser.take_until("hello");
  std::uint32_t stream = 3;
  constexpr std::uint32_t kWarmUp = 200;
  constexpr std::uint32_t kMeasured = 200;
  for (; stream < 2 * kWarmUp; stream += 2) exchange(browser, origin, request_of(stream), answer);
  allocations = 0;
  for (; stream < 2 * (kWarmUp + kMeasured); stream += 2) {
    exchange(browser, origin, request_of(stream), answer);
  }
  EXPECT_EQ(allocations, 0U);
}

TEST_F(AllocationTest, KeptConnectionsToOriginsOverHttp2AllocateNothing) {
  namespace frames = server::http2::testing;
  route::ActionSpec action;
  action.origin_protocol = route::OriginProtocol::Http2;
  add_route(route::make_route({{}, route::PathPattern::parse("/a").value(), {}},
                              route::Action::create(action).value(), origin_.url(),
                              std::make_shared<route::Counters>(1))
                .value());
  const std::string request = get("/a/some/path?query", "User-Agent: test\r\nCookie: a=b\r\n");
  Peer browser = client();
  browser.send(request);
  Peer origin = origin_.accept();
  origin.take_until(http::kHttp2Preface);
  origin.send(frames::settings({}));
  std::uint32_t stream = 1;
  const auto answer = [&] {
    const std::string text =
        frames::headers(stream, {{":status", "200"}, {"content-length", "5"}}, false) +
        frames::data(stream, "hello", true);
    stream += 2;
    // More than an acknowledgement of SETTINGS.
    while (origin.received().size() <= 2 * http::Http2FrameHeader::kSize) counted_turn();
    static_cast<void>(origin.send_some(text));
    while (!browser.received().ends_with("hello")) counted_turn();
    browser.take_until("hello");
    counted_turn();
  };
  answer();
  const auto exchange_once = [&] {
    while (!origin.received().empty()) origin.take_until(origin.received());
    ASSERT_EQ(browser.send_some(request), request.size());
    answer();
  };
  for (int i = 0; i < 200; ++i) exchange_once();
  allocations = 0;
  for (int i = 0; i < 200; ++i) exchange_once();
  EXPECT_EQ(allocations, 0U);
}

}  // namespace
}  // namespace mex::proxy
