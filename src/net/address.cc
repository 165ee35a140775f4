#include "net/address.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/ipv4.h"
#include "base/ipv6.h"
#include "base/status.h"

namespace mex::net {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_mapped_v4(const in6_addr& address) { return IN6_IS_ADDR_V4MAPPED(&address) != 0; }

absl::Status refuse(std::string_view text, std::string_view why) {
  return base::error(absl::StatusCode::kInvalidArgument, "\"{}\": {}", text, why);
}

}  // namespace

absl::StatusOr<Address> Address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return refuse(text, "no port; write address:port, or :port for every local address");
  }
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
  if (!port) return refuse(text, "the port must be a number from 0 to 65535");
  std::string_view host = text.substr(0, colon);
  if (host.empty()) host = "::";
  if (host == "localhost") host = "127.0.0.1";  // RFC 6761 section 6.3
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (!bracketed && host != "::" && host.find(':') != std::string_view::npos) {
    return refuse(text, "an IPv6 address needs brackets: [::1]:80");
  }
  absl::StatusOr<Address> address = parse_ip(host, *port);
  if (!address.ok()) {
    return refuse(text, "the host must be an IP address or localhost, not another name");
  }
  return address;
}

absl::StatusOr<Address> Address::parse_ip(std::string_view text, std::uint16_t port) {
  std::string_view bare = text;
  const bool bracketed = bare.starts_with('[') && bare.ends_with(']');
  if (bracketed) bare = bare.substr(1, bare.size() - 2);
  if (const auto number = bracketed ? std::nullopt : base::parse_ipv4(bare)) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    v4.sin_addr.s_addr = htonl(number->value);
    return from_sockaddr(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  if (const auto bytes = base::parse_ipv6(bare)) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, bytes->data(), bytes->size());
    return from_sockaddr(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  return refuse(text, "not an IPv4 or IPv6 address");
}

Address Address::from_sockaddr(const sockaddr* address, socklen_t length) {
  Address result;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    std::memcpy(&result.storage_.v4, address, sizeof(sockaddr_in));
  } else if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    if (is_mapped_v4(v6.sin6_addr)) {
      result.storage_.v4 = {};
      result.storage_.v4.sin_family = AF_INET;
      result.storage_.v4.sin_port = v6.sin6_port;
      std::memcpy(&result.storage_.v4.sin_addr, &v6.sin6_addr.s6_addr[12], sizeof(in_addr));
    } else {
      result.storage_.v6 = v6;
    }
  }
  return result;
}

Address Address::local_of(int socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return from_sockaddr(reinterpret_cast<const sockaddr*>(&storage), length);
}

Address Address::peer_of(int socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return from_sockaddr(reinterpret_cast<const sockaddr*>(&storage), length);
}

Address Address::loopback(std::uint16_t port) {
  Address result;
  result.storage_.v4 = {};
  result.storage_.v4.sin_family = AF_INET;
  result.storage_.v4.sin_port = htons(port);
  result.storage_.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return result;
}

std::uint16_t Address::port() const {
  switch (family()) {
    case AF_INET:
      return ntohs(storage_.v4.sin_port);
    case AF_INET6:
      return ntohs(storage_.v6.sin6_port);
    default:
      return 0;
  }
}

Address Address::with_port(std::uint16_t port) const {
  Address result = *this;
  if (family() == AF_INET) result.storage_.v4.sin_port = htons(port);
  if (family() == AF_INET6) result.storage_.v6.sin6_port = htons(port);
  return result;
}

bool Address::is_loopback() const {
  if (family() == AF_INET) return (ntohl(storage_.v4.sin_addr.s_addr) >> 24U) == 127;
  return family() == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&storage_.v6.sin6_addr);
}

bool Address::is_any() const {
  if (family() == AF_INET) return storage_.v4.sin_addr.s_addr == htonl(INADDR_ANY);
  return family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&storage_.v6.sin6_addr);
}

bool Address::is_link_local() const {
  if (family() == AF_INET) return (ntohl(storage_.v4.sin_addr.s_addr) >> 16U) == 0xA9FE;
  return family() == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&storage_.v6.sin6_addr);
}

socklen_t Address::size() const {
  switch (family()) {
    case AF_INET:
      return sizeof(sockaddr_in);
    case AF_INET6:
      return sizeof(sockaddr_in6);
    default:
      return 0;
  }
}

std::string Address::ip_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = family() == AF_INET ? static_cast<const void*>(&storage_.v4.sin_addr)
                                          : static_cast<const void*>(&storage_.v6.sin6_addr);
  if (empty() || ::inet_ntop(family(), bytes, text.data(), text.size()) == nullptr) return "";
  return text.data();
}

std::string Address::text() const {
  if (empty()) return "";
  if (family() == AF_INET6) return fmt::format("[{}]:{}", ip_text(), port());
  return fmt::format("{}:{}", ip_text(), port());
}

bool operator==(const Address& a, const Address& b) {
  if (a.family() != b.family() || a.port() != b.port()) return false;
  if (a.family() == AF_INET) {
    return a.storage_.v4.sin_addr.s_addr == b.storage_.v4.sin_addr.s_addr;
  }
  return a.family() != AF_INET6 ||
         (std::memcmp(&a.storage_.v6.sin6_addr, &b.storage_.v6.sin6_addr, sizeof(in6_addr)) == 0 &&
          a.storage_.v6.sin6_scope_id == b.storage_.v6.sin6_scope_id);
}

}  // namespace mex::net
