#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/head.h"
#include "proxy/route/rewrite.h"
#include "proxy/route/route.h"
#include "proxy/trace_context.h"
#include "proxy/upstream/origin_limits.h"
#include "tls/client_identity.h"

namespace mex::proxy::upstream {

// What the head towards the origin is made from. Views need to live during the calls only.
struct OriginRequest {
  const http::RequestHead& client;
  const route::Route& route;
  route::RequestTarget target;
  std::string_view client_ip;    // address of the connection's peer as text, without port
  std::uint16_t local_port = 0;  // what the client connected to
  bool client_tls = false;       // it came over TLS
  bool client_trusted = false;   // its forwarding headers are believed
  const tls::ClientIdentity* client_identity = nullptr;  // what TLS knows of it
  std::string_view agent_token;                          // names this agent in CDN-Loop
  OriginLimits limits = {};                              // how long the answer may take
  std::string_view request_id = {};  // X-Request-ID of a request that brought none; empty: none
  TraceLines trace = {};
};

// Bytes that write_origin_request needs at most.
std::size_t origin_request_size(const OriginRequest& request);

// Writes the head; README.md lists what is passed on, left out and added. `space` holds at least
// origin_request_size() bytes. Returns the bytes written; 0 if a value cannot be sent, which the
// parser of the client's head should have refused.
std::size_t write_origin_request(const OriginRequest& request, std::span<char> space);

// The Upgrade header that is passed on, or empty. "h2c" never is: an origin that took it would
// speak HTTP/2 through this proxy, which would check nothing of it. A request with a body is not
// upgraded.
std::string_view forwarded_upgrade(const http::RequestHead& client);

// Whether the request has passed this agent before: a route that leads back to it.
bool has_passed(const http::RequestHead& client, std::string_view agent_token);

}  // namespace mex::proxy::upstream
