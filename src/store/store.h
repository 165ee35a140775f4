#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/unreadable_records.h"

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
    bool is_discard = false;           // also of a record that is set aside
  };

  Transaction& expect_absent(std::string key);
  Transaction& expect_exists(std::string key);
  Transaction& expect_revision(std::string key, Revision revision);
  Transaction& put(std::string key, std::string value);
  // Erasing what is not there is no error.
  Transaction& erase(std::string key);
  // Erases the record also if it is set aside (see Store::set_aside): only where a person asked for
  // just that, or where nothing can be lost with it.
  Transaction& discard(std::string key);

  bool empty() const { return preconditions_.empty() && changes_.empty(); }
  const std::vector<Precondition>& preconditions() const { return preconditions_; }
  const std::vector<Change>& changes() const { return changes_; }

 private:
  std::vector<Precondition> preconditions_;
  std::vector<Change> changes_;
};

// Keys are paths ("/clusters/c1"), values opaque bytes. Thread-safe. The calls block for the disk
// (or, one day, for the network).
//
// A record that this program cannot read is set aside by the part that wants to read it: it stays
// in the store byte for byte, and what it stands for stays reserved, until a person mends or
// discards it or a version of the program reads it that can.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  // NotFound if there is no such key.
  virtual absl::StatusOr<Entry> get(std::string_view key) const = 0;

  // All entries whose key begins with `prefix`, in byte order of their keys.
  virtual absl::StatusOr<std::vector<Entry>> list(std::string_view prefix) const = 0;

  // All changes or none. When it returns OK they survive a crash of process and machine.
  //   Aborted             a precondition does not hold; the message names its key
  //   FailedPrecondition  it would change a record that is set aside; the message names its key
  // On error nothing was changed.
  virtual absl::StatusOr<Revision> commit(const Transaction& transaction) = 0;

  // From now on no commit changes the record, unless it discards it. `why` (it names the record) is
  // logged, the first time, and shown. Not stored: the next process tries to read the record again.
  void set_aside(std::string_view key, const absl::Status& why);
  // FailedPrecondition, naming the record and what can be done, if it is set aside.
  absl::Status check_readable(std::string_view key) const { return set_aside_.check(key); }
  bool is_set_aside(std::string_view key) const { return !check_readable(key).ok(); }
  // Sorted by key.
  std::vector<UnreadableRecord> unreadable_records() const { return set_aside_.all(); }

 protected:
  // For commit(): before and after the changes.
  absl::Status check_changes(const Transaction& transaction) const;
  void forget_discarded(const Transaction& transaction);

 private:
  UnreadableRecords set_aside_;
};

}  // namespace mex::store
