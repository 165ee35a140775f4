#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::cluster {

// An IPv4 address as a number, so that it can be counted with.
struct Ipv4 {
  std::uint32_t value = 0;

  auto operator<=>(const Ipv4&) const = default;
};

// Four decimal numbers without leading zeros; nothing else.
std::optional<Ipv4> parse_ipv4(std::string_view text);
std::string to_text(Ipv4 address);

// A block of addresses: "10.101.7.0/24". The host bits are zero.
struct Ipv4Block {
  Ipv4 first;
  int prefix_length = 32;

  bool contains(Ipv4 address) const;
  auto operator<=>(const Ipv4Block&) const = default;
};

std::optional<Ipv4Block> parse_ipv4_block(std::string_view text);
std::string to_text(const Ipv4Block& block);

// The addresses of isolated clusters: every cluster has a /24 of its own out of one large block.
// In each: .1 the router, .10 and up the masters, .101 and up the workers; Neutron hands out only
// .200 to .254 by itself (DHCP servers), so that the others can be fixed before the first call.
class AddressPool {
 public:
  // A block of at most /24 length: "10.101.0.0/16".
  static absl::StatusOr<AddressPool> parse(std::string_view text);

  std::uint32_t subnet_count() const;
  Ipv4Block subnet(std::uint32_t index) const;
  // The cluster's block that holds `address`, if it is in the pool.
  std::optional<Ipv4Block> subnet_of(Ipv4 address) const;
  const Ipv4Block& block() const { return block_; }

 private:
  explicit AddressPool(Ipv4Block block) : block_(block) {}

  Ipv4Block block_;
};

inline constexpr std::uint32_t kGatewayOffset = 1;
inline constexpr std::uint32_t kFirstMasterOffset = 10;
inline constexpr std::uint32_t kFirstWorkerOffset = 101;
inline constexpr std::uint32_t kFirstAutomaticOffset = 200;
inline constexpr std::uint32_t kLastAutomaticOffset = 254;

Ipv4 address_in(const Ipv4Block& block, std::uint32_t offset);

}  // namespace mex::cluster
