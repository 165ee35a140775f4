#include "http/forwarding_headers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "http/characters.h"

namespace mex::http {
namespace {

constexpr std::string_view kFamily = "X-Forwarded-";

constexpr char folded(char character) { return character == '_' ? '-' : to_lower(character); }

constexpr bool is_same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return folded(x) == folded(y); });
}

constexpr std::size_t kSlots = 512;
constexpr std::uint8_t kNone = 255;
static_assert(kForwardingHeaders.size() < kNone);

// Length, last letter and one from within: most names of the list begin alike.
constexpr std::size_t slot_of(std::string_view name) {
  return (name.size() + std::size_t{7} * as_byte(folded(name[name.size() / 2])) +
          std::size_t{29} * as_byte(folded(name.back()))) %
         kSlots;
}

// The names of each slot, one behind the other. Nearly all slots have one or none.
struct Index {
  std::array<std::uint8_t, kSlots> first{};
  std::array<std::uint8_t, kForwardingHeaders.size()> next{};
};

constexpr Index kIndex = [] {
  Index index;
  for (std::uint8_t& slot : index.first) slot = kNone;
  for (std::size_t i = 0; i < kForwardingHeaders.size(); ++i) {
    std::uint8_t& slot = index.first[slot_of(kForwardingHeaders[i])];
    index.next[i] = slot;
    slot = static_cast<std::uint8_t>(i);
  }
  return index;
}();

}  // namespace

bool is_forwarding_header(std::string_view name) {
  if (name.empty()) return false;
  std::uint8_t candidate = kIndex.first[slot_of(name)];
  for (; candidate != kNone; candidate = kIndex.next[candidate]) {
    if (is_same(name, kForwardingHeaders[candidate])) return true;
  }
  return name.size() > kFamily.size() && folded(name.front()) == 'x' &&
         is_same(name.substr(0, kFamily.size()), kFamily);
}

}  // namespace mex::http
