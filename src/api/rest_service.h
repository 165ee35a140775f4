#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "api/access_policy.h"
#include "api/gateway.h"
#include "api/readiness.h"
#include "server/exchange.h"

namespace mex::api {

// What /metrics has beside the registered metrics, in the same format. Asked on the API's shard:
// quick.
using ExtraMetrics = std::function<std::string()>;

// Answers REST calls, probes and pages on the API's shard. Shard thread only.
//
// Probes and pages are open to everybody: they tell nothing that is not in this source code. What
// the agent knows (/v1/…, /metrics) is behind the access policy, which is asked before the body is
// read.
class RestService final : public server::Service {
 public:
  static constexpr std::size_t kMaxBody = 1 << 20;

  // All outlive the service.
  RestService(Gateway& gateway, const AccessPolicy& access, const Readiness& readiness,
              const ExtraMetrics& more_metrics)
      : gateway_(gateway), access_(access), readiness_(readiness), more_metrics_(more_metrics) {}

  void on_request(server::Exchange& exchange) override;

 private:
  class Call;

  // The answer where it needs no gRPC call; otherwise nothing, and `lookup` says which call.
  bool answer_at_once(server::Exchange& exchange, transcoding::Lookup& lookup);
  bool answer_page(server::Exchange& exchange);
  HttpReply answer_own_path(std::string_view path) const;

  Gateway& gateway_;
  const AccessPolicy& access_;
  const Readiness& readiness_;
  const ExtraMetrics& more_metrics_;
};

}  // namespace mex::api
