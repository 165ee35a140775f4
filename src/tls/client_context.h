#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/descriptor.h"
#include "net/buffer.h"
#include "net/transport.h"
#include "tls/application_protocol.h"

namespace mex::tls {

struct ClientOptions {
  // PEM file of trusted authorities; empty for the system's bundle.
  std::string ca_file;
  // False accepts any certificate: for an origin that the operator exempted explicitly.
  bool verify = true;
};

// For connections to https origins: TLS 1.2 and 1.3, chain and name are verified.
// One for each shard. Shard thread only.
class ClientContext {
 public:
  // Errors name the CA file and what is wrong with it. `buffers` are the shard's and outlive the
  // context and its transports.
  static absl::StatusOr<std::shared_ptr<const ClientContext>> create(const ClientOptions& options,
                                                                     net::BufferPool& buffers);
  virtual ~ClientContext() = default;

  // `connecting` comes from net::connect_to; handshake() waits for the connect first. `host` is the
  // name (sent as SNI) or the address literal, without brackets, that the certificate must be for.
  // `protocol` is offered by ALPN; the transport says what the server has chosen. Null if memory is
  // short or `host` cannot be a name.
  virtual std::unique_ptr<net::Transport> connect(
      base::Descriptor connecting, const std::string& host,
      ApplicationProtocol protocol = ApplicationProtocol::Http11) const = 0;
};

}  // namespace mex::tls
