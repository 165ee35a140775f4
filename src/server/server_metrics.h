#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "metrics/metrics.h"
#include "server/exchange.h"
#include "server/http2/abuse.h"
#include "tls/session_info.h"

namespace mex::server {

// What a Server counts. Any thread.
class ServerMetrics {
 public:
  // `server`: the value of the label of that name.
  explicit ServerMetrics(const std::string& server);

  void count_request(HttpProtocol protocol) const {
    requests_[static_cast<std::size_t>(protocol)].add();
  }
  // Connections over HTTP/2 that were ended because of what their client did.
  void count_abuse(http2::Abuse abuse) const { abuses_[static_cast<std::size_t>(abuse)].add(); }
  void count_response(int status) const;
  void count_rejected() const { rejected_.add(); }
  void count_handshake(const tls::SessionInfo& session) const {
    const std::size_t version = session.version == "TLSv1.3" ? 1 : 0;
    handshakes_[2 * version + (session.resumed ? 1 : 0)].add();
  }
  void count_handshake_failure(tls::HandshakeFailure failure) const {
    handshake_failures_.add();
    failures_by_reason_[static_cast<std::size_t>(failure)].add();
  }
  void count_timeout() const { timeouts_.add(); }
  // In the order of Admission::Limit.
  static constexpr std::size_t kLimits = 6;
  void count_limited(std::size_t limit) const { limited_[limit].add(); }
  void count_closed_for_room() const { closed_for_room_.add(); }
  void on_connection_opened() const {
    accepted_.add();
    open_.add(1);
  }
  void on_connection_closed() const { open_.add(-1); }

 private:
  std::array<metrics::Counter, 2> requests_;  // by HttpProtocol
  std::array<metrics::Counter, http2::kAbuseCount> abuses_;
  std::array<metrics::Counter, 5> responses_;  // 1xx to 5xx
  metrics::Counter accepted_;
  metrics::Counter rejected_;
  std::array<metrics::Counter, 4> handshakes_;  // TLS 1.2 full and resumed, 1.3 full and resumed
  metrics::Counter handshake_failures_;
  std::array<metrics::Counter, tls::kHandshakeFailures> failures_by_reason_;
  metrics::Counter timeouts_;
  std::array<metrics::Counter, kLimits> limited_;
  metrics::Counter closed_for_room_;
  metrics::Gauge open_;
};

}  // namespace mex::server
