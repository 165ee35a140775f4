#include "proxy/control.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "proxy/test_authority.h"
#include "server/server_group.h"

namespace mex::proxy {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Answers every request with one word.
class OneWord final : public server::Service {
 public:
  explicit OneWord(std::string word) : word_(std::move(word)) {}
  void on_request(server::Exchange& exchange) override {
    server::respond_text(exchange, 200, word_);
  }

 private:
  std::string word_;
};

// A blocking client with its own deadline, as far from the proxy as a browser is.
class BlockingClient {
 public:
  explicit BlockingClient(const net::Address& address)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(socket_.get(), address.data(), address.size()), 0);
  }

  // The answer, read up to the line feed that ends every body here.
  std::string get(const std::string& path) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
    ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL);
    std::string answer;
    while (!complete(answer)) {
      char space[4096];
      const ssize_t count = ::recv(socket_.get(), space, sizeof space, 0);
      if (count <= 0) return "broken after: " + answer;
      answer.append(space, static_cast<std::size_t>(count));
    }
    return answer;
  }

 private:
  static bool complete(const std::string& answer) {
    const std::size_t body = answer.find("\r\n\r\n");
    return body != std::string::npos && answer.size() > body + 4 && answer.back() == '\n';
  }

  base::Descriptor socket_;
};

class ControlTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kShards = 2;

  std::unique_ptr<server::ServerGroup> serve(const server::ServerGroup::ServiceFactory& factory) {
    server::ServerGroup::Config config;
    config.address = net::Address::loopback(0);
    return server::ServerGroup::start(*shards_, std::move(config), factory).value();
  }
  std::unique_ptr<server::ServerGroup> origin_saying(const std::string& word) {
    return serve([word](server::Shard&) { return std::make_unique<OneWord>(word); });
  }
  std::unique_ptr<server::ServerGroup> start_proxy() {
    return serve([this](server::Shard& shard) { return control_.make_service(shard); });
  }

  void add(std::string_view path, const net::Address& origin) {
    route::RoutePart part{};
    apply(routes_.with(route::make_route(path, "http://" + origin.text(),
                                         std::make_shared<route::Counters>(kShards), part)
                           .value()));
  }
  void remove(std::string_view path) {
    apply(routes_.without({{}, route::PathPattern::parse(path).value(), {}}));
  }
  void apply(route::RouteTable routes) {
    routes_ = std::move(routes);
    control_.apply(
        std::make_shared<const route::Snapshot>(route::Snapshot{++generation_, routes_}));
  }

  std::string answer(const std::string& path) {
    return BlockingClient(proxy_->address()).get(path);
  }

  std::unique_ptr<server::ShardGroup> shards_ = server::ShardGroup::start(kShards).value();
  static Options options() {
    Options options;
    options.origin_ca_file = testing::TestAuthority::file();
    return options;
  }
  Control control_{kShards, options(), net::OriginPolicy()};
  route::RouteTable routes_;
  std::uint64_t generation_ = 0;
  std::unique_ptr<server::ServerGroup> origin_ = origin_saying("origin");
  std::unique_ptr<server::ServerGroup> proxy_;
};

TEST_F(ControlTest, RoutesAppliedBeforeTheStartAreServed) {
  add("/a", origin_->address());
  proxy_ = start_proxy();
  EXPECT_THAT(answer("/a"), HasSubstr("origin\n"));
}

// Fresh connections land on any shard: all of them must have the change when apply() returns.
TEST_F(ControlTest, AChangeIsInForceOnAllShardsWhenApplyReturns) {
  proxy_ = start_proxy();
  for (int i = 0; i < 25; ++i) {
    add("/a", origin_->address());
    for (int j = 0; j < 4; ++j) ASSERT_THAT(answer("/a"), StartsWith("HTTP/1.1 200 "));
    remove("/a");
    for (int j = 0; j < 4; ++j) ASSERT_THAT(answer("/a"), StartsWith("HTTP/1.1 404 "));
  }
  EXPECT_EQ(control_.generation(), generation_);
}

TEST_F(ControlTest, RequestsOnOtherRoutesNeverFailWhileRoutesChange) {
  add("/stay/*c", origin_->address());
  proxy_ = start_proxy();
  std::atomic<bool> done{false};
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      BlockingClient client(proxy_->address());
      while (!done) {
        const std::string got = client.get("/stay/x");
        ++(got.find("origin\n") == std::string::npos ? failed : answered);
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const std::string path = fmt::format("/r{}", i % 20);
    if (i % 3 == 2) {
      remove(path);
    } else {
      add(path, origin_->address());
    }
    add("/stay/*c", origin_->address());
  }
  while (answered < 200 && failed == 0) std::this_thread::yield();
  done = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  const Control::Load load = control_.load();
  EXPECT_EQ(load.exchanges, 0U);
  EXPECT_EQ(load.snapshots_held, kShards);
}

TEST_F(ControlTest, SnapshotsAreFreedWhenTheLastShardHasMovedOn) {
  proxy_ = start_proxy();
  auto snapshot = std::make_shared<const route::Snapshot>(route::Snapshot{++generation_, {}});
  const std::weak_ptr<const route::Snapshot> watched = snapshot;
  control_.apply(std::move(snapshot));
  EXPECT_FALSE(watched.expired());
  apply({});
  EXPECT_TRUE(watched.expired());
}

TEST_F(ControlTest, AnOlderSnapshotIsNotPutBack) {
  proxy_ = start_proxy();
  add("/a", origin_->address());
  add("/b", origin_->address());
  control_.apply(std::make_shared<const route::Snapshot>(route::Snapshot{1, {}}));
  EXPECT_THAT(answer("/b"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(control_.generation(), 2U);
}

TEST_F(ControlTest, ApplyReturnsWhenTheServicesAreGone) {
  proxy_ = start_proxy();
  proxy_.reset();
  add("/a", origin_->address());
  EXPECT_EQ(control_.load().snapshots_held, 0U);
}

}  // namespace
}  // namespace mex::proxy
