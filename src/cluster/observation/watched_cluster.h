#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cluster/health/sweep_pace.h"
#include "cluster/observation/kubernetes_monitor.h"
#include "cluster/observation/scripted_prober.h"

namespace mex::cluster {

// For tests: a cluster at rest, or one whose operation waits for its API server, as an engine
// watches it.
class WatchedCluster final : public KubernetesObserver,
                             public std::enable_shared_from_this<WatchedCluster> {
 public:
  static constexpr std::chrono::seconds kInterval{10};

  WatchedCluster(ScriptedProber& prober, SweepQueue& queue, VirtualTime& time, const Timing& timing,
                 std::size_t seed, ScriptedProber::Answer answer)
      : client(prober.add_server(std::move(answer))),
        time_(time),
        pace_(timing, seed),
        monitor_(&prober, queue, time, time, timing) {}

  void request(const NextSweep& next) { monitor_.request(weak_from_this(), next); }
  void await() {
    is_awaited = true;
    request({.pause = {}, .lane = SweepLane::Awaited});
  }

  std::optional<absl::StatusOr<std::shared_ptr<kubernetes::Client>>> api_server() override {
    if (!is_watched) return std::nullopt;
    return client;
  }

  std::optional<NextSweep> observe_kubernetes(KubernetesSweep sweep) override {
    seen.push_back(time_.steady_now());
    last = std::move(sweep);
    const bool is_answered = last.status.ok();
    const auto pause = pace_.pause_after(
        {.is_answered = is_answered, .is_awaited = is_awaited, .interval = kInterval});
    const SweepLane unawaited = is_answered ? SweepLane::Regular : SweepLane::Silent;
    return NextSweep{.pause = pause, .lane = is_awaited ? SweepLane::Awaited : unawaited};
  }

  absl::StatusOr<std::shared_ptr<kubernetes::Client>> client;
  bool is_watched = true;
  bool is_awaited = false;
  std::vector<base::SteadyTime> seen;  // when a sweep ended
  KubernetesSweep last;

 private:
  VirtualTime& time_;
  SweepPace pace_;
  KubernetesMonitor monitor_;
};

}  // namespace mex::cluster
