#include "cluster/address_pool.h"

#include <charconv>

#include "base/status.h"

namespace mex::cluster {
namespace {

constexpr int kUnitLength = 24;
// The automatic addresses of a subnet: 55, and the broadcast address behind them.
constexpr std::uint32_t kAutomaticFromEnd = 56;
constexpr std::uint32_t kLastFromEnd = 2;

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

std::uint32_t size_of(int prefix_length) { return 1U << (32 - prefix_length); }

std::uint32_t mask_of(int prefix_length) {
  return prefix_length == 0 ? 0U : ~0U << (32 - prefix_length);
}

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

std::string to_text(Ipv4 address) {
  return fmt::format("{}.{}.{}.{}", address.value >> 24U, address.value >> 16U & 255U,
                     address.value >> 8U & 255U, address.value & 255U);
}

bool Ipv4Block::contains(Ipv4 address) const {
  return (address.value & mask_of(prefix_length)) == first.value;
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

std::string to_text(const Ipv4Block& block) {
  return fmt::format("{}/{}", to_text(block.first), block.prefix_length);
}

absl::StatusOr<AddressPool> AddressPool::parse(std::string_view text) {
  const auto block = parse_ipv4_block(text);
  if (!block || block->prefix_length > kUnitLength || block->prefix_length == 0) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "address pool {}: must be an IPv4 block of /1 to /24, such as 10.101.0.0/16",
                       text);
  }
  return AddressPool(*block);
}

std::uint32_t AddressPool::subnet_count(int length) const {
  return length < block_.prefix_length ? 0 : 1U << (length - block_.prefix_length);
}

Ipv4Block AddressPool::subnet(std::uint32_t index, int length) const {
  return {Ipv4{block_.first.value + index * size_of(length)}, length};
}

std::optional<Ipv4Block> AddressPool::subnet_of(Ipv4 address, int length) const {
  if (!block_.contains(address) || length < block_.prefix_length) return std::nullopt;
  return Ipv4Block{Ipv4{address.value & mask_of(length)}, length};
}

bool overlap(const Ipv4Block& a, const Ipv4Block& b) {
  return a.contains(b.first) || b.contains(a.first);
}

Ipv4 address_in(const Ipv4Block& block, std::uint32_t offset) {
  return Ipv4{block.first.value + offset};
}

std::uint32_t first_automatic_offset(int prefix_length) {
  return size_of(prefix_length) - kAutomaticFromEnd;
}

std::uint32_t last_automatic_offset(int prefix_length) {
  return size_of(prefix_length) - kLastFromEnd;
}

int subnet_length_for(std::size_t workers) {
  int length = kUnitLength;
  while (kFirstWorkerOffset + workers > first_automatic_offset(length)) --length;
  return length;
}

std::vector<Ipv4Block> units_of(const Ipv4Block& block) {
  if (block.prefix_length >= kUnitLength) return {block};
  std::vector<Ipv4Block> units;
  const std::uint32_t count = 1U << (kUnitLength - block.prefix_length);
  for (std::uint32_t i = 0; i < count; ++i) {
    units.push_back({Ipv4{block.first.value + i * size_of(kUnitLength)}, kUnitLength});
  }
  return units;
}

}  // namespace mex::cluster
