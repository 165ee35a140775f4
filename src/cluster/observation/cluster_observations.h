#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "cluster/health/observation.h"
#include "cluster/health/server_sweep.h"
#include "cluster/health/sweep_pace.h"
#include "cluster/observation/kubernetes_monitor.h"
#include "cluster/observation/observation_ages.h"
#include "cluster/records/records.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// What was seen of one cluster since this process began: of each server and of the API server the
// latest, until it is too old to be believed. Not thread-safe.
class ClusterObservations {
 public:
  // All references outlive this object. `seed` spreads what clusters do at equal times.
  ClusterObservations(const Timing& timing, const base::Clock& clock, std::size_t seed);

  // True if a master that was not ACTIVE is so again: its API server may answer now.
  bool keep(const ServerSweep& sweep, const ClusterRecord& cluster, const Owner& owner);
  void keep(KubernetesSweep sweep);
  void set_repair_note(std::string note) { repair_note_ = std::move(note); }

  // What the API server is asked for next.
  struct KubernetesInterest {
    bool is_awaited = false;                // see SweepPace::Outcome
    bool is_changed = false;                // likewise
    std::chrono::milliseconds interval{0};  // likewise
  };
  // When it is asked again, after what was kept last.
  NextSweep plan_next_sweep(const KubernetesInterest& interest);
  // The API server did not answer the last time.
  bool is_api_server_silent() const { return pace_.is_silent(); }

  // Marks what was not seen for three ticks: it is not known any more. The tick of an API server is
  // the pause that was planned after it was asked last, which is longer while it does not answer.
  void mark_old();

  // How old what is kept is. What was never seen is as old as this object.
  ObservationAges::Seen ages(const ClusterRecord& cluster, bool is_api_server_asked) const;

  // Refers to this object.
  Observation view() const;
  const std::optional<KubernetesSweep>& kubernetes() const { return kubernetes_; }

  // Since the call before this one, by the monotonic clock. A process that stood still for longer
  // than a tick takes has seen nothing in that time.
  std::chrono::milliseconds take_elapsed();

 private:
  const Timing& timing_;
  const base::Clock& clock_;
  const base::SteadyTime begin_;
  std::map<std::string, ObservedServer> servers_;  // by id
  bool is_listed_ = false;
  std::string servers_problem_;
  std::optional<KubernetesSweep> kubernetes_;
  bool is_kubernetes_old_ = false;
  SweepPace pace_;
  std::chrono::milliseconds kubernetes_tick_{0};
  std::optional<base::WallTime> next_kubernetes_;
  std::optional<base::SteadyTime> answered_;  // the API server, the last time
  std::string repair_note_;
  std::optional<base::SteadyTime> taken_;
};

}  // namespace mex::cluster
