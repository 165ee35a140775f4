#include "proxy/access_log/access_entry.h"

namespace mex::proxy {
namespace {

std::string_view protocol_of(const server::ConnectionInfo& connection,
                             const http::RequestHead* request) {
  if (connection.protocol == server::HttpProtocol::Http2) return "HTTP/2";
  if (request == nullptr) return server::to_string(connection.protocol);
  return request->version == http::Version::Http10 ? "HTTP/1.0" : "HTTP/1.1";
}

}  // namespace

AccessEntry access_entry(const server::ConnectionInfo& connection,
                         const http::RequestHead* request) {
  AccessEntry entry;
  entry.client = connection.peer;
  entry.protocol = protocol_of(connection, request);
  entry.tls_version = connection.tls_version;
  entry.tls_cipher = connection.tls_cipher;
  entry.server_name = connection.server_name;
  entry.request = request;
  return entry;
}

std::string_view error_word(server::CloseReason reason) {
  switch (reason) {
    case server::CloseReason::Completed:
      return {};
    case server::CloseReason::ClientClosed:
      return "client_closed";
    case server::CloseReason::ClientFault:
      return "client_fault";
    case server::CloseReason::Timeout:
      return "client_timeout";
    case server::CloseReason::Aborted:
      return "aborted";
    case server::CloseReason::Draining:
      return "draining";
  }
  return {};
}

}  // namespace mex::proxy
