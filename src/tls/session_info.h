#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "net/transport.h"

namespace mex::tls {

// What the handshake of a transport made by ServerContext or ClientContext agreed on; all empty for
// other transports. Views live as long as the transport.
struct SessionInfo {
  std::string_view version;      // "TLSv1.3"
  std::string_view cipher;       // "TLS_AES_256_GCM_SHA384"
  std::string_view server_name;  // the name the client asked for
  std::string_view alpn;         // "h2", "http/1.1" or empty
  bool resumed = false;
};
SessionInfo session_info(const net::Transport& transport);

// Why a handshake failed, in as many words as a metric can have.
enum class HandshakeFailure : std::uint8_t {
  Gone,               // the client left, or its connection broke
  ClearText,          // it speaks without TLS
  Version,            // too old, or no TLS
  Parameters,         // no cipher, curve or signature in common
  Name,               // it asks for a name that there is no certificate for
  ClientCertificate,  // it shows none, or none that is good, where one is asked for
  ClientAlert,        // it refuses us, e.g. our certificate
  Other,
};
inline constexpr std::size_t kHandshakeFailures = 8;
std::string_view to_string(HandshakeFailure failure);  // "client_certificate"
// Of what Transport::handshake() came to.
HandshakeFailure handshake_failure(const net::IoResult& result);

// After a failed handshake of a client that speaks HTTP without TLS: the socket, with the same
// descriptor, to tell it so; what it has sent first is lost. Null for all others.
std::unique_ptr<net::Transport> clear_text_of(net::Transport& transport);

}  // namespace mex::tls
