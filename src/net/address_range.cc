#include "net/address_range.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace mex::net {
namespace {

std::span<const std::uint8_t> bytes_of(const Address& address) {
  if (address.family() == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.data());
    return {reinterpret_cast<const std::uint8_t*>(&v4->sin_addr), sizeof v4->sin_addr};
  }
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
    return {reinterpret_cast<const std::uint8_t*>(&v6->sin6_addr), sizeof v6->sin6_addr};
  }
  return {};
}

}  // namespace

bool AddressRange::contains(const Address& address) const {
  const auto ours = bytes_of(first);
  const auto theirs = bytes_of(address);
  if (first.family() != address.family() || ours.empty() || bits > ours.size() * 8) return false;
  const std::size_t whole = bits / 8;
  if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(whole),
                  theirs.begin())) {
    return false;
  }
  const unsigned left = bits % 8;
  return left == 0 || ((ours[whole] ^ theirs[whole]) >> (8 - left)) == 0;
}

}  // namespace mex::net
