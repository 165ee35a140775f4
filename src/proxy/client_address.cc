#include "proxy/client_address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>
#include <cstring>

#include "http/header_list.h"
#include "proxy/proxy_context.h"

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

// "10.0.0.1", "10.0.0.1:80", "2001:db8::1", "[2001:db8::1]" and "[2001:db8::1]:80", as proxies
// write it. Empty: it is none.
net::Address address_of(std::string_view element) {
  const std::size_t first = element.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  element = element.substr(first, element.find_last_not_of(" \t") - first + 1);
  const std::size_t colon = element.rfind(':');
  const bool is_ipv4_with_port =
      colon != std::string_view::npos && element.find(':') == colon && element.front() != '[';
  const bool is_ipv6_with_port =
      colon != std::string_view::npos && element.front() == '[' && element[colon - 1] == ']';
  if (is_ipv4_with_port || is_ipv6_with_port) element = element.substr(0, colon);
  return net::Address::parse_ip(element, 0).value_or(net::Address());
}

}  // namespace

net::Address client_address(const server::Exchange& exchange, const ProxyContext& context) {
  return client_address(exchange.connection().peer, exchange.request().headers,
                        context.options.trusted_peers);
}

net::Address client_address(const net::Address& peer, const http::HeaderList& headers,
                            const std::vector<net::AddressRange>& trusted) {
  net::Address client = peer;
  if (!net::any_contains(trusted, client)) return client;
  for (const http::Header* header = headers.end(); header != headers.begin();) {
    --header;
    if (header->known != http::KnownHeader::XForwardedFor) continue;
    std::string_view list = header->value;
    while (!list.empty()) {
      const std::size_t comma = list.rfind(',');
      const bool is_first = comma == std::string_view::npos;
      const net::Address address = address_of(is_first ? list : list.substr(comma + 1));
      if (address.empty()) return client;
      client = address;
      if (!net::any_contains(trusted, client)) return client;
      list = is_first ? std::string_view() : list.substr(0, comma);
    }
  }
  return client;
}

std::string_view ip_text(const net::Address& address, AddressSpace& space) {
  if (address.family() == AF_INET) {
    return ipv4_text(*reinterpret_cast<const sockaddr_in*>(address.data()), space);
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
  const char* text = ::inet_ntop(AF_INET6, &v6->sin6_addr, space.data(), INET6_ADDRSTRLEN);
  return text == nullptr ? "unknown" : text;
}

}  // namespace mex::proxy
