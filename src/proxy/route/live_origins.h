#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "proxy/route/origin_set.h"

namespace mex::proxy::route {

// The origins of a route while they come and go by themselves: the set that a request is given is
// the one that was published last, and what began with another one ends with that. No snapshot is
// made for a change, so its cost does not depend on the number of routes, and no shard is asked:
// each finds the new set in a slot when it next serves the route.
class LiveOrigins {
 public:
  // One version of them. A shard's requests hold it by pointers whose count no other shard touches.
  struct Version {
    std::shared_ptr<const OriginSet> set;  // null: there is none
    std::string why_none;                  // then, for people
  };
  using VersionPtr = std::shared_ptr<const Version>;

  explicit LiveOrigins(std::size_t shards);
  LiveOrigins(const LiveOrigins&) = delete;
  LiveOrigins& operator=(const LiveOrigins&) = delete;
  ~LiveOrigins();

  // Any thread; one call at a time.
  void publish(Version version);
  // What was published last. Any thread.
  VersionPtr published() const;

  // Called by the thread of shard `shard` only, which keeps what it was given for as long as it
  // needs it.
  const VersionPtr& current(std::size_t shard);

 private:
  struct alignas(64) Slot {
    std::atomic<VersionPtr*> next{nullptr};  // published, and not taken yet
    VersionPtr taken;                        // of the shard's thread
  };

  std::vector<Slot> slots_;
  mutable base::Mutex mutex_;
  VersionPtr published_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::proxy::route
