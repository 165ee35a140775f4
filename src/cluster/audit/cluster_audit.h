#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cluster/health/audit.h"
#include "cluster/records/records.h"
#include "cluster/records/views.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// What audits have found of one cluster, and what is done about it. A finding is believed when two
// looks in a row have it and no operation came between them. Not thread-safe.
class ClusterAudit {
 public:
  // All references outlive this object.
  ClusterAudit(const Timing& timing, const base::Clock& clock);

  // A look begins, after the operation of that id.
  void begin(const std::string& operation_id) { begun_after_ = operation_id; }
  // What the look has found. It does not count if the cluster's latest operation is another one
  // now.
  void keep(Deviations seen, const std::string& operation_id);
  // The cluster is being changed: what was found before says nothing of what it will be.
  void forget() { first_.reset(); }

  // One line for people; empty if nothing is believed.
  std::string text() const;
  bool wants_second_look() const;

  // The record and the subject of a repair that sets right what is believed: second resources and
  // nodes that are not wanted go; drift is restored where the flavor has auto_repair. Nothing if
  // there is nothing to do, or if the last attempt was a short while ago: attempts that change
  // nothing come ever more seldom.
  struct Proposal {
    ClusterRecord cluster;
    std::string subject;
  };
  std::optional<Proposal> propose(const ClusterRecord& cluster);

  // Sets kInSync once the cluster was looked at; true if it changed.
  bool update_condition(std::vector<ConditionView>& conditions) const;

 private:
  const Timing& timing_;
  const base::Clock& clock_;
  std::string begun_after_;
  std::optional<Deviations> first_;  // of the look before; nothing if that does not count
  Deviations believed_;
  bool is_first_of_two_ = false;  // something was found that the look before did not have
  std::optional<base::SteadyTime> looked_;
  base::WallTime looked_wall_{};  // for people
  int attempts_ = 0;
  base::SteadyTime next_attempt_{};
};

}  // namespace mex::cluster
