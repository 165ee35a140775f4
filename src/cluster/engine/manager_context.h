#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/ipv4.h"
#include "cluster/engine/cluster_endpoints.h"
#include "cluster/engine/stored_clusters.h"
#include "cluster/flavor/platform_config.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"
#include "events/recorder.h"
#include "store/store.h"

namespace mex::cluster {

// What a Manager is made of.
struct ManagerContext {
  std::shared_ptr<store::Store> store;
  AvailableSealer sealer;        // for the secrets of clusters
  base::Clock* clock = nullptr;  // outlives the manager
  // Null if there is no usable configuration; then `cloud_problem` says why.
  std::shared_ptr<Cloud> cloud;
  absl::Status cloud_problem;
  PlatformConfig platform;
  Timing timing;
  // The name and port by which the agent's proxy is reached from outside. Without a name no API
  // server is reached through it.
  std::string fqdn;
  std::uint16_t proxy_port = 443;
  // Called with how every cluster is reached: before open() returns, and after every change. One
  // call at a time, on a thread of the manager's; may block for a moment. May be null.
  std::function<void(const std::vector<ClusterEndpoints>&)> publish_endpoints;
  // The blocks that the host has routes to, other than those of the agent to clusters: no cluster
  // gets a subnet in them. Called from any thread; may be null.
  std::function<std::vector<base::Ipv4Block>()> host_networks;
  // Threads that make calls to the cloud: so many at once.
  std::size_t threads = 16;
  // Threads that make calls to the clusters' API servers.
  std::size_t kubernetes_threads = 8;
  // Records when operations begin, are blocked and end, and when clusters become Ready or are not
  // Ready any more.
  events::Recorder events;
  // Operations that are remembered after their end.
  std::size_t history = 500;
};

}  // namespace mex::cluster
