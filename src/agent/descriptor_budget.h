#pragma once

#include <cstddef>

#include "proxy/options.h"
#include "server/connection_limits.h"

namespace mex::agent {

// How the process's descriptors are shared out, so that no plane can take those of another: clients
// of the proxy, their origins, TLS passed through, REST, gRPC, plain HTTP, and what the control
// plane needs for its store, its calls and its child processes.
struct DescriptorBudget {
  std::size_t control = 0;
  std::size_t proxy = 0;        // clients' connections
  std::size_t origins = 0;      // connections to origins
  std::size_t passthrough = 0;  // of two descriptors each
  std::size_t rest = 0;
  std::size_t rest_probes = 0;  // more, for /healthz and /readyz only
  std::size_t grpc = 0;
  std::size_t http = 0;

  // All of them together: never more than the limit they were made of, if that is at least
  // kMinDescriptors.
  std::size_t sum() const {
    return control + proxy + origins + 2 * passthrough + rest + rest_probes + grpc + http;
  }
};

inline constexpr std::size_t kMinDescriptors = 512;

// `limit`: descriptors that the process may have (RLIMIT_NOFILE).
DescriptorBudget share_descriptors(std::size_t limit);

// What each of `shards` may have. `client_share`: connections of one client over all shards; 0:
// half of the listener's.
server::ConnectionLimits proxy_limits(const DescriptorBudget& budget, std::size_t shards,
                                      std::size_t client_share);
server::ConnectionLimits rest_limits(const DescriptorBudget& budget, std::size_t client_share);
server::ConnectionLimits http_limits(const DescriptorBudget& budget, std::size_t client_share);
proxy::Options proxy_options(const DescriptorBudget& budget, std::size_t shards);

}  // namespace mex::agent
