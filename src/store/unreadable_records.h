#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"

namespace mex::store {

struct UnreadableRecord {
  std::string key;
  std::string problem;  // one line that names the key

  bool operator==(const UnreadableRecord&) const = default;
};

// The records of a store that are set aside. Thread-safe.
class UnreadableRecords {
 public:
  // False if it is there already.
  bool add(std::string_view key, std::string_view problem);
  void remove(std::string_view key);
  // FailedPrecondition, naming the record and what can be done, if it is there.
  absl::Status check(std::string_view key) const;
  // Sorted by key.
  std::vector<UnreadableRecord> all() const;

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, std::string, std::less<>> problems_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::store
