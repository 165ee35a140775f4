#include "proxy/route/live_origins.h"

#include <utility>

namespace mex::proxy::route {
namespace {

LiveOrigins::VersionPtr nothing_yet() {
  static const auto kNone =
      std::make_shared<const LiveOrigins::Version>(LiveOrigins::Version{nullptr, "none is known"});
  return kNone;
}

// A pointer, counted apart, to what `version` points to.
LiveOrigins::VersionPtr counted_apart(const LiveOrigins::VersionPtr& version) {
  return {version.get(), [version](const LiveOrigins::Version*) {}};
}

}  // namespace

LiveOrigins::LiveOrigins(std::size_t shards) : slots_(shards), published_(nothing_yet()) {
  for (Slot& slot : slots_) slot.taken = published_;
}

LiveOrigins::~LiveOrigins() {
  for (Slot& slot : slots_) delete slot.next.load(std::memory_order_acquire);
}

void LiveOrigins::publish(Version version) {
  const auto next = std::make_shared<const Version>(std::move(version));
  for (Slot& slot : slots_) {
    delete slot.next.exchange(new VersionPtr(counted_apart(next)), std::memory_order_acq_rel);
  }
  const base::MutexLock lock(mutex_);
  published_ = next;
}

LiveOrigins::VersionPtr LiveOrigins::published() const {
  const base::MutexLock lock(mutex_);
  return published_;
}

const LiveOrigins::VersionPtr& LiveOrigins::current(std::size_t shard) {
  Slot& slot = slots_[shard];
  if (slot.next.load(std::memory_order_relaxed) != nullptr) {
    const std::unique_ptr<VersionPtr> next(slot.next.exchange(nullptr, std::memory_order_acq_rel));
    slot.taken = std::move(*next);
  }
  return slot.taken;
}

}  // namespace mex::proxy::route
