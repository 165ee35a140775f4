#include "net/buffer.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace mex::net {

BufferPool::~BufferPool() {
  for (Block* block : free_blocks_) {
    while (block != nullptr) {
      Block* next = block->next;
      ::operator delete(block);
      block = next;
    }
  }
}

std::size_t BufferPool::class_of(std::size_t size) {
  const std::size_t blocks = (std::max(size, kBlockSize) + kBlockSize - 1) / kBlockSize;
  return static_cast<std::size_t>(std::bit_width(blocks - 1));
}

BufferPool::Block* BufferPool::take(std::size_t size) {
  MEX_CHECK(size <= kMaxBlock, "a block larger than the largest was asked for");
  const std::size_t size_class = class_of(size);
  const std::size_t capacity = kBlockSize << size_class;
  Block* block = free_blocks_[size_class];
  if (block != nullptr) {
    free_blocks_[size_class] = block->next;
    free_ -= capacity;
  } else {
    block = new (::operator new(sizeof(Block) + capacity)) Block;
    block->capacity = capacity;
  }
  in_use_ += capacity;
  block->next = nullptr;
  block->begin = 0;
  block->end = 0;
  return block;
}

void BufferPool::give_back(Block* block) {
  in_use_ -= block->capacity;
  if (free_ + block->capacity > keep_free_) {
    ::operator delete(block);
    return;
  }
  free_ += block->capacity;
  Block*& list = free_blocks_[class_of(block->capacity)];
  block->next = list;
  list = block;
}

std::string_view Buffer::readable() const {
  return block_ == nullptr ? std::string_view() : block_->readable();
}

std::span<char> Buffer::mutable_readable() {
  if (block_ == nullptr) return {};
  return {block_->data() + block_->begin, size()};
}

std::span<char> Buffer::writable() {
  const std::size_t held = size();
  if (held >= limit_) return {};
  if (block_ == nullptr) block_ = pool_.take();
  if (block_->capacity - block_->end < kMinSpace) make_space();
  return {block_->data() + block_->end, std::min(block_->capacity - block_->end, limit_ - held)};
}

void Buffer::make_space() {
  const std::size_t held = size();
  const bool crowded = block_->capacity - held < kMinSpace;
  if (crowded && block_->capacity < limit_) {
    BufferPool::Block* larger = pool_.take(block_->capacity * 2);
    std::memcpy(larger->data(), block_->data() + block_->begin, held);
    pool_.give_back(std::exchange(block_, larger));
  } else {
    std::memmove(block_->data(), block_->data() + block_->begin, held);
  }
  block_->begin = 0;
  block_->end = held;
}

void Buffer::commit(std::size_t bytes) { block_->end += bytes; }

void Buffer::consume(std::size_t bytes) {
  if (block_ == nullptr) return;
  block_->begin += bytes;
  release_if_empty();
}

void Buffer::clear() {
  if (block_ != nullptr) pool_.give_back(std::exchange(block_, nullptr));
}

void OutputQueue::append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (last_ == nullptr || last_->end == last_->capacity) grow(BufferPool::kBlockSize);
    const std::size_t part = std::min(bytes.size(), last_->capacity - last_->end);
    std::memcpy(last_->data() + last_->end, bytes.data(), part);
    commit(part);
    bytes.remove_prefix(part);
  }
}

std::span<char> OutputQueue::reserve(std::size_t bytes) {
  if (last_ == nullptr || last_->capacity - last_->end < bytes) grow(bytes);
  return {last_->data() + last_->end, last_->capacity - last_->end};
}

void OutputQueue::commit(std::size_t bytes) {
  last_->end += bytes;
  size_ += bytes;
}

void OutputQueue::grow(std::size_t bytes) {
  BufferPool::Block* block = pool_.take(bytes);
  (last_ == nullptr ? first_ : last_->next) = block;
  last_ = block;
}

std::size_t OutputQueue::pieces(std::span<iovec> into) const {
  std::size_t used = 0;
  for (BufferPool::Block* block = first_; block != nullptr && used < into.size();
       block = block->next) {
    if (block->begin == block->end) continue;
    into[used++] = {block->data() + block->begin, block->end - block->begin};
  }
  return used;
}

void OutputQueue::consume(std::size_t bytes) {
  size_ -= bytes;
  while (first_ != nullptr) {
    const std::size_t part = std::min(bytes, first_->end - first_->begin);
    first_->begin += part;
    bytes -= part;
    if (first_->begin < first_->end) return;
    BufferPool::Block* drained = first_;
    first_ = first_->next;
    if (first_ == nullptr) last_ = nullptr;
    pool_.give_back(drained);
  }
}

void OutputQueue::clear() { consume(size_); }

}  // namespace mex::net
