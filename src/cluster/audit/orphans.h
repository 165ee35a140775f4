#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "cluster/records/inventory.h"

namespace mex::cluster {

// A resource that carries this agent's mark, of a cluster that the agent has no record of: the
// store was lost, or restored from a copy that is older than the cluster.
struct Orphan {
  ObservedResource resource;
  std::string cluster_id;  // that the mark names
  bool is_being_removed = false;
  std::string problem;  // why it could not be removed; empty if nothing went wrong
};

struct OrphansView {
  std::vector<Orphan> orphans;  // by cluster, kind and name
  // Of the last look that found out; nothing before the first one.
  std::optional<base::WallTime> observed_at;
  std::string problem;  // why the latest look did not; empty if it did
};

// The orphans that were seen, and which of them a person wants to be removed. Thread-safe. Requests
// are not stored: after a restart what is still there is listed again, to be asked for again.
class Orphans {
 public:
  // What a look has found, by cluster id, and of which clusters the agent has a record. An orphan
  // is one at the second look that sees it.
  void update(const std::map<std::string, Inventory>& seen, const std::set<std::string>& known,
              base::WallTime now);
  void look_failed(const absl::Status& status);

  OrphansView view() const;
  // NotFound, which names it, if one of the ids is none of an orphan's: then none is removed.
  absl::Status request_removal(const std::vector<std::string>& ids);
  // What is to be removed, as it was seen last, by cluster id.
  std::map<std::string, Inventory> to_remove() const;
  void removal_failed(const std::string& id, std::string problem);
  // One of them waits for its second look or for its removal.
  bool is_waiting() const;

 private:
  struct Entry {
    Orphan orphan;
    int looks = 0;
  };

  mutable base::Mutex mutex_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);  // by id
  std::optional<base::WallTime> observed_at_ ABSL_GUARDED_BY(mutex_);
  std::string problem_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::cluster
