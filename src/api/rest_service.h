#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "access/access_policy.h"
#include "access/principal.h"
#include "api/byte_budget.h"
#include "api/gateway.h"
#include "api/readiness.h"
#include "base/rate_limit.h"
#include "server/exchange.h"

namespace mex::api {

// What /metrics has beside the registered metrics, in the same format. Called on the API's shard:
// quick.
using ExtraMetrics = std::function<std::string()>;

// Answers REST calls, probes and pages on the API's shard. Shard thread only.
//
// Probes and pages are open to everyone: they show nothing that is not in this source code. What
// the agent knows (/v1/…, /metrics) is behind the access policy, which is asked before the body is
// read; a call goes on with the principal that the policy answers.
class RestService final : public server::Service {
 public:
  static constexpr std::size_t kMaxBody = 1 << 20;
  // Of all calls: bodies that are being read, and answers that their callers have not read.
  static constexpr std::size_t kMaxBodies = 64 << 20;
  static constexpr std::size_t kMaxAnswers = 128 << 20;

  // All outlive the service.
  RestService(Gateway& gateway, const access::AccessPolicy& access, const Readiness& readiness,
              const ExtraMetrics& extra_metrics)
      : gateway_(gateway), access_(access), readiness_(readiness), extra_metrics_(extra_metrics) {}

  bool is_probe(const http::RequestHead& head) const override;
  void on_request(server::Exchange& exchange) override;

 private:
  class Call;

  // A call that is to be made over gRPC, and who makes it.
  struct AuthorizedCall {
    access::Principal caller;
    transcoding::Lookup lookup;
    transcoding::Precondition precondition;
  };

  // The call, or nothing if the request was answered without one.
  std::optional<AuthorizedCall> authorize(server::Exchange& exchange);
  // Answers what needs no gRPC call: false if `call`, which it fills in, is such a call.
  bool answer_at_once(server::Exchange& exchange, AuthorizedCall& call);
  bool answer_page(server::Exchange& exchange);
  HttpReply answer_own_path(std::string_view path) const;

  Gateway& gateway_;
  const access::AccessPolicy& access_;
  const Readiness& readiness_;
  const ExtraMetrics& extra_metrics_;
  ByteBudget bodies_{kMaxBodies};
  ByteBudget answers_{kMaxAnswers};
  base::RateLimit refusals_{20, std::chrono::seconds(1)};  // lines of the log
};

}  // namespace mex::api
