#include "api/transcoding/utf8.h"

#include <cstddef>

namespace mex::api::transcoding {
namespace {

struct Sequence {
  std::size_t length;        // 0: no sequence begins with this byte
  unsigned char second_low;  // range of the second byte, which the first one narrows
  unsigned char second_high;
};

Sequence sequence_of(unsigned char first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xC2) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t i = 0;
  while (i < text.size()) {
    const Sequence sequence = sequence_of(byte(i));
    if (sequence.length == 0 || text.size() - i < sequence.length) return false;
    if (sequence.length > 1 &&
        (byte(i + 1) < sequence.second_low || byte(i + 1) > sequence.second_high)) {
      return false;
    }
    for (std::size_t k = 2; k < sequence.length; ++k) {
      if (byte(i + k) < 0x80 || byte(i + k) > 0xBF) return false;
    }
    i += sequence.length;
  }
  return true;
}

}  // namespace mex::api::transcoding
