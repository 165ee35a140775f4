#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/records/records.h"

namespace mex::cluster {

// The operations that have ended, the latest of them. Thread-safe.
class OperationHistory {
 public:
  explicit OperationHistory(std::size_t capacity) : capacity_(capacity) {}

  // Returns the ids of the operations that are forgotten for it.
  std::vector<std::string> add(OperationRecord operation);

  std::vector<OperationRecord> all() const;
  std::optional<OperationRecord> find(std::string_view id) const;

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<OperationRecord> operations_;  // oldest first
};

}  // namespace mex::cluster
