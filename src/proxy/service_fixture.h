#pragma once

// The whole way through the proxy on one loop in the test's thread: raw clients, a server, the
// shard's service, scripted origins. Header only; not part of the library.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "net/testing.h"
#include "proxy/route/origin_set.h"
#include "proxy/shard_service.h"
#include "proxy/test_authority.h"
#include "proxy/testing.h"
#include "server/server.h"

namespace mex::proxy::testing {

class ServiceFixture : public ::testing::Test {
 protected:
  ~ServiceFixture() override { stop(); }

  // Before the first use of the proxy a test may change options and settings.
  void start() {
    if (server_ != nullptr) return;
    if (context_.options.origin_ca_file.empty()) {
      context_.options.origin_ca_file = TestAuthority::file();
    }
    service_ = std::make_unique<ShardService>(context_, 0, *loop_, buffers_);
    server_ = std::make_unique<server::Server>(*loop_, buffers_, *service_, server_options_);
    ASSERT_TRUE(server_->listen(net::Address::loopback(0), tls_).ok());
  }
  void stop() {
    server_.reset();
    turn();
    service_.reset();
    turn();
  }

  void add_route(std::string_view path, const std::string& origin) {
    start();
    route::RoutePart part{};
    auto route =
        route::make_route(path, origin, std::make_shared<route::Counters>(1), part).value();
    use(routes_.with(std::move(route)));
  }
  // The same path keeps what is known of origins that stay.
  void add_origins(std::string_view path, const balance::OriginSetOptions& options) {
    start();
    route::RoutePart part{};
    const auto alone = route::make_route(path, options.origins.front().url,
                                         std::make_shared<route::Counters>(1), part)
                           .value();
    const auto previous = routes_.find(alone->rule());
    auto set = route::OriginSet::create(*alone, options, previous ? previous->origins() : nullptr,
                                        clock_.steady_now(), 1)
                   .value();
    use(routes_.with(route::with_origins(*alone, std::move(set))));
  }
  const balance::BalancedOrigins& group(std::string_view path) const { return set(path)->group(); }
  std::shared_ptr<const route::OriginSet> set(std::string_view path) const {
    return routes_.find(rule_of(path))->shared_origins();
  }
  void add_route(std::shared_ptr<const route::Route> route) {
    start();
    use(routes_.with(std::move(route)));
  }
  void remove_route(std::string_view path) { use(routes_.without(rule_of(path))); }
  route::Totals totals(std::string_view path) const {
    return routes_.find(rule_of(path))->counters().totals();
  }

  Peer client() {
    start();
    return Peer::connect_to(*loop_, server_->local_address());
  }

  // Sends a request over `client`; the origin's end of it, after its head, which is in `head_`.
  Peer forward(Peer& client, std::string_view request) {
    client.send(request);
    Peer peer = origin_.accept();
    head_ = peer.take_until("\r\n\r\n");
    return peer;
  }

  void turn() { loop_->run_once(std::chrono::milliseconds(0)); }
  void pass(std::chrono::milliseconds time) {
    clock_.advance(time);
    turn();
  }
  // Turns that a message on loopback needs by far, for what must not happen.
  void turns() {
    for (int i = 0; i < 20; ++i) loop_->run_once(std::chrono::milliseconds(1));
  }

  std::string head_;
  net::testing::ManualClock clock_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create(clock_);
  net::BufferPool buffers_;
  ProxyContext context_{{}, net::OriginPolicy(), "agent-under-test"};
  server::ServerOptions server_options_;
  std::shared_ptr<const tls::ServerContext> tls_;  // null: plain HTTP
  std::unique_ptr<ShardService> service_;
  std::unique_ptr<server::Server> server_;
  ScriptedOrigin origin_{*loop_};

 private:
  static route::Rule rule_of(std::string_view path) {
    return {{}, route::PathPattern::parse(path).value(), {}};
  }
  void use(route::RouteTable routes) {
    routes_ = std::move(routes);
    service_->use(std::make_shared<const route::Snapshot>(route::Snapshot{++generation_, routes_}));
  }

  route::RouteTable routes_;
  std::uint64_t generation_ = 0;
};

inline std::string get(std::string_view path, std::string_view more_headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: edge.example\r\n" +
         std::string(more_headers) + "\r\n";
}

inline std::string ok(std::string_view body, std::string_view more_headers = "") {
  return "HTTP/1.1 200 OK\r\nDate: D\r\n" + std::string(more_headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace mex::proxy::testing
