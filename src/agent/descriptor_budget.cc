#include "agent/descriptor_budget.h"

#include <algorithm>

#include "api/grpc_connections.h"

namespace mex::agent {
namespace {

// Enough for any cloudlet; more connections than that are bound by memory.
constexpr std::size_t kMaxControl = 8192;
constexpr std::size_t kMaxApi = 4096;
constexpr std::size_t kMaxGrpc = api::GrpcConnections::Limits::kMaxDescriptors;
constexpr std::size_t kMaxHttp = 2048;
constexpr std::size_t kMaxProxyOfShard = 20'000;
constexpr std::size_t kMaxUsed = 1U << 20U;
constexpr std::size_t kProbes = 16;

std::size_t of_shard(std::size_t all, std::size_t shards) {
  return std::max<std::size_t>(1, all / shards);
}

server::ConnectionLimits limits_of(std::size_t connections, std::size_t shards,
                                   std::size_t client_share) {
  // Few descriptors are no reason to serve one client a request at a time.
  constexpr std::size_t kMinOfClient = 32;
  server::ConnectionLimits limits;
  limits.connections = of_shard(connections, shards);
  const std::size_t usual =
      std::min(limits.connections, std::max(kMinOfClient, limits.connections / 2));
  limits.client_connections = client_share == 0 ? usual : of_shard(client_share, shards);
  limits.client_handshakes = std::max<std::size_t>(1, limits.client_connections / 4);
  // Fewer requests than connections: a client with all of them under way can still ask how we are.
  limits.client_requests = std::max<std::size_t>(1, limits.client_connections * 3 / 4);
  return limits;
}

}  // namespace

DescriptorBudget share_descriptors(std::size_t limit) {
  limit = std::clamp(limit, kMinDescriptors, kMaxUsed);
  DescriptorBudget budget;
  budget.control = std::min(limit / 4, kMaxControl);
  budget.rest = std::min(limit / 16, kMaxApi);
  budget.rest_probes = kProbes;
  budget.grpc = std::min(limit / 16, kMaxGrpc);
  budget.http = std::min(limit / 32, kMaxHttp);
  const std::size_t rest_of_all = limit - budget.sum();
  budget.proxy = rest_of_all / 2;
  budget.origins = rest_of_all / 4;
  budget.passthrough = rest_of_all / 8;
  return budget;
}

server::ConnectionLimits proxy_limits(const DescriptorBudget& budget, std::size_t shards,
                                      std::size_t client_share) {
  const std::size_t connections = std::min(budget.proxy, shards * kMaxProxyOfShard);
  server::ConnectionLimits limits = limits_of(connections, shards, client_share);
  limits.intercepted = of_shard(budget.passthrough, shards);
  limits.client_intercepted =
      std::min(limits.client_connections, std::max<std::size_t>(1, limits.intercepted / 2));
  return limits;
}

server::ConnectionLimits rest_limits(const DescriptorBudget& budget, std::size_t client_share) {
  server::ConnectionLimits limits = limits_of(budget.rest, 1, client_share);
  limits.probes = budget.rest_probes;
  return limits;
}

server::ConnectionLimits http_limits(const DescriptorBudget& budget, std::size_t client_share) {
  return limits_of(budget.http, 1, client_share);
}

proxy::Options proxy_options(const DescriptorBudget& budget, std::size_t shards) {
  proxy::Options options;
  options.max_origin_connections = of_shard(budget.origins, shards);
  return options;
}

}  // namespace mex::agent
