#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/descriptor.h"
#include "net/buffer.h"
#include "net/transport.h"
#include "tls/client_identity.h"
#include "tls/openssl_ptr.h"
#include "tls/session_info.h"

namespace mex::tls {

// TLS over a socket through a custom BIO: reading takes whole socket buffers instead of a
// record header and a record in two calls, and all records of one write() leave in one send.
class TlsTransport final : public net::Transport {
 public:
  // `connecting`: see net::make_tcp_transport. The SSL object has its role set already; `context`
  // is what its callbacks need and is kept with it, since a server may replace it meanwhile.
  static std::unique_ptr<TlsTransport> create(SslPtr ssl, base::Descriptor socket, bool connecting,
                                              net::BufferPool& buffers,
                                              std::shared_ptr<const void> context);

  int descriptor() const override { return socket_.get(); }
  net::IoResult handshake() override;
  net::IoResult read(std::span<char> into) override;
  net::IoResult write(std::span<const iovec> pieces) override;
  net::IoResult shutdown_write() override;
  std::string to_string(const net::IoResult& result) const override;

  std::string_view application_protocol() const override { return info().alpn; }

  SessionInfo info() const;
  std::unique_ptr<const ClientIdentity> client() const;

  // The client began with letters instead of a record: it speaks HTTP without TLS. Then the
  // handshake has failed, and nothing was sent.
  bool has_clear_text() const { return has_clear_text_; }
  base::Descriptor release_socket() { return std::move(socket_); }

  // For the BIO's callbacks.
  int receive(char* into, int size);
  void stage(std::string_view records) { staged_.append(records); }
  bool at_end() const { return at_end_; }
  void note_renegotiation() { wanted_renegotiation_ = true; }

 private:
  TlsTransport(SslPtr ssl, base::Descriptor socket, bool connecting, net::BufferPool& buffers,
               std::shared_ptr<const void> context)
      : context_(std::move(context)),
        socket_(std::move(socket)),
        ssl_(std::move(ssl)),
        staged_(buffers),
        connecting_(connecting) {}
  net::IoResult read_data(std::span<char> into);
  net::IoResult send_staged();
  net::IoResult failure_of(int ssl_result);
  bool encrypt(std::span<const iovec>& pieces, std::size_t& skip, std::size_t& taken);

  std::shared_ptr<const void> context_;
  base::Descriptor socket_;
  SslPtr ssl_;
  net::OutputQueue staged_;  // records that the kernel has not taken yet
  int receive_errno_ = 0;
  bool connecting_;
  bool drained_ = false;  // the last recv got less than it asked for
  bool blocked_ = false;  // OpenSSL wanted bytes that are not there yet
  bool at_end_ = false;
  bool has_begun_ = false;  // the peer has sent something
  bool has_clear_text_ = false;
  bool close_notify_made_ = false;
  bool wanted_renegotiation_ = false;
};

}  // namespace mex::tls
