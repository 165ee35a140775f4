#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// IPv4 addresses and blocks as numbers, so that they can be counted with. Plain values; nothing
// here allocates but to_string.
namespace mex::base {

struct Ipv4 {
  std::uint32_t value = 0;  // the first of the four numbers is the most significant byte

  auto operator<=>(const Ipv4&) const = default;
};

// Four decimal numbers without leading zeros; nothing else.
std::optional<Ipv4> parse_ipv4(std::string_view text);
std::string to_string(Ipv4 address);

// A block of addresses: "10.101.7.0/24". The host bits are zero; every length is 0 to 32.
struct Ipv4Block {
  Ipv4 first;
  int prefix_length = 32;

  std::uint64_t size() const;
  bool contains(Ipv4 address) const;
  auto operator<=>(const Ipv4Block&) const = default;
};

// A block whose host bits are not zero is none.
std::optional<Ipv4Block> parse_ipv4_block(std::string_view text);
std::string to_string(const Ipv4Block& block);

bool overlap(const Ipv4Block& a, const Ipv4Block& b);

// The address that many behind the block's first one.
Ipv4 address_in(const Ipv4Block& block, std::uint64_t offset);

// How many blocks of that length `block` consists of; 0 if it is smaller than one.
std::uint64_t block_count(const Ipv4Block& block, int prefix_length);
// One of them, counted from 0.
Ipv4Block block_in(const Ipv4Block& block, std::uint64_t index, int prefix_length);
// The block of that length that holds `address`.
Ipv4Block block_around(Ipv4 address, int prefix_length);

}  // namespace mex::base
