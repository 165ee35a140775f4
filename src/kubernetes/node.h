#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "kubernetes/client.h"
#include "kubernetes/listing.h"
#include "kubernetes/renewal/certificate_report.h"

namespace mex::kubernetes {

struct NodeCondition {
  std::string type;    // "Ready", "MemoryPressure", …
  std::string status;  // "True", "False", "Unknown"
  std::string reason;
  std::string message;
  base::WallTime last_transition;  // the epoch if the server does not say
};

// A node as the API server sees it.
struct Node {
  std::string name;
  std::string uid;
  std::string internal_address;  // "" while the kubelet has not said
  std::string kubelet_version;   // "v1.20.2"
  std::string pod_network;       // "" if the controller manager hands out none
  std::map<std::string, std::string> labels;
  bool unschedulable = false;  // cordoned
  base::WallTime created;
  CertificateReport certificates;
  std::vector<NodeCondition> conditions;

  const NodeCondition* condition(std::string_view type) const;  // null if there is none
  bool ready() const;
};

// Internal if it is no node.
absl::StatusOr<Node> node_from_json(const nlohmann::json& object);

struct NodeList {
  std::vector<Node> nodes;
  std::string resource_version;
};

absl::StatusOr<NodeList> list_nodes(Client& client, const base::CallLimits& limits);

// Internal if one of the items is no node.
absl::StatusOr<NodeList> nodes_of(const Listing& listing);

// Cordon (false) and uncordon (true).
absl::Status set_schedulable(Client& client, const std::string& name, bool schedulable,
                             const base::CallLimits& limits);

// NotFound counts as done. The machine is not touched, and its kubelet may register it again.
absl::Status delete_node(Client& client, const std::string& name, const base::CallLimits& limits);

// "2026-11-22T13:28:25Z", with or without a fraction: the form of metav1.Time. The epoch if it is
// something else.
base::WallTime parse_time(std::string_view text);

}  // namespace mex::kubernetes
