#pragma once

#include <cstdint>
#include <string_view>

namespace mex::proxy::balance {

// Spreads every bit of `value` over all of them (the finalizer of MurmurHash3).
constexpr std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 33U;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33U;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33U);
}

// FNV-1a, mixed. The same on every agent and after every restart, so that a client's requests go
// where they went before; not meant against one who looks for collisions, who could choose an
// origin by far simpler means.
constexpr std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return mix(hash);
}

// A sequence of numbers for choices that need not be secret.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(mix(seed + 1)) {}

  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15ULL); }
  // From 0 to `end` - 1.
  std::uint64_t below(std::uint64_t end) { return next() % end; }

 private:
  std::uint64_t state_;
};

}  // namespace mex::proxy::balance
