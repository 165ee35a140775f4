#pragma once

// Peers of the proxy for its tests: plain sockets of the test's own thread, byte-exact, never
// waiting by themselves. Header only; not part of the library.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "base/descriptor.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/testing.h"

namespace mex::proxy::testing {

using net::testing::run_until;

// One end of a connection that a test plays by hand.
class Peer {
 public:
  Peer(net::EventLoop& loop, base::Descriptor socket) : loop_(&loop), socket_(std::move(socket)) {}

  // `receive_buffer`: of the kernel, if it is not to have its usual size.
  static Peer connect_to(net::EventLoop& loop, const net::Address& address,
                         int receive_buffer = 0) {
    base::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer > 0) {
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    EXPECT_EQ(::connect(socket.get(), address.data(), address.size()), 0);
    return Peer(loop, std::move(socket));
  }

  // Everything, while the loop turns.
  void send(std::string_view text) {
    EXPECT_TRUE(run_until(*loop_, [&] {
      text.remove_prefix(send_some(text));
      return text.empty();
    })) << "the other side does not take it";
  }

  // What the kernel takes now; a broken connection takes everything.
  std::size_t send_some(std::string_view text) {
    const ssize_t sent =
        ::send(socket_.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    return errno == EAGAIN ? 0 : text.size();
  }

  // What has been received since the last take(), with what is there now.
  const std::string& received() {
    std::array<char, 16384> space;
    ssize_t count = 0;
    while ((count = ::recv(socket_.get(), space.data(), space.size(), MSG_DONTWAIT)) > 0) {
      received_.append(space.data(), static_cast<std::size_t>(count));
    }
    if (count == 0) ended_ = true;
    if (count < 0 && errno != EAGAIN) reset_ = true;
    return received_;
  }

  // Waits for `last` and takes everything through it; what came behind it stays.
  std::string take_until(std::string_view last) {
    const auto found = [&] { return received().find(last) != std::string::npos; };
    EXPECT_TRUE(run_until(*loop_, [&] { return found() || closed(); }) && found())
        << "no \"" << last << "\" in \"" << received_.substr(0, 2000) << '"';
    const std::size_t end = std::min(received_.find(last), received_.size());
    std::string taken = received_.substr(0, end + last.size());
    received_.erase(0, taken.size());
    return taken;
  }

  // Waits for the end and takes everything before it.
  std::string take_to_end() {
    EXPECT_TRUE(run_until(*loop_,
                          [&] {
                            received();
                            return closed();
                          }))
        << "still open after \"" << received_.substr(0, 2000) << '"';
    return std::exchange(received_, {});
  }

  bool ended() {
    received();
    return ended_;
  }
  bool was_reset() {
    received();
    return reset_;
  }
  bool closed() const { return ended_ || reset_; }

  void half_close() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.reset(); }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_.reset();
  }
  // Small kernel buffers, so that back-pressure needs few bytes.
  void shrink_receive_buffer() {
    const int bytes = 4096;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }

 private:
  net::EventLoop* loop_;
  base::Descriptor socket_;
  std::string received_;
  bool ended_ = false;
  bool reset_ = false;
};

// A listening socket whose connections a test plays by hand.
class ScriptedOrigin {
 public:
  explicit ScriptedOrigin(net::EventLoop& loop,
                          const net::Address& address = net::Address::loopback(0),
                          int backlog = 1024)
      : loop_(loop),
        socket_(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    EXPECT_EQ(::bind(socket_.get(), address.data(), address.size()), 0);
    EXPECT_EQ(::listen(socket_.get(), backlog), 0);
    address_ = net::Address::local_of(socket_.get());
  }

  const net::Address& address() const { return address_; }
  std::string url(std::string_view path = "") const {
    return "http://" + address_.text() + std::string(path);
  }

  bool has_connection() {
    if (accepted_.valid()) return true;
    accepted_.reset(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    return accepted_.valid();
  }

  Peer accept() {
    EXPECT_TRUE(run_until(loop_, [&] { return has_connection(); })) << "no one connects";
    return Peer(loop_, std::exchange(accepted_, base::Descriptor()));
  }

  void shrink_receive_buffer() {
    const int bytes = 4096;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }

  // Connections are refused from now on.
  void close() { socket_.reset(); }

 private:
  net::EventLoop& loop_;
  base::Descriptor socket_;
  base::Descriptor accepted_;
  net::Address address_;
};

}  // namespace mex::proxy::testing
