#include "base/ipv6.h"

#include <arpa/inet.h>

#include <string>

namespace mex::base {

std::optional<Ipv6Bytes> parse_ipv6(std::string_view text) {
  // inet_pton() reads up to the first zero byte and would not see what follows it.
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  Ipv6Bytes bytes{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

}  // namespace mex::base
