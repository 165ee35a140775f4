#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "base/mutex.h"

namespace mex::cluster {

// Who shares the slots of a SweepQueue with whom.
enum class SweepLane {
  Awaited,  // an operation waits for it
  Regular,
  Silent,  // the last time it did not answer, and nothing waits for it
};
inline constexpr std::size_t kSweepLanes = 3;

// Lets so many sweeps of API servers run at once. Lanes share no slots, and each is first come,
// first served: servers that take long delay those of the same lane and no other. Thread-safe.
class SweepQueue {
 public:
  // Given back when the last copy goes.
  using Slot = std::shared_ptr<const void>;
  using Job = std::function<void(Slot)>;
  using Capacity = std::array<std::size_t, kSweepLanes>;
  // A sweep is a connection and no thread, so there can be many: as many as there are operations,
  // usually.
  static constexpr Capacity kDefaultCapacity = {1024, 512, 256};

  // `run` calls a function soon, and never from within: on a pool's threads.
  using Run = std::function<void(std::function<void()>)>;
  explicit SweepQueue(Run run, const Capacity& capacity = kDefaultCapacity);

  // A place in the queue.
  struct Place {
    SweepLane lane = SweepLane::Regular;
    std::uint64_t number = 0;
  };
  // `job` is run when there is a slot for it, and has it.
  Place submit(SweepLane lane, Job job);
  // Takes a job back that was not run yet.
  void withdraw(const Place& place);

  struct Load {
    std::size_t under_way = 0;
    std::size_t waiting = 0;
  };
  Load load(SweepLane lane) const;

 private:
  struct Lane {
    std::size_t under_way = 0;
    std::map<std::uint64_t, Job> waiting;  // by number
  };

  Lane& at(SweepLane lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void start_next(SweepLane lane);
  void release(SweepLane lane);

  const Run run_;
  const Capacity capacity_;
  mutable base::Mutex mutex_;  // taken after a monitor's; nothing is called under it
  std::array<Lane, kSweepLanes> lanes_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mex::cluster
