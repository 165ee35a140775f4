#include "cluster/observation/sweep_queue.h"

#include <utility>

namespace mex::cluster {

SweepQueue::SweepQueue(Run run, const Capacity& capacity)
    : run_(std::move(run)), capacity_(capacity) {}

SweepQueue::Lane& SweepQueue::at(SweepLane lane) {
  return lanes_.at(static_cast<std::size_t>(lane));
}

SweepQueue::Place SweepQueue::submit(SweepLane lane, Job job) {
  Place place{.lane = lane};
  {
    const base::MutexLock lock(mutex_);
    place.number = ++last_number_;
    at(lane).waiting.emplace(place.number, std::move(job));
  }
  start_next(lane);
  return place;
}

void SweepQueue::withdraw(const Place& place) {
  Job dropped;  // goes after the lock is released
  const base::MutexLock lock(mutex_);
  auto& waiting = at(place.lane).waiting;
  const auto found = waiting.find(place.number);
  if (found == waiting.end()) return;
  dropped = std::move(found->second);
  waiting.erase(found);
}

SweepQueue::Load SweepQueue::load(SweepLane lane) const {
  const base::MutexLock lock(mutex_);
  const Lane& found = lanes_.at(static_cast<std::size_t>(lane));
  return {.under_way = found.under_way, .waiting = found.waiting.size()};
}

void SweepQueue::start_next(SweepLane lane) {
  Job job;
  {
    const base::MutexLock lock(mutex_);
    Lane& next = at(lane);
    if (next.waiting.empty()) return;
    if (next.under_way >= capacity_.at(static_cast<std::size_t>(lane))) return;
    ++next.under_way;
    const auto first = next.waiting.begin();
    job = std::move(first->second);
    next.waiting.erase(first);
  }
  run_([this, lane, job = std::move(job)] {
    job(Slot(nullptr, [this, lane](std::nullptr_t) { release(lane); }));
  });
}

void SweepQueue::release(SweepLane lane) {
  {
    const base::MutexLock lock(mutex_);
    --at(lane).under_way;
  }
  start_next(lane);
}

}  // namespace mex::cluster
