#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "events/recorder.h"
#include "net/origin_policy.h"
#include "nginx/model/cluster_api.h"
#include "nginx/model/instance.h"
#include "nginx/reconcile/port_clash.h"
#include "nginx/render/resolved_instance.h"
#include "nginx/runtime/runtime.h"

namespace mex::store {
class Store;
}

namespace mex::nginx {

// The pair that the agent itself shows now; an error says why there is none. It is called every
// second, so it does not block.
using CertificateSource = std::function<absl::StatusOr<CertificatePair>()>;

// How the API of one of the agent's clusters is called now. NotFound: there is no such cluster, or
// it is being destroyed. Other errors say what is missing. It is called every second, so it does
// not block.
using ClusterApiSource = std::function<absl::StatusOr<ClusterApi>(const ClusterName&)>;

// What Instances works with. Everything that is pointed to outlives it.
struct InstancesContext {
  store::Store* store = nullptr;              // desired instances and users
  const net::OriginPolicy* policy = nullptr;  // where an origin may be
  const base::Clock* clock = nullptr;
  // Null: instances cannot run, for the reason in `no_runtime`; they are stored and listed all the
  // same.
  std::unique_ptr<Runtime> runtime;
  absl::Status no_runtime;
  // Runtimes that this agent is not configured for; what they run for an earlier start of the agent
  // is removed.
  std::vector<std::unique_ptr<Runtime>> obsolete_runtimes;
  CertificateSource certificate;       // needed where TLS ends at a port
  ClusterApiSource cluster_api;        // null: the agent has no clusters
  std::vector<ReservedPort> reserved;  // ports of the agent's servers; no instance may have them
  // Paths of htpasswd files, as HtpasswdFile takes them: users beside those of the API.
  std::vector<std::string> user_files;
  // For other changes: the runtime may be slow. Below what callers of the API wait.
  std::chrono::milliseconds max_wait{20'000};
  events::Recorder events{};  // where changes of instances are recorded
};

}  // namespace mex::nginx
