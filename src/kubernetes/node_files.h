#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/secret.h"
#include "kubernetes/node_boot.h"
#include "kubernetes/pki.h"

namespace mex::kubernetes {

struct NodeFile {
  std::string path;
  std::string mode;  // as cloud-init takes it: "0600"
  base::Secret content;
};

// The files that are on a node before its bootstrap script runs. A worker gets the cluster CA's
// certificate and no key but the bootstrap token.
absl::StatusOr<std::vector<NodeFile>> node_files(const NodeBoot& boot, const ClusterPki& pki);

}  // namespace mex::kubernetes
