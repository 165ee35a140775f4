// A whole connection over loopback: any bytes in any pieces, against handlers that stream, pause,
// answer early or late, abort and tunnel. Promises: no handler is called after its end and each
// ends exactly once; requests do not overlap; a connection that is gone has left no memory behind.
//
// Byte 0 chooses what the handlers do, byte 1 the size of the pieces; the rest is sent.

#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "net/testing.h"
#include "net/transport.h"
#include "oracle.h"
#include "server/exchange.h"
#include "server/server.h"

namespace {

using namespace mex;

// One at a time, as HTTP/1 has it.
class Handler final : public server::RequestHandler {
 public:
  void begin(server::Exchange& exchange, unsigned choice) {
    require(exchange_ == nullptr, "requests of a connection do not overlap");
    exchange_ = &exchange;
    choice_ = choice;
    body_ended_ = false;
    answered_ = false;
    tunnel_ = false;
    exchange.set_handler(*this);
    if (chosen(0)) exchange.pause_body();
    if (chosen(1)) exchange.send_head(200, {}, server::BodyLength::unknown());
    if (chosen(2)) answer();
    if (chosen(3)) exchange.send_informational(103, {});
  }
  void on_body(std::string_view bytes) override {
    require(exchange_ != nullptr, "no body behind the end");
    require(tunnel_ || !answered_, "no body behind the answer; a tunnel's two ways end apart");
    if (tunnel_ || chosen(1)) exchange_->send_body(bytes);
    if (chosen(4)) exchange_->pause_body();
  }
  void on_body_end() override {
    require(exchange_ != nullptr, "no end behind the end");
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
    if (chosen(6) && !chosen(1) && body_ended_ && !answered_ && !tunnel_) {
      tunnel_ = true;
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
  void answer() {
    if (answered_) return;
    answered_ = true;
    if (!chosen(1) && !tunnel_) exchange_->send_head(200, {}, server::BodyLength::exactly(0));
    exchange_->end_body();
  }

  server::Exchange* exchange_ = nullptr;
  unsigned choice_ = 0;
  bool body_ended_ = false;
  bool answered_ = false;
  bool tunnel_ = false;
};

class FuzzedService final : public server::Service {
 public:
  void on_request(server::Exchange& exchange) override { handler.begin(exchange, choice); }
  Handler handler;
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
  server::Server server(*loop, buffers, service, {});
  require(server.listen(net::Address::loopback(0), nullptr).ok(), "a server can listen");
  net::ConnectStart client = net::connect_to(server.local_address());
  turns(*loop, 2);

  std::string_view left(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::size_t piece = 1 + std::size_t{data[1]} * 4;
  char received[4096];
  while (!left.empty()) {
    const std::string_view part = left.substr(0, std::min(piece, left.size()));
    left.remove_prefix(part.size());
    if (::send(client.socket.get(), part.data(), part.size(), MSG_NOSIGNAL) < 0) break;
    turns(*loop, 1);
    service.handler.step();
    turns(*loop, 1);
    static_cast<void>(::recv(client.socket.get(), received, sizeof received, 0));
  }
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(client.socket.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  client.socket.reset();
  turns(*loop, 3);
  require(!service.handler.busy(), "a reset ends the exchange");
  require(server.connections() == 0, "a reset ends the connection");
  require(buffers.bytes_in_use() == 0, "a connection that is gone holds no memory");
  return 0;
}
