#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>

#include "net/address.h"

namespace mex::server {

// Who counts as one client: an IPv4 address, or of IPv6 the 64 bits of the network, of which each
// subscriber has all addresses (RFC 6177).
struct ClientKey {
  std::array<std::uint8_t, 8> bytes{};
  bool is_ipv6 = false;

  static ClientKey of(const net::Address& peer) {
    ClientKey key;
    if (peer.family() == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(peer.data());
      std::memcpy(key.bytes.data(), &v6->sin6_addr, key.bytes.size());
      key.is_ipv6 = true;
    } else if (peer.family() == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(peer.data());
      std::memcpy(key.bytes.data(), &v4->sin_addr, sizeof v4->sin_addr);
    }
    return key;
  }

  auto operator<=>(const ClientKey&) const = default;
};

}  // namespace mex::server
