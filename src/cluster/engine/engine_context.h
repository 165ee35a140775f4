#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "cluster/engine/fault_census.h"
#include "cluster/engine/step_executor.h"
#include "cluster/flavor/platform_config.h"
#include "cluster/observation/observation_resources.h"
#include "cluster/observation/timers.h"
#include "cluster/records/operation_history.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"
#include "events/recorder.h"
#include "store/store.h"

namespace mex::cluster {

// What the engines of all clusters share. Everything referred to outlives them.
struct EngineContext {
  store::Store& store;
  base::Clock& clock;
  Cloud* cloud;  // null if there is none
  StepExecutor& executor;
  base::ThreadPool& pool;
  ObservationResources& observation;
  Timers& timers;
  OperationHistory& history;
  const PlatformConfig& platform;
  std::string agent_id;
  std::string fqdn;  // see ManagerContext
  std::uint16_t proxy_port;
  Timing timing;
  events::Recorder events;
  // A server is awaited from now on. Called with the engine's mutex held.
  std::function<void()> request_sweep;
  // Addresses by which a cluster is reached have changed. Called with the engine's mutex held.
  std::function<void()> endpoints_changed;
  // The cluster is gone. Called on a pool thread, without locks.
  std::function<void(const std::string& cluster_id)> forget;
  FaultCensus census{};
};

}  // namespace mex::cluster
