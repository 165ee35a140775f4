#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mex::store {

// Every commit has a number, one higher than the last; an entry carries that of the commit that
// wrote it. Never 0.
using Revision = std::int64_t;

struct Entry {
  std::string key;
  std::string value;
  Revision revision = 0;
};

// What a commit does and under which conditions: a value, built up and then handed to commit().
// Conditions are checked against the state before the transaction's own changes. A key may be
// changed once per transaction.
class Transaction {
 public:
  enum class Condition { Absent, Exists, AtRevision };
  struct Precondition {
    std::string key;
    Condition condition;
    Revision revision;  // for AtRevision
  };
  struct Change {
    std::string key;
    std::optional<std::string> value;  // nothing: erase
  };

  Transaction& expect_absent(std::string key);
  Transaction& expect_exists(std::string key);
  Transaction& expect_revision(std::string key, Revision revision);
  Transaction& put(std::string key, std::string value);
  // Erasing what is not there is no error.
  Transaction& erase(std::string key);

  bool empty() const { return preconditions_.empty() && changes_.empty(); }
  const std::vector<Precondition>& preconditions() const { return preconditions_; }
  const std::vector<Change>& changes() const { return changes_; }

 private:
  std::vector<Precondition> preconditions_;
  std::vector<Change> changes_;
};

// Keys are paths ("/clusters/c1"), values opaque bytes. Thread-safe. The calls block for the disk
// (or, one day, for the network).
class Store {
 public:
  virtual ~Store() = default;

  // NotFound if there is no such key.
  virtual absl::StatusOr<Entry> get(std::string_view key) const = 0;

  // All entries whose key begins with `prefix`, in byte order of their keys.
  virtual absl::StatusOr<std::vector<Entry>> list(std::string_view prefix) const = 0;

  // All changes or none. When it returns OK they survive a crash of process and machine.
  // Aborted: a precondition does not hold; the message names its key. Nothing was changed.
  virtual absl::StatusOr<Revision> commit(const Transaction& transaction) = 0;
};

}  // namespace mex::store
