#pragma once

#include <memory>

#include "server/connection.h"
#include "server/connection_context.h"
#include "server/http1/stream.h"
#include "server/http2/library.h"
#include "server/protocol.h"

namespace mex::server {

// What can be spoken on the connections of a server: HTTP/2 where TLS has agreed on it (RFC 7301),
// or where it begins with its preface and may; else HTTP/1. Outlives the protocols. Shard thread
// only.
class Protocols {
 public:
  explicit Protocols(ConnectionContext& context)
      : context_(context), http1_streams_(context), http2_(context) {}

  // For a connection that has just opened.
  std::unique_ptr<Protocol> create(Connection& connection);

  std::unique_ptr<Protocol> create_http1(Connection& connection);
  std::unique_ptr<Protocol> create_http2(Connection& connection);

 private:
  ConnectionContext& context_;
  http1::StreamPool http1_streams_;
  http2::Library http2_;
};

}  // namespace mex::server
