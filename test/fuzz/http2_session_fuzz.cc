// A whole connection over HTTP/2: any frames in any pieces, against handlers that stream, pause,
// answer early or late, abort and tunnel. Promises: a request is one that HTTP/1 could have
// brought; no handler is called after its end and each ends exactly once; no more streams are open
// than may be; a connection that is gone has left no memory behind.
//
// Byte 0 chooses what the handlers do, byte 1 the size of the pieces; the rest is sent behind the
// preface.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/characters.h"
#include "http/http2_frame.h"
#include "net/testing.h"
#include "net/transport.h"
#include "oracle.h"
#include "server/exchange.h"
#include "server/server.h"

namespace {

using namespace mex;

class Handler final : public server::RequestHandler {
 public:
  Handler(server::Exchange& exchange, unsigned choice) : exchange_(&exchange), choice_(choice) {}

  void begin() {
    exchange_->set_handler(*this);
    if (chosen(0)) exchange_->pause_body();
    if (chosen(1)) send_head(server::BodyLength::unknown());
    if (chosen(2)) answer();
    if (chosen(3) && !has_head_) exchange_->send_informational(103, {});
  }
  void on_body(std::string_view bytes) override {
    require(exchange_ != nullptr, "no body behind the end");
    require(tunnel_ || !answered_, "no body behind the answer; a tunnel's two ways end apart");
    received_ += bytes.size();
    const http::BodyFraming& framing = exchange_->request().framing;
    if (framing.kind == http::BodyFraming::Kind::ContentLength) {
      require(received_ <= framing.length, "no more than the promised length");
    }
    if ((tunnel_ || chosen(1)) && !answered_) exchange_->send_body(bytes);
    if (chosen(4)) exchange_->pause_body();
  }
  void on_body_end() override {
    require(exchange_ != nullptr, "no end behind the end");
    const http::BodyFraming& framing = exchange_->request().framing;
    if (framing.kind == http::BodyFraming::Kind::ContentLength) {
      require(received_ == framing.length, "a whole body has the promised length");
    }
    body_ended_ = true;
    if (!chosen(5)) answer();
  }
  void on_output_drained() override { require(exchange_ != nullptr, "not drained behind the end"); }
  void on_closed(server::CloseReason) override {
    require(exchange_ != nullptr, "an exchange ends once");
    exchange_ = nullptr;
  }

  // What an origin or a timer would do between two events.
  void step() {
    if (exchange_ == nullptr) return;
    exchange_->resume_body();
    if (chosen(6) && !has_head_ && body_ended_ && !answered_ &&
        exchange_->request().wants_upgrade) {
      tunnel_ = true;
      has_head_ = true;
      exchange_->send_head(101, {}, server::BodyLength::none());
      exchange_->switch_to_tunnel();
    } else if (chosen(7)) {
      exchange_->abort();
    } else {
      answer();
    }
  }
  bool busy() const { return exchange_ != nullptr; }

 private:
  bool chosen(unsigned bit) const { return ((choice_ >> bit) & 1U) != 0; }
  void send_head(server::BodyLength length) {
    has_head_ = true;
    exchange_->send_head(200, {}, length);
  }
  void answer() {
    if (answered_) return;
    answered_ = true;
    if (!has_head_) send_head(server::BodyLength::exactly(0));
    exchange_->end_body();
  }

  server::Exchange* exchange_;
  unsigned choice_;
  std::uint64_t received_ = 0;
  bool body_ended_ = false;
  bool answered_ = false;
  bool has_head_ = false;
  bool tunnel_ = false;
};

void check_head(const http::RequestHead& head) {
  require(head.method != http::Method::Connect, "CONNECT is not passed on");
  require(!head.host_text.empty(), "a request has a host");
  require(head.path.starts_with('/') || head.path == "*", "a path is one");
  require(head.headers.count(http::KnownHeader::Host) == 1, "and just one");
  require(head.headers.count(http::KnownHeader::ContentLength) <= 1, "one length at most");
  require(head.headers.count(http::KnownHeader::Cookie) <= 1, "one line of cookies");
  for (const http::Header& header : head.headers) {
    require(http::is_token(header.name), "a name is a token");
    require(http::find_non_value_byte(header.value) == http::kNotFound, "a value is one line");
  }
}

class FuzzedService final : public server::Service {
 public:
  void on_request(server::Exchange& exchange) override {
    check_head(exchange.request());
    handlers.push_back(std::make_unique<Handler>(exchange, choice));
    handlers.back()->begin();
  }
  std::size_t busy() const {
    return static_cast<std::size_t>(std::count_if(
        handlers.begin(), handlers.end(), [](const auto& handler) { return handler->busy(); }));
  }
  std::vector<std::unique_ptr<Handler>> handlers;
  unsigned choice = 0;
};

void turns(net::EventLoop& loop, int count) {
  for (int i = 0; i < count; ++i) loop.run_once(std::chrono::milliseconds(0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  static net::testing::ManualClock clock;
  static const std::unique_ptr<net::EventLoop> loop = *net::EventLoop::create(clock);
  net::BufferPool buffers;
  FuzzedService service;
  service.choice = data[0];
  server::ServerOptions options;
  options.http2.prior_knowledge = true;
  options.http2.streams = 5;
  server::Server server(*loop, buffers, service, options);
  require(server.listen(net::Address::loopback(0), nullptr).ok(), "a server can listen");
  net::ConnectStart client = net::connect_to(server.local_address());
  turns(*loop, 2);

  std::string bytes(http::kHttp2Preface);
  bytes.append(reinterpret_cast<const char*>(data + 2), size - 2);
  std::string_view left(bytes);
  const std::size_t piece = 1 + std::size_t{data[1]} * 4;
  std::array<char, 4096> received;
  while (!left.empty()) {
    const std::string_view part = left.substr(0, std::min(piece, left.size()));
    left.remove_prefix(part.size());
    if (::send(client.socket.get(), part.data(), part.size(), MSG_NOSIGNAL) < 0) break;
    turns(*loop, 1);
    require(service.busy() <= options.http2.streams, "no more streams than may be");
    for (const auto& handler : service.handlers) handler->step();
    turns(*loop, 1);
    static_cast<void>(::recv(client.socket.get(), received.data(), received.size(), 0));
  }
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(client.socket.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  client.socket.reset();
  turns(*loop, 3);
  require(service.busy() == 0, "a reset ends the exchanges");
  require(server.connections() == 0, "a reset ends the connection");
  require(buffers.bytes_in_use() == 0, "a connection that is gone holds no memory");
  return 0;
}
