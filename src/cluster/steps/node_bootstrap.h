#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cluster/spec/cluster_secrets.h"
#include "cluster/spec/spec.h"
#include "kubernetes/node_boot.h"
#include "kubernetes/user_data.h"

// How the machines of a cluster become a Kubernetes cluster: what each is given before it boots.
// Pure.
namespace mex::cluster {

// The name by which nodes know the API server, whichever masters there are.
inline constexpr std::string_view kApiServerName = "api.cluster.internal";

struct BootstrapInput {
  const ClusterSpec& spec;
  std::string_view cluster_id;
  const ClusterSecrets& secrets;
  // The nodes' network: the cluster's own subnet, or the shared network's, which a look-up finds.
  std::string_view subnet;
  int mtu = 0;  // of that network, which pods' interfaces have, too; 0: not known
  // By slot; every node has one.
  const std::map<std::string, std::string>& addresses;
  // Names by which the API server is reached from outside.
  const std::vector<std::string>& api_server_names;
  std::string_view operator_user_data;
};

// The name of the node, and of its server in Nova.
std::string node_name(const ClusterSpec& spec, std::string_view cluster_id, const NodeSpec& node);

// InvalidArgument names what in the flavor cannot be passed on.
absl::StatusOr<kubernetes::NodeBoot> node_boot(const BootstrapInput& input, const NodeSpec& node);

// The same as what Nova is given. ResourceExhausted if it is more than Nova takes.
absl::StatusOr<kubernetes::UserData> node_user_data(const BootstrapInput& input,
                                                    const NodeSpec& node);

}  // namespace mex::cluster
