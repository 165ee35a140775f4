#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "nginx/model/instance.h"
#include "nginx/model/stored_instance.h"
#include "nginx/runtime/traffic.h"

namespace mex::nginx {

// Why an origin is not where it should be.
struct OriginProblem {
  std::size_t port = 0;    // index in Instance::ports
  std::size_t origin = 0;  // index in Port::origins
  std::string text;

  bool operator==(const OriginProblem&) const = default;
};

// What was last seen of an instance. All of it changes at once, so no reader sees a state without
// its reason.
struct InstanceState {
  std::string run_id = {};      // of the process or container that was last seen active …
  std::string generation = {};  // … and what it ran with
  std::string problem = {};     // why it does not run as it should; empty: it does
  // It runs although it must not, and is being stopped: only then `problem` has taken effect.
  bool is_stopping = false;
  std::vector<OriginProblem> origin_problems = {};  // it runs all the same
  unsigned failures = 0;                            // in a row
  base::SteadyTime next_attempt{};
};

// An instance that is desired, and what is known of it.
struct InstanceEntry {
  Instance instance;
  std::uint16_t status_port = 0;  // 0: the runtime needs none, or it has none yet
  base::WallTime changed_at{};
  std::vector<KnownAddresses> known_addresses;  // as they are stored
  InstanceState state;
  std::uint64_t active_connections = 0;
  Traffic traffic;
};

// All desired instances, by full name. Thread-safe; no call waits. Entries are values: a reader has
// an entry as it was at one moment. A change reads the entry first, so changes are made under one
// more mutex, that of the owner (see Instances).
class InstanceTable {
 public:
  std::vector<std::string> names() const {
    const base::MutexLock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) names.push_back(name);
    return names;
  }

  // Sorted by name.
  std::vector<InstanceEntry> all() const {
    const base::MutexLock lock(mutex_);
    std::vector<InstanceEntry> all;
    for (const auto& [name, entry] : entries_) all.push_back(entry);
    return all;
  }

  std::optional<InstanceEntry> find(const std::string& name) const {
    const base::MutexLock lock(mutex_);
    const auto found = entries_.find(name);
    return found == entries_.end() ? std::nullopt : std::optional(found->second);
  }

  bool contains(const std::string& name) const {
    const base::MutexLock lock(mutex_);
    return entries_.contains(name);
  }

  void put(const std::string& name, InstanceEntry entry) {
    const base::MutexLock lock(mutex_);
    entries_.insert_or_assign(name, std::move(entry));
  }

  void erase(const std::string& name) {
    const base::MutexLock lock(mutex_);
    entries_.erase(name);
  }

  // Changes the entry, if there is one, in one step.
  void update(const std::string& name, const std::function<void(InstanceEntry&)>& change) {
    const base::MutexLock lock(mutex_);
    const auto found = entries_.find(name);
    if (found != entries_.end()) change(found->second);
  }

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, InstanceEntry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::nginx
