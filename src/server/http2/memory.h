#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>

namespace mex::server::http2 {

// The memory that nghttp2 works in: freed pieces are kept for the next one of about their size, up
// to a bound, so that steady traffic allocates nothing. Shard thread only; outlives the sessions
// that use it.
class Memory {
 public:
  // `keep_free`: bytes of free pieces kept for reuse.
  explicit Memory(std::size_t keep_free = 8U << 20U);
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  nghttp2_mem* functions() { return &functions_; }
  std::size_t bytes_in_use() const { return in_use_; }

 private:
  // Stands before each piece.
  struct alignas(alignof(std::max_align_t)) Piece {
    Piece* next;  // while it is free
    std::size_t size_class;
    std::size_t capacity;
  };
  static constexpr std::size_t kSmallest = 64;
  static constexpr std::size_t kClasses = 12;  // up to 128 KiB

  void* take(std::size_t size);
  void give_back(void* bytes);
  void* resize(void* bytes, std::size_t size);
  static std::size_t class_of(std::size_t size);

  nghttp2_mem functions_{};
  std::array<Piece*, kClasses> free_pieces_{};
  std::size_t keep_free_;
  std::size_t free_ = 0;
  std::size_t in_use_ = 0;
};

}  // namespace mex::server::http2
