#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/status.h"
#include "kubernetes/client.h"

namespace mex::kubernetes {

// Puts the program that renews certificates, with its timer (node/certificates.sh), on a node that
// was made without it, and lets it run once: by a pod of kube-system that enters the machine's own
// namespaces. Nothing is downloaded: the pod's image is one that the node runs already, and its
// programs are the machine's. Can be repeated at any time; what is there is replaced.
//   FailedPrecondition  the node runs no pod of kube-system, or its machine refuses: in its words
//   DeadlineExceeded    the pod has not ended yet; another call goes on waiting
// and the errors of api_error.h.
absl::Status install_renewal(Client& client, const std::string& node,
                             const base::CallLimits& limits);

// The pod; for review. `image` is on the node.
nlohmann::json renewal_pod(const std::string& node, const std::string& image);

}  // namespace mex::kubernetes
