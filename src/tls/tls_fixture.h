#pragma once

// Both ends of a TLS connection over loopback, on one loop in the test's thread. Header only; not
// part of the library.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <string>
#include <utility>

#include "base/file.h"
#include "net/listener.h"
#include "net/testing.h"
#include "tls/client_context.h"
#include "tls/server_context.h"
#include "tls/session_info.h"
#include "tls/testing.h"

namespace mex::tls::testing {

using net::IoResult;
using net::IoStatus;

class TlsTest : public ::testing::Test, private net::AcceptHandler {
 protected:
  void on_accept(base::Descriptor socket, const net::Address&) override {
    accepted_ = std::move(socket);
  }

  void TearDown() override { std::filesystem::remove(ca_file_); }

  // Two connected TCP sockets: ours is the client's end, accepted_ the server's.
  base::Descriptor connect_sockets() {
    net::ConnectStart start = net::connect_to(listener_->local_address());
    EXPECT_TRUE(net::testing::run_until(*loop_, [&] { return accepted_.valid(); }));
    return std::move(start.socket);
  }

  std::shared_ptr<const ServerContext> server_context(const CertificateTable& table) {
    return *ServerContext::create(table, ticket_keys_, buffers_);
  }

  std::shared_ptr<const ClientContext> client_trusting(const std::string& pem) {
    EXPECT_TRUE(base::write_file_atomically(ca_file_, pem, 0600).ok());
    return *ClientContext::create({.ca_file = ca_file_}, buffers_);
  }

  void connect(const ServerContext& server, const ClientContext& client, const std::string& host) {
    client_ = client.connect(connect_sockets(), host);
    ASSERT_NE(client_, nullptr);
    server_ = server.accept(std::move(accepted_));
  }

  // Both handshakes, to their ends; what they came to.
  std::pair<IoResult, IoResult> do_handshake() {
    IoResult client = IoResult::would_block();
    IoResult server = IoResult::would_block();
    EXPECT_TRUE(net::testing::run_until(*loop_, [&] {
      if (client.status == IoStatus::WouldBlock) client = client_->handshake();
      if (server.status == IoStatus::WouldBlock) server = server_->handshake();
      return client.status != IoStatus::WouldBlock && server.status != IoStatus::WouldBlock;
    }));
    return {client, server};
  }

  void connect_and_do_handshake() {
    connect(*server_context({certificate_}), *client_trusting(pair_.certificate),
            "edge.example.org");
    const auto [client, server] = do_handshake();
    ASSERT_EQ(client.status, IoStatus::Progress) << client_->to_string(client);
    ASSERT_EQ(server.status, IoStatus::Progress) << server_->to_string(server);
  }

  static IoResult write(net::Transport& transport, std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    return transport.write({&piece, 1});
  }

  // Moves all of `text` from one end to the other; what arrived.
  std::string carry(net::Transport& from, net::Transport& to, std::string_view text) {
    std::string arrived;
    std::size_t sent = 0;
    bool staged = false;
    net::testing::run_until(*loop_, [&] {
      if (sent < text.size() || staged) {
        const IoResult written =
            sent < text.size() ? write(from, text.substr(sent)) : from.write({});
        sent += written.bytes;
        staged = written.wait;
      }
      std::array<char, 5000> space{};
      IoResult got = to.read(space);
      for (; got.bytes > 0; got = to.read(space)) arrived.append(space.data(), got.bytes);
      return arrived.size() >= text.size() || got.status == IoStatus::Failed;
    });
    return arrived;
  }

  IoResult read_to_the_end(net::Transport& transport) {
    IoResult result;
    net::testing::run_until(*loop_, [&] {
      std::array<char, 100> space{};
      result = transport.read(space);
      return result.status == IoStatus::End || result.status == IoStatus::Failed;
    });
    return result;
  }

  net::BufferPool buffers_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create();
  std::unique_ptr<net::Listener> listener_ =
      *net::Listener::open(*loop_, net::Address::loopback(0), *this);
  base::Descriptor accepted_;
  net::testing::ManualClock clock_;
  std::shared_ptr<TicketKeys> ticket_keys_ = std::make_shared<TicketKeys>(clock_);
  PemPair pair_ = make_pem_pair();
  Certificate certificate_ = certificate_of(pair_);
  std::string ca_file_ =
      ::testing::TempDir() + "mex_tls_ca_" + std::to_string(listener_->local_address().port());
  std::unique_ptr<net::Transport> client_;
  std::unique_ptr<net::Transport> server_;
};

using SessionPtr = std::unique_ptr<SSL_SESSION, base::Freed<SSL_SESSION_free>>;

// With OpenSSL's own client, for what ours does not do.
class RawTlsTest : public TlsTest {
 protected:
  // True if both sides finish. The client has then read what the server sends behind its handshake,
  // so it holds a ticket.
  bool handshake_with(const ServerContext& server, SSL_SESSION* ticket = nullptr) {
    socket_ = connect_sockets();
    raw_.reset(SSL_new(raw_context_.get()));
    SSL_set_fd(raw_.get(), socket_.get());
    // SSL_set_tlsext_host_name() without its old-style cast.
    if (!asked_for_.empty()) {
      SSL_ctrl(raw_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               asked_for_.data());
    }
    // A copy, because a connection that ends without a word spoils its session.
    const SessionPtr copy(ticket == nullptr ? nullptr : SSL_SESSION_dup(ticket));
    if (copy != nullptr) SSL_set_session(raw_.get(), copy.get());
    server_ = server.accept(std::move(accepted_));
    int raw_done = 0;
    IoResult result = IoResult::would_block();
    net::testing::run_until(*loop_, [&] {
      if (raw_done != 1) raw_done = SSL_connect(raw_.get());
      if (result.status == IoStatus::WouldBlock) result = server_->handshake();
      return (raw_done == 1 && result.status == IoStatus::Progress) ||
             result.status == IoStatus::Failed;
    });
    ERR_clear_error();
    if (result.status == IoStatus::Failed) return false;
    write(*server_, "x");
    char byte = 0;
    return net::testing::run_until(*loop_, [&] { return SSL_read(raw_.get(), &byte, 1) == 1; });
  }

  SslContextPtr raw_context_{SSL_CTX_new(TLS_client_method())};
  std::string asked_for_;  // by SNI; empty: no name
  base::Descriptor socket_;
  SslPtr raw_;
};

}  // namespace mex::tls::testing
