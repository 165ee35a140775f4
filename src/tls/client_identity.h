#pragma once

#include <memory>
#include <string>

#include "net/transport.h"

namespace mex::tls {

// What is known of a client whose host asks for certificates (ClientVerification), once its
// handshake is over. The certificates are as RFC 9440 writes them for an origin.
struct ClientIdentity {
  std::string verification;  // ClientVerification::id() of what was asked of it
  std::string certificate;   // empty if it has shown none, which it may
  std::string chain;         // the issuers of it, up to one that is trusted; empty if it is itself
};

// Null for connections whose host asks for none.
std::unique_ptr<const ClientIdentity> client_identity(const net::Transport& transport);

}  // namespace mex::tls
