#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ipv4.h"

namespace mex::cluster {

// What addresses of the block no network may have: "loopback", "link-local", "multicast", …; empty
// if it holds none of them.
std::string_view reserved_part(const base::Ipv4Block& block);

// How a cluster's subnet is used: .1 the router, .10 and up the masters, .101 and up the workers.
// Neutron hands out only the last addresses by itself (DHCP servers), so that the others can be
// fixed before the first call.
inline constexpr std::uint32_t kGatewayOffset = 1;
inline constexpr std::uint32_t kFirstMasterOffset = 10;
inline constexpr std::uint32_t kFirstWorkerOffset = 101;

// .200 to .254 of a /24.
std::uint32_t first_automatic_offset(int prefix_length);
std::uint32_t last_automatic_offset(int prefix_length);

// The length of a subnet that has room for so many workers: 24, or less for more than 99.
int subnet_length_for(std::size_t workers);

// The addresses of isolated clusters: every cluster has its own subnet out of one large block.
// Subnets are whole /24 blocks, or several that are next to each other.
class AddressPool {
 public:
  // A block of at most /24 length without reserved_part(): "10.101.0.0/16".
  static absl::StatusOr<AddressPool> parse(std::string_view text);

  // How many subnets of that length there are; 0 if the block is too small for one.
  std::uint32_t subnet_count(int length) const;
  base::Ipv4Block subnet(std::uint32_t index, int length) const;
  // The subnet of that length that holds `address`, if it is in the pool.
  std::optional<base::Ipv4Block> subnet_of(base::Ipv4 address, int length) const;
  const base::Ipv4Block& block() const { return block_; }

 private:
  explicit AddressPool(base::Ipv4Block block) : block_(block) {}

  base::Ipv4Block block_;
};

// The /24 blocks that a block consists of, or the block itself if it is smaller: what is kept of
// who holds which addresses, so that subnets of different lengths never overlap.
std::vector<base::Ipv4Block> units_of(const base::Ipv4Block& block);

}  // namespace mex::cluster
