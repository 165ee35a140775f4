#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/health/observation.h"
#include "cluster/records/records.h"
#include "cluster/records/views.h"

// What is true of a cluster right now, in the form Kubernetes has for it. A condition keeps the
// time since when its status is as it is. Pure.
namespace mex::cluster {

inline constexpr std::string_view kReady = "Ready";  // all of the others
inline constexpr std::string_view kInfrastructureReady = "InfrastructureReady";
inline constexpr std::string_view kServersActive = "ServersActive";
// Of managed clusters only.
inline constexpr std::string_view kApiServerReady = "ApiServerReady";
inline constexpr std::string_view kNodesReady = "NodesReady";
// What the cloud holds of the cluster is what the agent made; see audit.h. It is there once it was
// looked at, and Ready does not ask for it.
inline constexpr std::string_view kInSync = "InSync";
// No certificate has ended or is about to; see certificates.h.
inline constexpr std::string_view kCertificatesValid = "CertificatesValid";
// The agent would replace workers that are broken. It is there once it was False.
inline constexpr std::string_view kRepairAllowed = "RepairAllowed";

enum class Truth { True, False, Unknown };

std::string_view to_string(Truth truth);  // "True", "False", "Unknown"

// Sets the condition of that type; true if its status or its reason's code is another than before.
bool set_condition(std::vector<ConditionView>& conditions, std::string_view type, Truth truth,
                   Reason reason, base::WallTime now);

// Sets all conditions of the cluster; true if one changed.
bool update_conditions(ClusterRecord& cluster, const Observation& observation, base::WallTime now);

// What `kReady` says, "True" or "False"; empty while that is not known.
std::string readiness_of(const std::vector<ConditionView>& conditions);

// In the words of who says it.
std::string why_not_ready(const kubernetes::Node& node);
std::string why_not_ready(const KubernetesSweep& sweep);

// Sets `kReady` from the others: False before Unknown before True, with the reason of the first
// that is not True.
bool summarize(std::vector<ConditionView>& conditions, base::WallTime now);

}  // namespace mex::cluster
