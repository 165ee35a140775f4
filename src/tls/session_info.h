#pragma once

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

// After a failed handshake of a client that speaks HTTP without TLS: the socket, with the same
// descriptor, to tell it so; what it has sent first is lost. Null for all others.
std::unique_ptr<net::Transport> clear_text_of(net::Transport& transport);

}  // namespace mex::tls
