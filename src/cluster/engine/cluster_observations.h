#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "cluster/health/observation.h"
#include "cluster/health/server_sweep.h"
#include "cluster/records/records.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// What was seen of one cluster since this process began: of each server and of the API server the
// latest, until it is too old to be believed. Not thread-safe.
class ClusterObservations {
 public:
  // All references outlive this object.
  ClusterObservations(const Timing& timing, const base::Clock& clock);

  void keep(const ServerSweep& sweep, const ClusterRecord& cluster, const Owner& owner);
  void keep(KubernetesSweep sweep) { kubernetes_ = std::move(sweep); }
  void set_repair_note(std::string note) { repair_note_ = std::move(note); }

  // Marks what was not seen for three ticks: it is not known any more.
  void mark_old(std::chrono::milliseconds kubernetes_tick);

  // Refers to this object.
  Observation view() const;
  const std::optional<KubernetesSweep>& kubernetes() const { return kubernetes_; }

  // Since the call before this one, by the monotonic clock. A process that stood still for longer
  // than a tick takes has seen nothing in that time.
  std::chrono::milliseconds take_elapsed();

 private:
  const Timing& timing_;
  const base::Clock& clock_;
  std::map<std::string, ObservedServer> servers_;  // by id
  bool is_listed_ = false;
  std::string servers_problem_;
  std::optional<KubernetesSweep> kubernetes_;
  bool is_kubernetes_old_ = false;
  std::string repair_note_;
  std::optional<base::SteadyTime> taken_;
};

}  // namespace mex::cluster
