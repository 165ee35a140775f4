#include "cluster/records/operation_history.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mex::cluster {

std::vector<std::string> OperationHistory::add(OperationRecord operation) {
  const base::MutexLock lock(mutex_);
  operations_.push_back(std::move(operation));
  std::vector<std::string> forgotten;
  while (operations_.size() > capacity_) {
    forgotten.push_back(std::move(operations_.front().id));
    operations_.pop_front();
  }
  return forgotten;
}

std::vector<OperationRecord> OperationHistory::all() const {
  const base::MutexLock lock(mutex_);
  return {operations_.begin(), operations_.end()};
}

std::optional<OperationRecord> OperationHistory::find(std::string_view id) const {
  const base::MutexLock lock(mutex_);
  const auto found =
      std::find_if(operations_.begin(), operations_.end(),
                   [&](const OperationRecord& operation) { return operation.id == id; });
  if (found == operations_.end()) return std::nullopt;
  return *found;
}

std::optional<OperationRecord> OperationHistory::latest_done(std::string_view cluster_id) const {
  const base::MutexLock lock(mutex_);
  const auto found =
      std::find_if(operations_.rbegin(), operations_.rend(), [&](const OperationRecord& operation) {
        return operation.cluster_id == cluster_id && operation.state == OperationState::Done;
      });
  if (found == operations_.rend()) return std::nullopt;
  return *found;
}

std::vector<OperationRecord> OperationHistory::since(const OperationRecord& operation) const {
  const base::MutexLock lock(mutex_);
  const auto found =
      std::find_if(operations_.begin(), operations_.end(),
                   [&](const OperationRecord& other) { return other.id == operation.id; });
  if (found == operations_.end()) return {};
  std::vector<OperationRecord> since;
  std::copy_if(
      std::next(found), operations_.end(), std::back_inserter(since),
      [&](const OperationRecord& other) { return other.cluster_id == operation.cluster_id; });
  return since;
}

}  // namespace mex::cluster
