#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mex::proxy::guard {

struct HashSecret {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

// SipHash-2-4 (Aumasson, Bernstein 2012): without the secret no one can say which keys share a
// place in a table.
inline std::uint64_t keyed_hash(const HashSecret& secret, std::string_view text) {
  std::uint64_t a = secret.first ^ 0x736f6d6570736575ULL;
  std::uint64_t b = secret.second ^ 0x646f72616e646f6dULL;
  std::uint64_t c = secret.first ^ 0x6c7967656e657261ULL;
  std::uint64_t d = secret.second ^ 0x7465646279746573ULL;
  const auto round = [&] {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  };
  const auto take = [&](std::uint64_t word) {
    d ^= word;
    round();
    round();
    a ^= word;
  };
  std::uint64_t last = std::uint64_t{text.size()} << 56U;
  for (; text.size() >= sizeof last; text.remove_prefix(sizeof last)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    take(word);
  }
  std::uint64_t rest = 0;
  std::memcpy(&rest, text.data(), text.size());
  take(last | rest);
  c ^= 0xff;
  for (int i = 0; i < 4; ++i) round();
  return a ^ b ^ c ^ d;
}

}  // namespace mex::proxy::guard
