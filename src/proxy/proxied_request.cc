// Requests over kept connections, one after the other on one loop: what bench/instructions counts
// the instructions of. A client and an origin are plain sockets of the same thread, the clock
// stands still, and every byte over loopback is there when send() returns, so each run executes the
// same.
//
//   proxied_request CASE COUNT     CASE: get | post | large | set | local

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/descriptor.h"
#include "net/testing.h"
#include "net/transport.h"
#include "proxy/route/origin_set.h"
#include "proxy/shard_service.h"
#include "server/server.h"

namespace mex::proxy {
namespace {

// One end of a connection; never waits.
class Socket {
 public:
  explicit Socket(base::Descriptor socket) : socket_(std::move(socket)) {}

  // What the kernel takes now.
  std::size_t send(std::string_view bytes) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  std::size_t receive() {
    const ssize_t count = ::recv(socket_.get(), space_.data(), space_.size(), MSG_DONTWAIT);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  std::string_view received(std::size_t count) const { return {space_.data(), count}; }

 private:
  base::Descriptor socket_;
  std::array<char, 65536> space_;
};

constexpr std::size_t kPiece = 16U << 10U;

class LocalService final : public server::Service {
 public:
  void on_request(server::Exchange& exchange) override {
    server::respond_text(exchange, 200, "hello");
  }
};

struct Messages {
  std::string request;
  std::string response;
};

Messages messages(std::string_view name) {
  const std::string fields =
      "Host: edge.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
      "Accept: text/html,application/json;q=0.9\r\nAccept-Encoding: gzip, br\r\n"
      "Cookie: session=0123456789abcdef\r\n";
  const std::size_t size = name == "large" ? 256U << 10U : 1U << 10U;
  std::string response =
      "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "Content-Type: text/html\r\nETag: \"abc\"\r\nContent-Length: " +
      std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
  if (name == "post") {
    return {"POST /app/orders/17?dry=1 HTTP/1.1\r\n" + fields +
                "Transfer-Encoding: chunked\r\n\r\n" + "200\r\n" + std::string(512, 'y') +
                "\r\n0\r\n\r\n",
            std::move(response)};
  }
  return {"GET /app/some/longer/path/to/a/page.html?query=1 HTTP/1.1\r\n" + fields + "\r\n",
          std::move(response)};
}

class Run {
 public:
  explicit Run(std::string_view name)
      : is_local_(name == "local"), is_post_(name == "post"), messages_(messages(name)) {
    origin_listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const net::Address any = net::Address::loopback(0);
    MEX_CHECK(::bind(origin_listener_.get(), any.data(), any.size()) == 0, "a free port");
    MEX_CHECK(::listen(origin_listener_.get(), 8) == 0, "a listening socket");
    const std::string origin =
        "http://" + net::Address::local_of(origin_listener_.get()).text() + "/base";
    route::RoutePart part{};
    auto route =
        route::make_route("/app", origin, std::make_shared<route::Counters>(1), part).value();
    if (name == "set") route = with_three_origins(*route, origin);
    auto routes = route::RouteTable().with(std::move(route));
    service_.use(std::make_shared<const route::Snapshot>(route::Snapshot{1, std::move(routes)}));
    MEX_CHECK(server_.listen(any, nullptr).ok(), "a server that listens");
    client_ = std::make_unique<Socket>(net::connect_to(server_.local_address()).socket);
    turn();
  }

  void exchange() {
    MEX_CHECK(client_->send(messages_.request) == messages_.request.size(), "a small request");
    if (!is_local_) await_request();
    std::string_view unsent = is_local_ ? std::string_view() : messages_.response;
    std::size_t missing = is_local_ ? 1 : messages_.response.size();
    while (missing > 0) {
      // So little at a time that the kernel's buffers never decide what a turn finds.
      unsent.remove_prefix(unsent.empty() ? 0 : origin_->send(unsent.substr(0, kPiece)));
      turn();
      while (const std::size_t count = client_->receive()) missing -= std::min(missing, count);
    }
  }

 private:
  void await_request() {
    while (origin_ == nullptr) {
      turn();
      base::Descriptor accepted(
          ::accept4(origin_listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!accepted.valid()) continue;
      // Nothing may wait for an acknowledgement.
      const int on = 1;
      ::setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      origin_ = std::make_unique<Socket>(std::move(accepted));
    }
    const std::string_view end = is_post_ ? "0\r\n\r\n" : "\r\n\r\n";
    while (!origin_->received(origin_->receive()).ends_with(end)) turn();
  }
  void turn() { loop_->run_once(std::chrono::milliseconds(0)); }

  // Three paths of one server, so that one connection serves them all.
  static std::shared_ptr<const route::Route> with_three_origins(const route::Route& alone,
                                                                const std::string& origin) {
    balance::OriginSetOptions options;
    for (const char* id : {"1", "2", "3"}) options.origins.push_back({origin + id, 1, id});
    return route::with_origins(alone,
                               route::OriginSet::create(alone, options, nullptr, {}, 1).value());
  }

  const bool is_local_;
  const bool is_post_;
  const Messages messages_;
  net::testing::ManualClock clock_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create(clock_);
  net::BufferPool buffers_;
  ProxyContext context_{{}, net::OriginPolicy(), "agent-under-test"};
  ShardService service_{context_, 0, *loop_, buffers_};
  LocalService local_;
  server::Server server_{
      *loop_, buffers_, is_local_ ? static_cast<server::Service&>(local_) : service_, {}};
  base::Descriptor origin_listener_;
  std::unique_ptr<Socket> origin_;
  std::unique_ptr<Socket> client_;
};

}  // namespace
}  // namespace mex::proxy

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: proxied_request get|post|large|set|local COUNT\n", stderr);
    return 2;
  }
  mex::proxy::Run run(argv[1]);
  for (int left = std::atoi(argv[2]); left > 0; --left) run.exchange();
  return 0;
}
