#include "proxy/access_log/line_ring.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace mex::proxy {

LineRing::LineRing(std::size_t capacity)
    : capacity_(capacity), bytes_(std::make_unique<char[]>(capacity)) {
  MEX_CHECK(capacity > 0 && (capacity & (capacity - 1)) == 0, "the capacity is a power of two");
}

bool LineRing::add(std::string_view line) {
  const std::size_t written = written_.load(std::memory_order_relaxed);
  const std::size_t used = written - read_.load(std::memory_order_acquire);
  if (line.size() > capacity_ - used) return false;
  const std::size_t at = written & (capacity_ - 1);
  const std::size_t first = std::min(line.size(), capacity_ - at);
  std::memcpy(bytes_.get() + at, line.data(), first);
  std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
  // In one order with what either side does before it sleeps or wakes the other one.
  written_.store(written + line.size());
  return true;
}

bool LineRing::is_empty() const { return written_.load() == read_.load(std::memory_order_relaxed); }

void LineRing::copy_out(std::size_t at, std::span<char> into) const {
  const std::size_t first = std::min(into.size(), capacity_ - at);
  std::memcpy(into.data(), bytes_.get() + at, first);
  std::memcpy(into.data() + first, bytes_.get(), into.size() - first);
}

std::size_t LineRing::take(std::span<char> into) {
  const std::size_t read = read_.load(std::memory_order_relaxed);
  const std::size_t there = written_.load(std::memory_order_acquire) - read;
  std::size_t size = std::min(there, into.size());
  copy_out(read & (capacity_ - 1), into.first(size));
  // Only whole lines are written; what is cut off here is what does not fit.
  if (size < there) {
    while (size > 0 && into[size - 1] != '\n') --size;
  }
  read_.store(read + size, std::memory_order_release);
  return size;
}

}  // namespace mex::proxy
