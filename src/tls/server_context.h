#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/descriptor.h"
#include "net/buffer.h"
#include "net/transport.h"
#include "tls/application_protocol.h"
#include "tls/certificate.h"
#include "tls/client_identity.h"
#include "tls/profile.h"
#include "tls/ticket_keys.h"

namespace mex::tls {

// What a shard needs to answer TLS: one for each shard, because OpenSSL 3.0 takes locks inside a
// shared one. Immutable: new certificates mean a new context, handed to the shard through its
// mailbox; connections keep the one they began with. Shard thread only.
class ServerContext {
 public:
  // Forward-secret AEAD ciphers, no renegotiation, no compression, no early data. `buffers` are the
  // shard's and outlive the context and its transports.
  static absl::StatusOr<std::shared_ptr<const ServerContext>> create(
      const CertificateTable& certificates, std::shared_ptr<TicketKeys> ticket_keys,
      net::BufferPool& buffers, ApplicationProtocol protocol = ApplicationProtocol::Http11,
      Profile profile = Profile::Intermediate);
  virtual ~ServerContext() = default;

  // The server's end of an accepted connection; takes the socket. Null if memory is short.
  virtual std::unique_ptr<net::Transport> accept(base::Descriptor socket) const = 0;

  // Whether a client may be answered for `host`: it asks for no certificate, or for the very one
  // that `client` has been asked for (null: for none). A connection that was opened for one host
  // may be used for others (RFC 9113 section 9.1.1), and its client may lie.
  virtual bool may_ask_for(std::string_view host, const ClientIdentity* client) const = 0;
};

// OK if clients can be answered with it: InvalidArgument for keys that OpenSSL holds to be too
// weak.
absl::Status check_servable(const Certificate& certificate);

}  // namespace mex::tls
