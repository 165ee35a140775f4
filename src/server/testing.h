#pragma once

// A server on loopback and raw clients, all driven by one loop in the test's thread with a clock
// that stands still. Header only; not part of the library.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/buffer.h"
#include "net/testing.h"
#include "net/transport.h"
#include "server/exchange.h"
#include "server/server.h"

namespace mex::server::testing {

// Calls a function for each request.
class ScriptedService final : public Service {
 public:
  void on_request(Exchange& exchange) override {
    ++requests;
    answer(exchange);
  }
  std::function<void(Exchange&)> answer = [](Exchange& exchange) {
    respond_text(exchange, 200, "hello");
  };
  int requests = 0;
};

// Records its calls; a test can add what it does about them.
class Recorder final : public RequestHandler {
 public:
  void on_body(std::string_view bytes) override {
    body += bytes;
    if (body_hook) body_hook();
  }
  void on_trailers(const http::HeaderList& fields) override {
    for (const http::Header& field : fields) {
      trailers += std::string(field.name) + "=" + std::string(field.value) + ";";
    }
  }
  void on_body_end() override {
    ++ends;
    if (end_hook) end_hook();
  }
  void on_output_drained() override {
    ++drained;
    if (drained_hook) drained_hook();
  }
  void on_closed(CloseReason why) override { closed.push_back(why); }

  std::string body;
  std::string trailers;
  int ends = 0;
  int drained = 0;
  std::vector<CloseReason> closed;
  std::function<void()> body_hook;
  std::function<void()> end_hook;
  std::function<void()> drained_hook;
};

// A client that sends and receives raw bytes.
class Client {
 public:
  Client(net::EventLoop& loop, base::Descriptor socket) : loop_(loop), socket_(std::move(socket)) {}

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN && errno != ENOTCONN) return;
      loop_.run_once(std::chrono::milliseconds(0));
    }
  }

  // What has come so far, with what comes until `condition` holds.
  const std::string& receive(const std::function<bool(const std::string&)>& condition) {
    EXPECT_TRUE(net::testing::run_until(loop_, [&] { return take() || condition(received_); }))
        << "received: " << received_.substr(0, 2000);
    return received_;
  }
  const std::string& receive_until(std::string_view text) {
    return receive([text](const std::string& all) { return all.find(text) != std::string::npos; });
  }
  // Until the server ends the connection one way or the other.
  const std::string& receive_all() {
    return receive([](const std::string&) { return false; });
  }
  void forget_received() { received_.clear(); }

  // Takes what is there; true once the server has ended the connection.
  bool take(std::size_t at_most = 1U << 20U) {
    while (!ended_ && at_most > 0) {
      char space[4096];
      const ssize_t count = ::recv(socket_.get(), space, std::min(sizeof space, at_most), 0);
      if (count > 0) {
        received_.append(space, static_cast<std::size_t>(count));
        at_most -= static_cast<std::size_t>(count);
      } else if (count < 0 && (errno == EAGAIN || errno == ENOTCONN)) {
        break;
      } else {
        ended_ = true;
        reset_ = count < 0;
      }
    }
    return ended_;
  }

  bool ended() const { return ended_; }
  bool was_reset() const { return reset_; }
  const std::string& received() const { return received_; }
  void finish_sending() const { ::shutdown(socket_.get(), SHUT_WR); }
  void reset_connection() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_.reset();
  }
  int descriptor() const { return socket_.get(); }

 private:
  net::EventLoop& loop_;
  base::Descriptor socket_;
  std::string received_;
  bool ended_ = false;
  bool reset_ = false;
};

class ServerTest : public ::testing::Test {
 protected:
  void start(std::shared_ptr<const tls::ServerContext> tls = nullptr) {
    server_ = std::make_unique<Server>(*loop_, buffers_, service_, options_);
    const absl::Status status = server_->listen(net::Address::loopback(0), std::move(tls));
    ASSERT_TRUE(status.ok()) << status;
  }

  // `receive_buffer`: bytes of the kernel's buffer, for clients that read slowly.
  Client connect(int receive_buffer = 0) {
    net::ConnectStart start = net::connect_to(server_->local_address());
    if (receive_buffer > 0) {
      ::setsockopt(start.socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                   sizeof receive_buffer);
    }
    return {*loop_, std::move(start.socket)};
  }

  // Sends `request` on a new connection and returns back all that comes until its end.
  std::string answer_to(std::string_view request) {
    Client client = connect();
    client.send(request);
    return client.receive_all();
  }

  bool until(const std::function<bool()>& condition) {
    return net::testing::run_until(*loop_, condition);
  }
  void turns(int count = 5) {
    for (int i = 0; i < count; ++i) loop_->run_once(std::chrono::milliseconds(0));
  }
  void pass(std::chrono::milliseconds time) {
    clock_.advance(time);
    turns();
  }

  // Streams `total` bytes as fast as the client takes them, and no faster.
  void stream(Exchange& exchange, std::size_t total) {
    const std::string piece(10'000, 'x');
    while (streamed_ < total && !exchange.output_full()) {
      const std::size_t size = std::min(piece.size(), total - streamed_);
      exchange.send_body(std::string_view(piece).substr(0, size));
      streamed_ += size;
    }
    if (streamed_ == total) exchange.end_body();
  }

  net::testing::ManualClock clock_;
  net::BufferPool buffers_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create(clock_);
  ScriptedService service_;
  Recorder recorder_;
  ServerOptions options_;
  std::size_t streamed_ = 0;
  std::unique_ptr<Server> server_;
};

inline constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
inline constexpr std::string_view kGetAndClose =
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

}  // namespace mex::server::testing
