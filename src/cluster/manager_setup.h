#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "cluster/cloud.h"
#include "cluster/platform_config.h"
#include "cluster/reach.h"
#include "cluster/timing.h"
#include "store/store.h"

namespace mex::cluster {

// What a Manager is made of.
struct ManagerSetup {
  std::shared_ptr<store::Store> store;
  base::Clock* clock = nullptr;  // outlives the manager
  // Null if there is no usable configuration; then `cloud_problem` says why.
  std::shared_ptr<Cloud> cloud;
  absl::Status cloud_problem;
  PlatformConfig platform;
  // The agent's own name, under which API servers are passed through; empty: they are not.
  std::string fqdn;
  // All clusters; called on a control thread after every change, one call at a time, once in open()
  // before the first API call.
  std::function<void(const std::vector<ClusterReach>&)> publish_reach;
  Timing timing;
  // Threads that make calls to the cloud: so many at once.
  std::size_t threads = 16;
  // Operations that are remembered after their end.
  std::size_t history = 500;
};

}  // namespace mex::cluster
