#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/known_header.h"

namespace mex::http {

// One header field. The views point into the buffer the head was parsed from.
struct Header {
  std::string_view name;   // as sent
  std::string_view value;  // as sent, without the white space around it
  KnownHeader known = KnownHeader::Other;
  // Ends at this hop: in the fixed set, or named by the message's Connection header (RFC 9110
  // section 7.6.1). Complete only when the whole head has been parsed.
  bool hop_by_hop = false;
};

// The header fields of one message in the order sent. Fixed capacity, never allocates; copying it
// copies views, not text.
class HeaderList {
 public:
  static constexpr std::size_t kCapacity = 100;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Header* begin() const { return entries_.data(); }
  const Header* end() const { return entries_.data() + size_; }
  std::span<Header> entries() { return {entries_.data(), size_}; }

  bool has(KnownHeader header) const { return present_[static_cast<std::size_t>(header)]; }
  // The first field of that name, or null. Constant time for known headers (not for Other).
  const Header* find(KnownHeader header) const;
  const Header* find(std::string_view name) const;  // case-insensitive
  // Value of the first field of that name, or empty.
  std::string_view value(KnownHeader header) const;
  std::string_view value(std::string_view name) const;
  std::size_t count(KnownHeader header) const;

  // False when the list is full.
  bool append(std::string_view name, std::string_view value);
  void clear();

 private:
  std::array<Header, kCapacity> entries_;
  std::size_t size_ = 0;
  std::bitset<kKnownHeaderCount> present_;
  std::array<std::uint8_t, kKnownHeaderCount> first_{};
};

// Calls `visit(std::string_view element)` for every non-empty element of a comma-separated value
// (RFC 9110 section 5.6.1) without white space around it. Quoted strings are not understood: use it
// for lists of tokens only.
template <typename Visitor>
void for_each_list_element(std::string_view value, Visitor&& visit) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    std::string_view element = value.substr(0, comma);
    value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
    const std::size_t first = element.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    element = element.substr(first, element.find_last_not_of(" \t") - first + 1);
    visit(element);
  }
}

// ASCII case-insensitive comparison.
bool equals_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

}  // namespace mex::http
