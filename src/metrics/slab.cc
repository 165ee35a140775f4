#include "metrics/slab.h"

namespace mex::metrics {

Slab::~Slab() {
  for (std::atomic<Chunk*>& chunk : chunks_) delete chunk.load(std::memory_order_relaxed);
}

std::atomic<std::uint64_t>& Slab::cell(std::uint32_t index) {
  std::atomic<Chunk*>& slot = chunks_[index / kChunkCells];
  Chunk* chunk = slot.load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    chunk = new Chunk{};
    // Readers on other threads must see the zeros before the pointer.
    slot.store(chunk, std::memory_order_release);
  }
  return (*chunk)[index % kChunkCells];
}

std::uint64_t Slab::read(std::uint32_t index) const {
  const Chunk* chunk = chunks_[index / kChunkCells].load(std::memory_order_acquire);
  return chunk == nullptr ? 0 : (*chunk)[index % kChunkCells].load(std::memory_order_relaxed);
}

}  // namespace mex::metrics
