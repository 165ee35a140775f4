#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mex::metrics {

// The cells that one thread writes. Only that thread calls cell(); any thread reads. Chunks appear
// when they are first written and stay as long as the slab.
class Slab {
 public:
  static constexpr std::size_t kChunkCells = 256;
  static constexpr std::size_t kChunks = 256;

  Slab() = default;
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab();

  // `index` is below kChunks * kChunkCells.
  std::atomic<std::uint64_t>& cell(std::uint32_t index);
  std::uint64_t read(std::uint32_t index) const;

 private:
  using Chunk = std::array<std::atomic<std::uint64_t>, kChunkCells>;
  std::array<std::atomic<Chunk*>, kChunks> chunks_{};
};

}  // namespace mex::metrics
