#include "base/random_id.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace mex::base {
namespace {

std::vector<std::uint8_t> random_bytes(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    MEX_CHECK(got > 0, "the kernel's random source failed");
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace

std::string random_id(std::size_t length) {
  // 32 letters and digits without look-alikes, so that five bits choose one without bias.
  static constexpr std::string_view kAlphabet = "abcdefghjkmnpqrstuvwxyz23456789z";
  static constexpr std::string_view kLetters = "abcdefghjkmnpqrs";
  std::string id;
  id.reserve(length);
  for (const std::uint8_t byte : random_bytes(length)) {
    id += id.empty() ? kLetters[byte % kLetters.size()] : kAlphabet[byte % kAlphabet.size()];
  }
  return id;
}

bool is_random_id(std::string_view text, std::size_t length) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_allowed = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return length > 0 && text.size() == length && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), is_allowed);
}

std::string random_hex(std::size_t bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes * 2);
  for (const std::uint8_t byte : random_bytes(bytes)) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xF];
  }
  return text;
}

}  // namespace mex::base
