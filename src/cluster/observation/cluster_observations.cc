#include "cluster/observation/cluster_observations.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "cluster/health/awaited_server.h"
#include "cluster/steps/inventory.h"

namespace mex::cluster {
namespace {

bool is_master(const ClusterRecord& cluster, const ResourceKey& server) {
  const NodeSpec* node = find_node(cluster.spec, server.node);
  return node != nullptr && node->role == NodeRole::Master;
}

bool is_active_again(const std::map<std::string, ObservedServer>& before,
                     const openstack::Server& server) {
  const auto known = before.find(server.id);
  return known != before.end() && known->second.status != "ACTIVE" && server.status == "ACTIVE";
}

}  // namespace

ClusterObservations::ClusterObservations(const Timing& timing, const base::Clock& clock,
                                         std::size_t seed)
    : timing_(timing), clock_(clock), begin_(clock.steady_now()), pace_(timing, seed) {}

bool ClusterObservations::keep(const ServerSweep& sweep, const ClusterRecord& cluster,
                               const Owner& owner) {
  bool is_revived = false;
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
      is_revived = is_revived || (is_master(cluster, key) && is_active_again(before, *found));
    } else if (sweep.gone.count(id) > 0) {
      server.is_deleted = true;
    } else if (const auto known = before.find(id); known != before.end()) {
      server = std::move(known->second);
    } else {
      continue;
    }
    servers_.emplace(id, std::move(server));
  }
  return is_revived;
}

void ClusterObservations::keep(KubernetesSweep sweep) {
  if (sweep.status.ok()) answered_ = sweep.seen_steady;
  kubernetes_ = std::move(sweep);
  is_kubernetes_old_ = false;
  next_kubernetes_.reset();
}

NextSweep ClusterObservations::plan_next_sweep(const KubernetesInterest& interest) {
  const auto pause = pace_.pause_after({.is_answered = kubernetes_ && kubernetes_->status.ok(),
                                        .is_awaited = interest.is_awaited,
                                        .is_changed = interest.is_changed,
                                        .interval = interest.interval});
  kubernetes_tick_ = std::max(pause, interest.interval);
  next_kubernetes_ = clock_.wall_now() + pause;
  const SweepLane unawaited = pace_.is_silent() ? SweepLane::Silent : SweepLane::Regular;
  return {.pause = pause, .lane = interest.is_awaited ? SweepLane::Awaited : unawaited};
}

void ClusterObservations::mark_old() {
  const base::SteadyTime now = clock_.steady_now();
  for (auto& [id, server] : servers_) {
    server.is_old = now - server.seen_steady > 3 * timing_.idle_tick;
  }
  is_kubernetes_old_ = kubernetes_ && now - kubernetes_->seen_steady >
                                          3 * kubernetes_tick_ + timing_.kubernetes_call;
}

ObservationAges::Seen ClusterObservations::ages(const ClusterRecord& cluster,
                                                bool is_api_server_asked) const {
  ObservationAges::Seen seen;
  for (const auto& [key, id] : cluster.resources) {
    if (key.kind != ResourceKind::Server) continue;
    const auto server = servers_.find(id);
    // One that was made a moment ago is in no list yet; the others tell how old the list is.
    if (server == servers_.end() && !servers_.empty()) continue;
    const base::SteadyTime when = server == servers_.end() ? begin_ : server->second.seen_steady;
    seen.servers = std::min(seen.servers.value_or(when), when);
  }
  if (is_api_server_asked) {
    seen.api_server = answered_.value_or(begin_);
    seen.is_silent = pace_.is_silent();
  }
  return seen;
}

Observation ClusterObservations::view() const {
  return {.servers = servers_,
          .is_listed = is_listed_,
          .servers_problem = servers_problem_,
          .kubernetes = kubernetes_ ? &*kubernetes_ : nullptr,
          .is_kubernetes_old = is_kubernetes_old_,
          .next_kubernetes = next_kubernetes_,
          .repair_note = repair_note_};
}

std::chrono::milliseconds ClusterObservations::take_elapsed() {
  const base::SteadyTime now = clock_.steady_now();
  const base::SteadyTime before = std::exchange(taken_, now).value_or(now);
  return std::min(std::chrono::duration_cast<std::chrono::milliseconds>(now - before),
                  timing_.idle_tick + timing_.call);
}

}  // namespace mex::cluster
