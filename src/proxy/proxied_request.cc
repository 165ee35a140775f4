// Requests over kept connections, one after the other on one loop: what bench/instructions counts
// the instructions of. A client and an origin are plain sockets of the same thread, the clock
// stands still, and every byte over loopback is there when send() returns, so each run executes the
// same.
//
//   proxied_request CASE COUNT     CASE: get | h2 | post | large | set | local, or get beside
//                                  N other routes or hosts: routes-N | hosts-N

#include <fmt/format.h>
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
#include "server/http2/test_frames.h"
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

// The client's side of HTTP/2 in answers of a single frame of each kind.
class Http2Answers {
 public:
  // Whether one more stream has ended.
  bool take(std::string_view bytes) {
    received_.append(bytes);
    bool has_ended = false;
    std::size_t at = 0;
    while (received_.size() - at >= kHead) {
      const auto byte = [&](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(received_[at + i]));
      };
      const std::size_t size = kHead + (byte(0) << 16U | byte(1) << 8U | byte(2));
      if (received_.size() - at < size) break;
      constexpr std::size_t kData = 0;
      constexpr std::size_t kEndStream = 1;
      has_ended = has_ended || (byte(3) == kData && (byte(4) & kEndStream) != 0);
      at += size;
    }
    received_.erase(0, at);
    return has_ended;
  }

 private:
  static constexpr std::size_t kHead = 9;  // RFC 9113 section 4.1
  std::string received_;
};

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
      : kind_{.is_local = name == "local", .is_post = name == "post", .is_http2 = name == "h2"},
        messages_(messages(name)) {
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
    auto routes = beside(name).with(std::move(route));
    service_.use(std::make_shared<const route::Snapshot>(route::Snapshot{1, std::move(routes)}));
    MEX_CHECK(server_.listen(any, nullptr).ok(), "a server that listens");
    client_ = std::make_unique<Socket>(net::connect_to(server_.local_address()).socket);
    turn();
    if (kind_.is_http2) {
      client_->send(std::string(http::kHttp2Preface) + server::http2::testing::settings({}));
      turn();
    }
  }

  void exchange() {
    if (kind_.is_http2) return exchange_over_http2();
    MEX_CHECK(client_->send(messages_.request) == messages_.request.size(), "a small request");
    if (!kind_.is_local) await_request();
    std::string_view unsent = kind_.is_local ? std::string_view() : messages_.response;
    std::size_t missing = kind_.is_local ? 1 : messages_.response.size();
    while (missing > 0) {
      // So little at a time that the kernel's buffers never decide what a turn finds.
      unsent.remove_prefix(unsent.empty() ? 0 : origin_->send(unsent.substr(0, kPiece)));
      turn();
      while (const std::size_t count = client_->receive()) missing -= std::min(missing, count);
    }
  }

 private:
  void exchange_over_http2() {
    namespace frames = server::http2::testing;
    const std::string request =
        frames::headers(stream_,
                        frames::request("GET", "/app/some/longer/path/to/a/page.html?query=1",
                                        {{"user-agent", "Mozilla/5.0 (X11; Linux x86_64)"},
                                         {"accept", "text/html,application/json;q=0.9"},
                                         {"accept-encoding", "gzip, br"},
                                         {"cookie", "session=0123456789abcdef"}})) +
        frames::window_update(0, 1U << 10U);
    stream_ += 2;
    MEX_CHECK(client_->send(request) == request.size(), "a small request");
    await_request();
    origin_->send(messages_.response);
    for (bool is_whole = false; !is_whole;) {
      turn();
      while (const std::size_t count = client_->receive()) {
        is_whole = answers_.take(client_->received(count)) || is_whole;
      }
    }
  }

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
    const std::string_view end = kind_.is_post ? "0\r\n\r\n" : "\r\n\r\n";
    while (!origin_->received(origin_->receive()).ends_with(end)) turn();
  }
  server::ServerOptions options() const {
    server::ServerOptions options;
    options.http2.prior_knowledge = kind_.is_http2;
    return options;
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

  // Other routes, as many as the name of the case says.
  static route::RouteTable beside(std::string_view name) {
    route::RouteTable routes;
    const std::size_t dash = name.find('-');
    if (dash == std::string_view::npos) return routes;
    const bool are_hosts = name.starts_with("hosts");
    for (int left = std::atoi(name.data() + dash + 1); left > 0; --left) {
      const std::string path = are_hosts ? "/app" : fmt::format("/app-{:06}", left);
      const std::string host = are_hosts ? fmt::format("h{}.example", left) : "";
      routes = routes.with(std::make_shared<const route::Route>(
          route::Rule{
              route::HostPattern::parse(host).value(), route::PathPattern::parse(path).value(), {}},
          http::OriginUrl(), std::make_shared<route::Counters>(1)));
    }
    return routes;
  }

  struct Kind {
    bool is_local;
    bool is_post;
    bool is_http2;
  };

  const Kind kind_;
  const Messages messages_;
  net::testing::ManualClock clock_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create(clock_);
  net::BufferPool buffers_;
  Http2Answers answers_;
  std::uint32_t stream_ = 1;
  ProxyContext context_{{}, net::OriginPolicy(), "agent-under-test"};
  ShardService service_{context_, 0, *loop_, buffers_};
  LocalService local_;
  server::Server server_{*loop_, buffers_,
                         kind_.is_local ? static_cast<server::Service&>(local_) : service_,
                         options()};
  base::Descriptor origin_listener_;
  std::unique_ptr<Socket> origin_;
  std::unique_ptr<Socket> client_;
};

}  // namespace
}  // namespace mex::proxy

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: proxied_request CASE COUNT\n", stderr);
    return 2;
  }
  mex::proxy::Run run(argv[1]);
  for (int left = std::atoi(argv[2]); left > 0; --left) run.exchange();
  return 0;
}
