#include "cluster/audit/cluster_audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/backoff.h"
#include "cluster/health/conditions.h"
#include "cluster/plan/restoration.h"

namespace mex::cluster {
namespace {

constexpr std::chrono::hours kMaxPause{6};
constexpr int kTicksUntilUnknown = 3;

std::string counted(std::size_t count, std::string_view what) {
  return count == 0 ? std::string() : fmt::format("{} {}", count, what);
}

}  // namespace

ClusterAudit::ClusterAudit(const Timing& timing, const base::Clock& clock)
    : timing_(timing), clock_(clock) {}

void ClusterAudit::keep(Deviations seen, const std::string& operation_id) {
  if (begun_after_ != operation_id) return forget();
  believed_ = first_ ? found_by_both(*first_, seen) : Deviations();
  if (seen.empty()) attempts_ = 0;
  is_first_of_two_ = believed_.size() < seen.size();
  first_ = std::move(seen);
  looked_ = clock_.steady_now();
  looked_wall_ = clock_.wall_now();
}

std::string ClusterAudit::text() const {
  return fmt::format("{}", fmt::join(lines_of(believed_), "; "));
}

bool ClusterAudit::wants_second_look() const { return first_ && is_first_of_two_; }

std::optional<ClusterAudit::Proposal> ClusterAudit::propose(const ClusterRecord& cluster) {
  std::vector<Restoration> restorations;
  for (const Drift& drift : believed_.drift) {
    if (drift.restoration) restorations.push_back(*drift.restoration);
  }
  if (!cluster.spec.flavor.health_policy.auto_repair) restorations.clear();
  std::vector<NodeSpec> not_wanted;
  for (const ObservedResource& resource : believed_.unwanted) {
    if (auto node = node_not_wanted(cluster, resource)) not_wanted.push_back(*std::move(node));
  }
  if (restorations.empty() && not_wanted.empty() && believed_.duplicates.empty()) {
    return std::nullopt;
  }
  const base::SteadyTime now = clock_.steady_now();
  if (attempts_ > 0 && now < next_attempt_) return std::nullopt;
  ++attempts_;
  next_attempt_ =
      now + base::pause_after(attempts_, {.first = timing_.audit_tick, .max = kMaxPause});
  std::vector<std::string> parts{counted(believed_.duplicates.size(), "that are there twice"),
                                 counted(believed_.unwanted.size(), "of nodes that are not wanted"),
                                 counted(restorations.size(), "that were changed")};
  std::erase(parts, std::string());
  forget();
  return Proposal{.cluster = restored(cluster, restorations, not_wanted),
                  .subject = fmt::format("what an audit found: {}", fmt::join(parts, ", "))};
}

bool ClusterAudit::update_condition(std::vector<ConditionView>& conditions) const {
  if (!looked_) return false;
  if (clock_.steady_now() - *looked_ > kTicksUntilUnknown * timing_.audit_tick) {
    return set_condition(conditions, kInSync, Truth::Unknown,
                         because("NotSeen", fmt::format("it was last compared at {}",
                                                        base::format_rfc3339(looked_wall_))),
                         looked_wall_);
  }
  if (!believed_.empty()) {
    return set_condition(conditions, kInSync, Truth::False, because("Drifted", text()),
                         looked_wall_);
  }
  if (is_first_of_two_) return false;  // the next look decides
  return set_condition(conditions, kInSync, Truth::True, {}, looked_wall_);
}

}  // namespace mex::cluster
