#include "cluster/flavor/address_pool.h"

#include "base/status.h"

namespace mex::cluster {
namespace {

constexpr int kUnitLength = 24;
// The automatic addresses of a subnet: 55, and the broadcast address behind them.
constexpr std::uint32_t kAutomaticFromEnd = 56;
constexpr std::uint32_t kLastFromEnd = 2;

std::uint32_t size_of(int prefix_length) {
  return static_cast<std::uint32_t>(base::Ipv4Block{{}, prefix_length}.size());
}

struct Reserved {
  std::string_view block;
  std::string_view what;
};
// https://www.iana.org/assignments/iana-ipv4-special-registry
constexpr Reserved kReserved[] = {{"0.0.0.0/8", "this host's"},
                                  {"127.0.0.0/8", "loopback"},
                                  {"169.254.0.0/16", "link-local"},
                                  {"224.0.0.0/4", "multicast"},
                                  {"240.0.0.0/4", "reserved"}};

}  // namespace

std::string_view reserved_part(const base::Ipv4Block& block) {
  for (const Reserved& reserved : kReserved) {
    if (overlap(*base::parse_ipv4_block(reserved.block), block)) return reserved.what;
  }
  return {};
}

absl::StatusOr<AddressPool> AddressPool::parse(std::string_view text) {
  const auto block = base::parse_ipv4_block(text);
  if (!block || block->prefix_length > kUnitLength || block->prefix_length == 0) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "address pool {}: must be an IPv4 block of /1 to /24, such as 10.101.0.0/16",
                       text);
  }
  if (const std::string_view what = reserved_part(*block); !what.empty()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "address pool {}: holds {} addresses, which no network may have", text,
                       what);
  }
  return AddressPool(*block);
}

std::uint32_t AddressPool::subnet_count(int length) const {
  return static_cast<std::uint32_t>(block_count(block_, length));
}

base::Ipv4Block AddressPool::subnet(std::uint32_t index, int length) const {
  return block_in(block_, index, length);
}

std::optional<base::Ipv4Block> AddressPool::subnet_of(base::Ipv4 address, int length) const {
  if (!block_.contains(address) || length < block_.prefix_length) return std::nullopt;
  return block_around(address, length);
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

std::vector<base::Ipv4Block> units_of(const base::Ipv4Block& block) {
  if (block.prefix_length >= kUnitLength) return {block};
  std::vector<base::Ipv4Block> units;
  for (std::uint64_t i = 0; i < block_count(block, kUnitLength); ++i) {
    units.push_back(block_in(block, i, kUnitLength));
  }
  return units;
}

}  // namespace mex::cluster
