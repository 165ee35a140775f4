#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "kubernetes/certificate_report.h"
#include "kubernetes/client.h"
#include "kubernetes/health.h"
#include "kubernetes/node.h"

namespace mex::cluster {

// What one request for the state of an API server and its nodes saw.
struct KubernetesSweep {
  absl::Status status;  // why there is no answer, if there is none
  kubernetes::Health health;
  std::map<std::string, kubernetes::Node> nodes;  // by name; empty while the server is not ready
  std::map<std::string, std::string> consoles;    // of the servers that were asked for, by slot
  // What API servers that were asked for it have shown, by address.
  std::map<std::string, kubernetes::CertificateLife> served;
  base::WallTime seen{};
  base::SteadyTime seen_steady{};

  bool api_is_ready() const { return status.ok() && health.ready; }
};

// Blocks for as long as `limits` allow. Consoles are left to the caller.
KubernetesSweep sweep_kubernetes(kubernetes::Client& client, const base::CallLimits& limits);

}  // namespace mex::cluster
