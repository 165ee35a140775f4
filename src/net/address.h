#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::net {

// An IPv4 or IPv6 address with a port. A value: cheap to copy, no ownership, any thread.
// IPv4-mapped IPv6 addresses (what a dual-stack listener reports) are held as IPv4.
class Address {
 public:
  // No address; family() is AF_UNSPEC.
  Address() = default;

  // "127.0.0.1:80", "[::1]:80", "localhost:80", and ":80" for every local address (IPv6 and IPv4).
  // Other host names are refused: nothing is resolved here. Errors say what was wrong with `text`.
  static absl::StatusOr<Address> parse(std::string_view text);

  // An address literal without port: "10.0.0.1", "::1", "[::1]".
  static absl::StatusOr<Address> parse_ip(std::string_view text, std::uint16_t port);

  // `address` must hold at least `length` bytes; families other than IP give an empty Address.
  static Address from_sockaddr(const sockaddr* address, socklen_t length);

  // What the kernel says of a socket's own end and of its peer; empty if it has none.
  static Address local_of(int socket);
  static Address peer_of(int socket);

  static Address loopback(std::uint16_t port);  // 127.0.0.1

  bool empty() const { return family() == AF_UNSPEC; }
  int family() const { return storage_.base.sa_family; }
  std::uint16_t port() const;
  Address with_port(std::uint16_t port) const;

  bool is_loopback() const;    // 127.0.0.0/8 or ::1
  bool is_any() const;         // 0.0.0.0 or ::
  bool is_link_local() const;  // 169.254.0.0/16 or fe80::/10

  const sockaddr* data() const { return &storage_.base; }
  socklen_t size() const;

  std::string ip_text() const;  // "127.0.0.1", "::1"
  std::string text() const;     // "127.0.0.1:80", "[::1]:80"

  friend bool operator==(const Address& a, const Address& b);

 private:
  union Storage {
    sockaddr base;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  Storage storage_{.v6 = {}};
};

}  // namespace mex::net
