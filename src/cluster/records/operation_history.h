#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "cluster/records/records.h"

namespace mex::cluster {

// The latest operations that have ended. Thread-safe.
class OperationHistory {
 public:
  explicit OperationHistory(std::size_t capacity) : capacity_(capacity) {}

  // Returns the ids of the operations that no longer fit and are dropped.
  std::vector<std::string> add(OperationRecord operation);

  std::vector<OperationRecord> all() const;
  std::optional<OperationRecord> find(std::string_view id) const;
  // The latest of that cluster that is done.
  std::optional<OperationRecord> latest_done(std::string_view cluster_id) const;
  // Those of its cluster that were begun later, oldest first.
  std::vector<OperationRecord> since(const OperationRecord& operation) const;

 private:
  const std::size_t capacity_;
  mutable base::Mutex mutex_;
  std::deque<OperationRecord> operations_ ABSL_GUARDED_BY(mutex_);  // oldest first
};

}  // namespace mex::cluster
