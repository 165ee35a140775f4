#include "server/server_metrics.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace mex::server {
namespace {

metrics::Counter response_counter(const std::string& server, std::string_view status_class) {
  return metrics::counter("mex_server_responses_total", "Responses by status class.",
                          {{"server", server}, {"class", status_class}});
}

metrics::Counter request_counter(const std::string& server, HttpProtocol protocol) {
  return metrics::counter("mex_server_requests_total", "Requests by the protocol they came over.",
                          {{"server", server}, {"protocol", to_string(protocol)}});
}

metrics::Counter abuse_counter(const std::string& server, http2::Abuse abuse) {
  return metrics::counter("mex_server_http2_abuse_total",
                          "HTTP/2 connections ended because of what their client did.",
                          {{"server", server}, {"kind", to_string(abuse)}});
}

metrics::Counter limit_counter(const std::string& server, std::string_view limit) {
  return metrics::counter("mex_server_limited_total",
                          "Connections and requests that came when a limit was reached.",
                          {{"server", server}, {"limit", limit}});
}

metrics::Counter handshake_counter(const std::string& server, std::string_view version,
                                   std::string_view is_resumed) {
  return metrics::counter("mex_server_tls_handshakes_total", "TLS handshakes that succeeded.",
                          {{"server", server}, {"version", version}, {"resumed", is_resumed}});
}

metrics::Counter failure_counter(const std::string& server, std::size_t failure) {
  return metrics::counter(
      "mex_server_tls_failures_by_reason_total", "TLS handshakes that failed, by reason.",
      {{"server", server},
       {"reason", tls::to_string(static_cast<tls::HandshakeFailure>(failure))}});
}

}  // namespace

ServerMetrics::ServerMetrics(const std::string& server)
    : requests_{request_counter(server, HttpProtocol::Http1),
                request_counter(server, HttpProtocol::Http2)},
      abuses_{abuse_counter(server, http2::Abuse::Resets),
              abuse_counter(server, http2::Abuse::IdleFrames),
              abuse_counter(server, http2::Abuse::Settings),
              abuse_counter(server, http2::Abuse::Head),
              abuse_counter(server, http2::Abuse::Protocol)},
      responses_{response_counter(server, "1xx"), response_counter(server, "2xx"),
                 response_counter(server, "3xx"), response_counter(server, "4xx"),
                 response_counter(server, "5xx")},
      accepted_(metrics::counter("mex_server_connections_total", "Connections accepted.",
                                 {{"server", server}})),
      rejected_(metrics::counter("mex_server_requests_rejected_total",
                                 "Requests that were not acceptable HTTP.", {{"server", server}})),
      handshakes_{
          handshake_counter(server, "1.2", "false"), handshake_counter(server, "1.2", "true"),
          handshake_counter(server, "1.3", "false"), handshake_counter(server, "1.3", "true")},
      handshake_failures_(metrics::counter("mex_server_tls_handshake_failures_total",
                                           "TLS handshakes that failed.", {{"server", server}})),
      failures_by_reason_{failure_counter(server, 0), failure_counter(server, 1),
                          failure_counter(server, 2), failure_counter(server, 3),
                          failure_counter(server, 4), failure_counter(server, 5),
                          failure_counter(server, 6), failure_counter(server, 7)},
      timeouts_(metrics::counter("mex_server_timeouts_total",
                                 "Connections given up because the client was too slow.",
                                 {{"server", server}})),
      limited_{
          limit_counter(server, "connections"),        limit_counter(server, "client_connections"),
          limit_counter(server, "client_handshakes"),  limit_counter(server, "client_requests"),
          limit_counter(server, "client_intercepted"), limit_counter(server, "requests")},
      closed_for_room_(metrics::counter(
          "mex_server_closed_for_room_total",
          "Connections without a request, or stalled in one, closed for another one.",
          {{"server", server}})),
      open_(metrics::gauge("mex_server_connections", "Connections open now.",
                           {{"server", server}})) {}

void ServerMetrics::count_response(int status) const {
  const int status_class = std::clamp(status / 100, 1, 5);
  responses_[static_cast<std::size_t>(status_class - 1)].add();
}

}  // namespace mex::server
