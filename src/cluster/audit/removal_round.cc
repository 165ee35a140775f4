#include "cluster/audit/removal_round.h"

#include <algorithm>
#include <set>

#include "cluster/steps/perform.h"

namespace mex::cluster {

std::vector<RemovalRound::Failure> RemovalRound::run(const Plan& plan, const ClusterSpec& spec,
                                                     const Owner& owner,
                                                     const std::stop_token& stop) {
  std::vector<Failure> failures;
  std::set<StepKey> done;
  for (const PlannedStep& step : plan.steps) {
    const bool is_free = !traits_of(step.action).is_awaited &&
                         std::all_of(step.after.begin(), step.after.end(),
                                     [&](const StepKey& before) { return done.count(before) > 0; });
    if (!is_free) continue;
    const openstack::CallContext call{{clock_.steady_now() + timing_.call, stop}};
    const Outcome outcome =
        perform(cloud_, attempt_without_journal(step.action, spec, owner), call);
    if (stop.stop_requested()) return failures;
    if (outcome.status.ok()) {
      done.insert(step.key);
    } else {
      failures.push_back({step.resource_id, step.name(), outcome.status, outcome.request_id});
    }
  }
  return failures;
}

}  // namespace mex::cluster
