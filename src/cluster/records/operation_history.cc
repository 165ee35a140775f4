#include "cluster/records/operation_history.h"

#include <algorithm>
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

}  // namespace mex::cluster
