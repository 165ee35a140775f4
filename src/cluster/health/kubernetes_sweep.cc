#include "cluster/health/kubernetes_sweep.h"

#include <utility>

namespace mex::cluster {

KubernetesSweep sweep_of(kubernetes::ProbeResult probe, const base::Clock& clock) {
  KubernetesSweep sweep{.status = std::move(probe.status),
                        .health = std::move(probe.health),
                        .nodes = {},
                        .seen = clock.wall_now(),
                        .seen_steady = clock.steady_now()};
  for (kubernetes::Node& node : probe.nodes) {
    std::string name = node.name;
    sweep.nodes.emplace(std::move(name), std::move(node));
  }
  return sweep;
}

}  // namespace mex::cluster
