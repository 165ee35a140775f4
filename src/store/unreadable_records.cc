#include "store/unreadable_records.h"

#include "base/status.h"

namespace mex::store {

bool UnreadableRecords::add(std::string_view key, std::string_view problem) {
  const base::MutexLock lock(mutex_);
  return problems_.emplace(key, problem).second;
}

void UnreadableRecords::remove(std::string_view key) {
  const base::MutexLock lock(mutex_);
  const auto found = problems_.find(key);
  if (found != problems_.end()) problems_.erase(found);
}

absl::Status UnreadableRecords::check(std::string_view key) const {
  const base::MutexLock lock(mutex_);
  const auto found = problems_.find(key);
  if (found == problems_.end()) return absl::OkStatus();
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "{}; it is set aside and not changed: GET /v1/unreadable-records shows it, "
                     "docs/operations.md says what can be done",
                     found->second);
}

std::vector<UnreadableRecord> UnreadableRecords::all() const {
  const base::MutexLock lock(mutex_);
  std::vector<UnreadableRecord> all;
  all.reserve(problems_.size());
  for (const auto& [key, problem] : problems_) all.push_back({key, problem});
  return all;
}

}  // namespace mex::store
