#include "cluster/audit/orphans.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/status.h"

namespace mex::cluster {
namespace {

constexpr int kLooks = 2;

}  // namespace

void Orphans::update(const std::map<std::string, Inventory>& seen,
                     const std::set<std::string>& known, base::WallTime now) {
  const base::MutexLock lock(mutex_);
  std::map<std::string, Entry> before = std::exchange(entries_, {});
  for (const auto& [cluster_id, inventory] : seen) {
    if (known.count(cluster_id) > 0) continue;
    for (const ObservedResource& resource : inventory) {
      Entry& entry = entries_[resource.id];
      if (const auto old = before.find(resource.id); old != before.end()) {
        entry = std::move(old->second);
      }
      entry.orphan.resource = resource;
      entry.orphan.cluster_id = cluster_id;
      ++entry.looks;
    }
  }
  observed_at_ = now;
  problem_.clear();
}

void Orphans::look_failed(const absl::Status& status) {
  const base::MutexLock lock(mutex_);
  problem_ = base::message_of(status);
}

OrphansView Orphans::view() const {
  const base::MutexLock lock(mutex_);
  OrphansView view{.orphans = {}, .observed_at = observed_at_, .problem = problem_};
  for (const auto& [id, entry] : entries_) {
    if (entry.looks >= kLooks) view.orphans.push_back(entry.orphan);
  }
  const auto rank = [](const Orphan& orphan) {
    return std::tie(orphan.cluster_id, orphan.resource.kind, orphan.resource.name,
                    orphan.resource.id);
  };
  std::sort(view.orphans.begin(), view.orphans.end(),
            [&](const Orphan& a, const Orphan& b) { return rank(a) < rank(b); });
  return view;
}

absl::Status Orphans::request_removal(const std::vector<std::string>& ids) {
  const base::MutexLock lock(mutex_);
  for (const std::string& id : ids) {
    const auto entry = entries_.find(id);
    if (entry == entries_.end() || entry->second.looks < kLooks) {
      return base::error(absl::StatusCode::kNotFound,
                         "{}: no orphan has that id; nothing is removed", id);
    }
  }
  for (const std::string& id : ids) {
    Orphan& orphan = entries_.at(id).orphan;
    orphan.is_being_removed = true;
    orphan.problem.clear();
  }
  return absl::OkStatus();
}

std::map<std::string, Inventory> Orphans::to_remove() const {
  const base::MutexLock lock(mutex_);
  std::map<std::string, Inventory> result;
  for (const auto& [id, entry] : entries_) {
    if (!entry.orphan.is_being_removed) continue;
    result[entry.orphan.cluster_id].push_back(entry.orphan.resource);
  }
  return result;
}

void Orphans::removal_failed(const std::string& id, std::string problem) {
  const base::MutexLock lock(mutex_);
  const auto entry = entries_.find(id);
  if (entry != entries_.end()) entry->second.orphan.problem = std::move(problem);
}

bool Orphans::is_waiting() const {
  const base::MutexLock lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(), [](const auto& each) {
    return each.second.looks < kLooks || each.second.orphan.is_being_removed;
  });
}

}  // namespace mex::cluster
