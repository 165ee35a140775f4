#include "server/protocols.h"

#include "server/http1/session.h"
#include "server/http2/session.h"
#include "server/protocol_by_preface.h"

namespace mex::server {

std::unique_ptr<Protocol> Protocols::create(Connection& connection) {
  const ConnectionInfo& info = connection.info();
  if (info.protocol == HttpProtocol::Http2) return create_http2(connection);
  if (!info.tls && context_.options.http2.prior_knowledge) {
    return std::make_unique<ProtocolByPreface>(connection, context_, *this);
  }
  return create_http1(connection);
}

std::unique_ptr<Protocol> Protocols::create_http1(Connection& connection) {
  return std::make_unique<http1::Session>(connection, context_, http1_streams_);
}

std::unique_ptr<Protocol> Protocols::create_http2(Connection& connection) {
  return std::make_unique<http2::Session>(connection, context_, http2_);
}

}  // namespace mex::server
