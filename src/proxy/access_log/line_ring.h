#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace mex::proxy {

// Lines on their way from one thread to another one, in memory that never grows. Neither side ever
// waits for the other.
class LineRing {
 public:
  // `capacity`: bytes, a power of two.
  explicit LineRing(std::size_t capacity);
  LineRing(const LineRing&) = delete;
  LineRing& operator=(const LineRing&) = delete;

  // `line` ends with its only line feed. False: there is no room for it. The writing thread only.
  bool add(std::string_view line);

  // Moves whole lines to `into`, as many as fit: the number of bytes. The reading thread only.
  std::size_t take(std::span<char> into);
  // Whether take() would find nothing; as seen by the reading thread.
  bool is_empty() const;

 private:
  void copy_out(std::size_t at, std::span<char> into) const;

  const std::size_t capacity_;
  const std::unique_ptr<char[]> bytes_;
  // Bytes ever written and ever read; apart, so that neither thread takes the other's cache line.
  alignas(64) std::atomic<std::size_t> written_{0};
  alignas(64) std::atomic<std::size_t> read_{0};
};

}  // namespace mex::proxy
