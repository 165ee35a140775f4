#include "proxy/client_address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>
#include <cstring>

namespace mex::proxy {
namespace {

// inet_ntop goes through printf for IPv4, which would be a tenth of what a request costs here.
std::string_view ipv4_text(const sockaddr_in& address, AddressSpace& space) {
  std::array<std::uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &address.sin_addr, bytes.size());
  char* at = space.data();
  for (const std::uint8_t byte : bytes) {
    if (at != space.data()) *at++ = '.';
    at = std::to_chars(at, space.data() + space.size(), byte).ptr;
  }
  return {space.data(), static_cast<std::size_t>(at - space.data())};
}

}  // namespace

std::string_view ip_text(const net::Address& address, AddressSpace& space) {
  if (address.family() == AF_INET) {
    return ipv4_text(*reinterpret_cast<const sockaddr_in*>(address.data()), space);
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
  const char* text = ::inet_ntop(AF_INET6, &v6->sin6_addr, space.data(), INET6_ADDRSTRLEN);
  return text == nullptr ? "unknown" : text;
}

}  // namespace mex::proxy
