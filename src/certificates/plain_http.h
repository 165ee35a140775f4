#pragma once

#include <cstdint>
#include <string>

#include "metrics/metrics.h"
#include "server/exchange.h"

namespace mex::certificates {

// Where a certificate authority looks for the proof, below any name (RFC 8555 section 8.3).
inline constexpr std::string_view kChallengePath = "/.well-known/acme-challenge/";

// What the plain HTTP port answers: to certificate authorities the content of the webroot, where
// lego writes its answers to HTTP challenges; to all other clients that the same is at https. Reads
// small files as it answers, so it has its own shard. Shard thread only.
class PlainHttp final : public server::Service {
 public:
  // `https_port`: of the proxy, as clients see it.
  PlainHttp(std::string webroot, std::uint16_t https_port);

  void on_request(server::Exchange& exchange) override;

 private:
  void answer_challenge(server::Exchange& exchange, std::string_view token) const;
  void redirect(server::Exchange& exchange) const;

  const std::string webroot_;
  const std::uint16_t https_port_;
  const metrics::Counter challenges_;
};

}  // namespace mex::certificates
