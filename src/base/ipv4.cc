#include "base/ipv4.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>

namespace mex::base {
namespace {

// A decimal number without sign and leading zeros, at most `largest`.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t largest) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > largest) {
    return std::nullopt;
  }
  return value;
}

std::uint64_t size_of(int prefix_length) { return std::uint64_t{1} << (32 - prefix_length); }

}  // namespace

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto number = parse_number(text.substr(0, dot), 255);
    if (!number) return std::nullopt;
    value = value << 8U | *number;
    if (part < 3) text.remove_prefix(dot + 1);
  }
  return Ipv4{value};
}

std::string to_string(Ipv4 address) {
  return fmt::format("{}.{}.{}.{}", address.value >> 24U, address.value >> 16U & 255U,
                     address.value >> 8U & 255U, address.value & 255U);
}

std::uint64_t Ipv4Block::size() const { return size_of(prefix_length); }

bool Ipv4Block::contains(Ipv4 address) const {
  return block_around(address, prefix_length) == *this;
}

std::optional<Ipv4Block> parse_ipv4_block(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto first = parse_ipv4(text.substr(0, slash));
  const auto length = parse_number(text.substr(slash + 1), 32);
  if (!first || !length) return std::nullopt;
  const Ipv4Block block{*first, static_cast<int>(*length)};
  return block.contains(*first) ? std::optional(block) : std::nullopt;
}

std::string to_string(const Ipv4Block& block) {
  return fmt::format("{}/{}", to_string(block.first), block.prefix_length);
}

bool overlap(const Ipv4Block& a, const Ipv4Block& b) {
  return a.contains(b.first) || b.contains(a.first);
}

Ipv4 address_in(const Ipv4Block& block, std::uint64_t offset) {
  return Ipv4{static_cast<std::uint32_t>(block.first.value + offset)};
}

std::uint64_t block_count(const Ipv4Block& block, int prefix_length) {
  return block.size() / size_of(prefix_length);
}

Ipv4Block block_in(const Ipv4Block& block, std::uint64_t index, int prefix_length) {
  return {address_in(block, index * size_of(prefix_length)), prefix_length};
}

Ipv4Block block_around(Ipv4 address, int prefix_length) {
  const std::uint64_t host_bits = address.value % size_of(prefix_length);
  return {Ipv4{static_cast<std::uint32_t>(address.value - host_bits)}, prefix_length};
}

}  // namespace mex::base
