#include "cluster/health/conditions.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "cluster/health/certificates.h"
#include "cluster/steps/node_bootstrap.h"

namespace mex::cluster {
namespace {

// True without faults, otherwise False with all of them.
struct Faults {
  std::vector<std::string> lines;

  Truth truth() const { return lines.empty() ? Truth::True : Truth::False; }
  Reason reason(std::string_view code) const {
    return lines.empty() ? Reason{} : because(code, fmt::format("{}", fmt::join(lines, "; ")));
  }
};

Faults faults_of_infrastructure(const ClusterRecord& cluster) {
  Faults faults;
  for (const ResourceKey& key : resource_keys(cluster.spec)) {
    if (key.kind == ResourceKind::Server || cluster.resources.count(key) > 0) continue;
    faults.lines.push_back(to_string(key) + " is not there");
  }
  return faults;
}

struct SeenServers {
  Faults faults;
  std::vector<std::string> unknown;
  base::WallTime seen;  // of the one that was seen longest ago
};

std::string why_not_known(const std::string& slot, const ObservedServer* server,
                          const std::string& problem) {
  const std::string because_of = problem.empty() ? "" : ": " + problem;
  if (server == nullptr) return fmt::format("server {} was not seen yet{}", slot, because_of);
  if (server->is_old) {
    return fmt::format("server {} was last seen at {}{}", slot, base::format_rfc3339(server->seen),
                       because_of);
  }
  return fmt::format("Nova does not know the state of server {}", slot);
}

SeenServers servers_of(const ClusterRecord& cluster, const Observation& observation,
                       base::WallTime now) {
  SeenServers servers{.faults = {}, .unknown = {}, .seen = now};
  for (const NodeSpec& node : cluster.spec.nodes) {
    const ObservedServer* server = find_observed(observation, cluster, node.slot);
    if (server != nullptr) servers.seen = std::min(servers.seen, server->seen);
    // UNKNOWN is what Nova says while the cell of the server is down.
    const bool is_known = server != nullptr && !server->is_old && server->status != "UNKNOWN";
    const bool is_made = cluster.resources.count({ResourceKind::Server, node.slot}) > 0;
    if (is_known ? server->is_deleted : !is_made && observation.is_listed) {
      servers.faults.lines.push_back(fmt::format("server {} is not there", node.slot));
    } else if (!is_known) {
      servers.unknown.push_back(why_not_known(node.slot, server, observation.servers_problem));
    } else if (server->status != "ACTIVE") {
      servers.faults.lines.push_back(fmt::format("server {} is {}{}{}", node.slot, server->status,
                                                 server->fault.empty() ? "" : ": ", server->fault));
    }
  }
  return servers;
}

Faults faults_of_nodes(const ClusterRecord& cluster, const KubernetesSweep& sweep) {
  Faults faults;
  for (const NodeSpec& spec : cluster.spec.nodes) {
    const auto node = sweep.nodes.find(node_name(cluster.spec, cluster.id, spec));
    if (node == sweep.nodes.end()) {
      faults.lines.push_back(fmt::format("{} has not joined", spec.slot));
    } else if (!node->second.ready()) {
      faults.lines.push_back(
          fmt::format("{} is not Ready: {}", spec.slot, why_not_ready(node->second)));
    }
  }
  return faults;
}

// Where nothing ever spoke against repairs there is nothing to say of them.
template <typename Set>
void set_repair_condition(const ClusterRecord& cluster, const Observation& observation, Set set,
                          base::WallTime now) {
  const auto& conditions = cluster.conditions;
  const bool is_there = std::any_of(conditions.begin(), conditions.end(),
                                    [](const auto& each) { return each.type == kRepairAllowed; });
  if (!observation.repair_note.empty()) {
    set(kRepairAllowed, Truth::False, because("RepairSuspended", observation.repair_note), now);
  } else if (is_there) {
    set(kRepairAllowed, Truth::True, Reason{}, now);
  }
}

}  // namespace

std::string_view to_string(Truth truth) {
  switch (truth) {
    case Truth::True:
      return "True";
    case Truth::False:
      return "False";
    case Truth::Unknown:
      break;
  }
  return "Unknown";
}

bool set_condition(std::vector<ConditionView>& conditions, std::string_view type, Truth truth,
                   Reason reason, base::WallTime now) {
  auto found = std::find_if(conditions.begin(), conditions.end(),
                            [&](const ConditionView& other) { return other.type == type; });
  if (found == conditions.end()) {
    found = conditions.insert(conditions.end(), ConditionView{});
    found->type = type;
  }
  const std::string_view status = to_string(truth);
  const bool is_transition = found->status != status;
  const bool is_changed = is_transition || found->reason.code != reason.code;
  if (is_transition) found->since = now;
  found->status = status;
  found->reason = std::move(reason);
  found->observed_at = now;
  return is_changed;
}

std::string readiness_of(const std::vector<ConditionView>& conditions) {
  const auto ready = std::find_if(conditions.begin(), conditions.end(),
                                  [](const ConditionView& each) { return each.type == kReady; });
  const bool is_known = ready != conditions.end() && ready->status != to_string(Truth::Unknown);
  return is_known ? ready->status : "";
}

std::string why_not_ready(const kubernetes::Node& node) {
  const kubernetes::NodeCondition* ready = node.condition("Ready");
  if (ready == nullptr) return "its kubelet has not said anything yet";
  return ready->message.empty() ? ready->reason : ready->message;
}

std::string why_not_ready(const KubernetesSweep& sweep) {
  if (!sweep.status.ok()) {
    return fmt::format("the API server does not answer: {}", base::message_of(sweep.status));
  }
  return fmt::format("the API server is not ready: {}", fmt::join(sweep.health.failing, ", "));
}

bool update_conditions(ClusterRecord& cluster, const Observation& observation, base::WallTime now) {
  bool is_changed = false;
  const auto set = [&](std::string_view type, Truth truth, Reason reason, base::WallTime seen) {
    is_changed =
        set_condition(cluster.conditions, type, truth, std::move(reason), seen) || is_changed;
  };
  const Faults infrastructure = faults_of_infrastructure(cluster);
  set(kInfrastructureReady, infrastructure.truth(), infrastructure.reason("ResourceMissing"), now);

  const SeenServers servers = servers_of(cluster, observation, now);
  if (!servers.faults.lines.empty() || servers.unknown.empty()) {
    set(kServersActive, servers.faults.truth(), servers.faults.reason("ServerNotActive"),
        servers.seen);
  } else {
    set(kServersActive, Truth::Unknown,
        because("NotSeen", fmt::format("{}", fmt::join(servers.unknown, "; "))), servers.seen);
  }

  if (cluster.spec.is_managed()) {
    const KubernetesSweep* sweep = observation.kubernetes;
    if (sweep == nullptr || observation.is_kubernetes_old) {
      const Reason unseen =
          because("NotSeen", sweep == nullptr ? "the API server was not asked yet"
                                              : fmt::format("the API server was last asked at {}",
                                                            base::format_rfc3339(sweep->seen)));
      const base::WallTime seen = sweep == nullptr ? now : sweep->seen;
      set(kApiServerReady, Truth::Unknown, unseen, seen);
      set(kNodesReady, Truth::Unknown, unseen, seen);
    } else if (!sweep->api_is_ready()) {
      Reason silent = because("ApiServerNotReady", why_not_ready(*sweep));
      if (!sweep->status.ok() && observation.next_kubernetes) {
        silent.next = fmt::format("it is asked again at {}",
                                  base::format_rfc3339(*observation.next_kubernetes));
      }
      set(kApiServerReady, Truth::False, silent, sweep->seen);
      set(kNodesReady, Truth::Unknown, silent, sweep->seen);
    } else {
      const Faults nodes = faults_of_nodes(cluster, *sweep);
      set(kApiServerReady, Truth::True, {}, sweep->seen);
      Reason reason = nodes.reason("NodeNotReady");
      reason.next = observation.repair_note;
      set(kNodesReady, nodes.truth(), std::move(reason), sweep->seen);
    }
    CertificateVerdict certificates = judge_certificates(cluster, observation, now);
    set(kCertificatesValid, certificates.truth, std::move(certificates.reason),
        sweep == nullptr ? now : sweep->seen);
  }
  set_repair_condition(cluster, observation, set, now);
  return summarize(cluster.conditions, now) || is_changed;
}

bool summarize(std::vector<ConditionView>& conditions, base::WallTime now) {
  const ConditionView* worst = nullptr;
  for (const ConditionView& condition : conditions) {
    if (condition.type == kReady || condition.type == kInSync) continue;
    if (condition.status == to_string(Truth::True)) continue;
    const bool is_first_false = condition.status == to_string(Truth::False) &&
                                (worst == nullptr || worst->status != to_string(Truth::False));
    if (worst == nullptr || is_first_false) worst = &condition;
  }
  if (worst == nullptr) return set_condition(conditions, kReady, Truth::True, {}, now);
  const bool is_false = worst->status == to_string(Truth::False);
  Reason reason = worst->reason;
  if (reason.code.empty()) reason.code = "Not" + worst->type;
  return set_condition(conditions, kReady, is_false ? Truth::False : Truth::Unknown,
                       std::move(reason), now);
}

}  // namespace mex::cluster
