#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/rate_limit.h"
#include "proxy/route/route.h"
#include "proxy/upstream/origin_error.h"
#include "server/exchange.h"

namespace mex::proxy {

// Tells the operator about origins that failed: address and reason are for the log, a client gets
// only the id of its request, under which the log has the rest. Bounded in lines, and waits for
// nothing. Shard thread only.
class FailureLog {
 public:
  // `status` 0: an answer that had begun was cut.
  void record(const server::Exchange& client, std::string_view request_id,
              const route::Route& route, const upstream::OriginError& error, int status,
              base::SteadyTime now);

 private:
  base::RateLimit lines_{20, std::chrono::seconds(1)};
};

}  // namespace mex::proxy
