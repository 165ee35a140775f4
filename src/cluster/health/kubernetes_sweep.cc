#include "cluster/health/kubernetes_sweep.h"

#include <utility>

namespace mex::cluster {

KubernetesSweep sweep_kubernetes(kubernetes::Client& client, const base::CallLimits& limits) {
  KubernetesSweep sweep;
  auto health = kubernetes::read_health(client, limits);
  sweep.status = health.status();
  if (!health.ok()) return sweep;
  sweep.health = *std::move(health);
  if (!sweep.health.ready) return sweep;
  auto list = kubernetes::list_nodes(client, limits);
  sweep.status = list.status();
  if (!list.ok()) return sweep;
  for (kubernetes::Node& node : list->nodes) {
    std::string name = node.name;
    sweep.nodes.emplace(std::move(name), std::move(node));
  }
  return sweep;
}

}  // namespace mex::cluster
