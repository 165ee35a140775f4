#include "cluster/engine/cluster_observations.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "cluster/health/awaited_server.h"
#include "cluster/steps/inventory.h"

namespace mex::cluster {

ClusterObservations::ClusterObservations(const Timing& timing, const base::Clock& clock)
    : timing_(timing), clock_(clock) {}

void ClusterObservations::keep(const ServerSweep& sweep, const ClusterRecord& cluster,
                               const Owner& owner) {
  is_listed_ = is_listed_ || sweep.status.ok();
  servers_problem_ = sweep.status.ok() ? "" : base::message_of(sweep.status);
  std::map<std::string, ObservedServer> before = std::exchange(servers_, {});
  for (const auto& [key, id] : cluster.resources) {
    if (key.kind != ResourceKind::Server) continue;
    ObservedServer server{.seen = sweep.seen, .seen_steady = sweep.seen_steady};
    if (const auto* found = sweep.status.ok() ? find_server(sweep, id) : nullptr) {
      server.status = found->status;
      server.fault = found->fault;
      server.is_marked = has_mark(*found, owner);
    } else if (sweep.gone.count(id) > 0) {
      server.is_deleted = true;
    } else if (const auto known = before.find(id); known != before.end()) {
      server = std::move(known->second);
    } else {
      continue;
    }
    servers_.emplace(id, std::move(server));
  }
}

void ClusterObservations::mark_old(std::chrono::milliseconds kubernetes_tick) {
  const base::SteadyTime now = clock_.steady_now();
  for (auto& [id, server] : servers_) {
    server.is_old = now - server.seen_steady > 3 * timing_.idle_tick;
  }
  is_kubernetes_old_ =
      kubernetes_ && now - kubernetes_->seen_steady > 3 * kubernetes_tick + timing_.kubernetes_call;
}

Observation ClusterObservations::view() const {
  return {.servers = servers_,
          .is_listed = is_listed_,
          .servers_problem = servers_problem_,
          .kubernetes = kubernetes_ ? &*kubernetes_ : nullptr,
          .is_kubernetes_old = is_kubernetes_old_,
          .repair_note = repair_note_};
}

std::chrono::milliseconds ClusterObservations::take_elapsed() {
  const base::SteadyTime now = clock_.steady_now();
  const base::SteadyTime before = std::exchange(taken_, now).value_or(now);
  return std::min(std::chrono::duration_cast<std::chrono::milliseconds>(now - before),
                  timing_.idle_tick + timing_.call);
}

}  // namespace mex::cluster
