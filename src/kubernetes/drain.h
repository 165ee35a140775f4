#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kubernetes/client.h"
#include "kubernetes/version.h"

namespace mex::kubernetes {

enum class Eviction { Admitted, Blocked };

struct EvictionAnswer {
  Eviction eviction = Eviction::Admitted;
  std::string reason;  // of Blocked: which disruption budget, in the server's words
};

// Asks the server to end a pod if no PodDisruptionBudget speaks against it. A pod that is gone
// counts as accepted. `version` is the server's: the call changed with 1.22.
absl::StatusOr<EvictionAnswer> evict_pod(Client& client, const Version& version,
                                         const std::string& pod_namespace, const std::string& pod,
                                         const base::CallLimits& limits);

struct BlockedPod {
  std::string pod;     // "namespace/name"
  std::string reason;  // why it is still there
};

struct DrainReport {
  int evicted = 0;
  std::vector<BlockedPod> remaining;  // empty: the node is drained
};

// Cordons the node, then evicts its pods and waits until they are gone, asking again for those that
// a budget protects. Pods of DaemonSets (they would come back) and mirror pods (they belong to the
// kubelet) stay; pods without a controller are evicted as well. When the deadline passes the report
// tells what remains: then it is for the caller to go on or to give up. Other errors as of the
// calls.
absl::StatusOr<DrainReport> drain_node(Client& client, const std::string& node,
                                       const base::CallLimits& limits);

}  // namespace mex::kubernetes
