#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "kubernetes/health.h"
#include "kubernetes/node.h"
#include "kubernetes/prober.h"

namespace mex::cluster {

// What one request for the state of an API server and its nodes saw.
struct KubernetesSweep {
  absl::Status status;  // why there is no answer, if there is none
  kubernetes::Health health;
  std::map<std::string, kubernetes::Node> nodes;  // by name; empty while the server is not ready
  base::WallTime seen{};
  base::SteadyTime seen_steady{};

  bool api_is_ready() const { return status.ok() && health.ready; }
};

// What a probe that has just ended saw.
KubernetesSweep sweep_of(kubernetes::ProbeResult probe, const base::Clock& clock);

}  // namespace mex::cluster
