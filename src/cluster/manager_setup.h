#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "base/clock.h"
#include "cluster/cloud.h"
#include "cluster/platform_config.h"
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
  Timing timing;
  // Threads that make calls to the cloud: so many at once.
  std::size_t threads = 16;
  // Operations that are remembered after their end.
  std::size_t history = 500;
};

}  // namespace mex::cluster
