#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace mex::net {

// Memory of a shard's connections in blocks of 16 KiB and its doublings. Blocks that come back are
// kept for the next user up to a bound, so that steady traffic allocates nothing. Loop thread only;
// must outlive the buffers that draw on it.
class BufferPool {
 public:
  static constexpr std::size_t kBlockSize = 16U << 10U;
  static constexpr std::size_t kMaxBlock = 128U << 10U;

  // `keep_free`: bytes of free blocks kept for reuse.
  explicit BufferPool(std::size_t keep_free = 16U << 20U) : keep_free_(keep_free) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  struct Block {
    Block* next;
    std::size_t capacity;
    std::size_t begin;  // the owner's own: the bytes in use are [begin, end)
    std::size_t end;
    std::string_view readable() { return {data() + begin, end - begin}; }
    char* data() { return reinterpret_cast<char*>(this + 1); }
  };

  // A block of at least `size` bytes (at most kMaxBlock).
  Block* take(std::size_t size = kBlockSize);
  void give_back(Block* block);

  std::size_t bytes_in_use() const { return in_use_; }  // held by buffers now
  std::size_t bytes_free() const { return free_; }      // kept for reuse

 private:
  static constexpr std::size_t kClasses = 4;
  static std::size_t class_of(std::size_t size);

  std::array<Block*, kClasses> free_blocks_{};
  std::size_t keep_free_;
  std::size_t free_ = 0;
  std::size_t in_use_ = 0;
};

// Input of one connection: contiguous bytes, filled at the end, consumed at the front. Holds no
// memory while empty. Grows by doubling to `limit`, so a parser sees a whole head in one piece.
// Views into it are valid until the next non-const call.
class Buffer {
 public:
  static constexpr std::size_t kMinSpace = 4U << 10U;

  explicit Buffer(BufferPool& pool, std::size_t limit = BufferPool::kBlockSize)
      : pool_(pool), limit_(limit) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { clear(); }

  std::string_view readable() const;
  // The same bytes for a decoder that works in place.
  std::span<char> mutable_readable();
  std::size_t size() const { return block_ == nullptr ? 0 : block_->end - block_->begin; }
  bool empty() const { return size() == 0; }

  // Free space at the end, at least kMinSpace bytes as long as the limit allows; moves or grows
  // what is held to get it. Empty when size() has reached the limit.
  std::span<char> writable();
  void commit(std::size_t bytes);   // of writable() have been filled
  void consume(std::size_t bytes);  // are not needed any more
  void clear();
  // Gives the memory back if writable() took it and nothing was committed.
  void release_if_empty() {
    if (empty()) clear();
  }
  bool holds_memory() const { return block_ != nullptr; }
  // Exchanges the bytes held; both must draw on the same pool.
  void swap_contents(Buffer& other) { std::swap(block_, other.block_); }

 private:
  void make_space();

  BufferPool& pool_;
  std::size_t limit_;
  BufferPool::Block* block_ = nullptr;
};

// Output of one connection: bytes in a chain of blocks, appended at the end, sent from the front.
// Memory goes back block by block as it drains; empty holds none.
class OutputQueue {
 public:
  explicit OutputQueue(BufferPool& pool) : pool_(pool) {}
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;
  ~OutputQueue() { clear(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void append(std::string_view bytes);

  // `bytes` of contiguous space (at most BufferPool::kMaxBlock), for a writer that produces in
  // place; commit() says how much of it was used.
  std::span<char> reserve(std::size_t bytes);
  void commit(std::size_t bytes);

  // The bytes from the front on, as many pieces as fit; returns the pieces used.
  std::size_t pieces(std::span<iovec> into) const;
  void consume(std::size_t bytes);
  void clear();

 private:
  void grow(std::size_t bytes);

  BufferPool& pool_;
  BufferPool::Block* first_ = nullptr;
  BufferPool::Block* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mex::net
