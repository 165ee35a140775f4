#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "cluster/engine/step_decision.h"
#include "cluster/records/records.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// The calls of one operation that went out and whose answers were lost, by the names of their
// steps. Such a call may have taken effect, or may do so a little later: it is looked for before it
// is repeated, and the operation does not end before the time for late effects is over. That time
// is counted by the monotonic clock. ClusterRecord::unknown_until tells the next process of it,
// which lets all of it pass again. Not thread-safe.
class LostCalls {
 public:
  // Both outlive this object.
  LostCalls(const base::Clock& clock, const Timing& timing) : clock_(clock), timing_(timing) {}

  // Another operation begins, or one goes on after a restart: what an earlier process asked for
  // without keeping the answer is open.
  void begin(const OperationRecord& operation, ClusterRecord& cluster);

  // The fate of the step's call is open; `decision` says whether it can take effect late.
  void add(const std::string& step, const StepDecision& decision, ClusterRecord& cluster);
  // The step has found or made what its call was for.
  void resolve(std::string_view step, ClusterRecord& cluster);
  bool is_open(std::string_view step) const;

  // Whether a call of this operation or of an earlier one can still take effect.
  bool can_come_late(const ClusterRecord& cluster) const { return time_left(cluster).count() > 0; }
  // Until none can; zero if none can now.
  std::chrono::milliseconds time_left(const ClusterRecord& cluster) const;

  // Whether the step's call may be sent again if its effect is not seen: not before a call that
  // was lost has had some time. The step's call counts as repeated if so.
  bool may_repeat(std::string_view step);

  // A call of the step that changes the cloud and may be repeated was lost.
  void add_repeatable() { last_lost_ = clock_.steady_now(); }
  // Whether a call that was lost can be what the cloud refuses another one for. While it is inside
  // the cloud, at most as long as a call may take, it holds its addresses and its part of a quota,
  // also before anybody sees what it makes.
  bool may_be_in_the_way(const ClusterRecord& cluster) const;

  // The operation starts over. What a lost call was believed to have made may be what is gone: then
  // the call is open again.
  void reopen(ClusterRecord& cluster);
  // Another plan was made: `is_done` says of a step whether its resource is there.
  void replan(const std::function<bool(std::string_view step)>& is_done, ClusterRecord& cluster);

 private:
  struct Call {
    base::SteadyTime since{};
    bool can_come_late = false;
    bool is_found = false;     // what it made has been seen
    bool is_repeated = false;  // it may have been sent more than once: one of them may come late
  };

  static bool can_still_come(const Call& call);
  void await_late_answers(ClusterRecord& cluster);
  void end_waiting(ClusterRecord& cluster) const;

  const base::Clock& clock_;
  const Timing& timing_;
  std::map<std::string, Call, std::less<>> calls_;
  std::optional<base::SteadyTime> last_lost_;  // of those that may be repeated
  // No lost call of an earlier operation or process was open at the beginning.
  bool was_known_ = true;
  // When the time for late effects is over. Of calls that this process knows of.
  std::optional<base::SteadyTime> over_;
};

}  // namespace mex::cluster
