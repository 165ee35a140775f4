#include "routing/host_route.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/ipv4.h"
#include "base/ipv6.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::routing {
namespace {

constexpr std::size_t kIpv4Bytes = 4;

// An address of either family, most significant byte first.
struct IpAddress {
  base::Ipv6Bytes bytes{};
  std::size_t length = 0;

  bool is_ipv4() const { return length == kIpv4Bytes; }
  bool operator==(const IpAddress&) const = default;
};

std::optional<IpAddress> parse_address(const std::string& text) {
  IpAddress address;
  if (const auto v4 = base::parse_ipv4(text)) {
    const std::uint32_t network_order = htonl(v4->value);
    std::memcpy(address.bytes.data(), &network_order, kIpv4Bytes);
    address.length = kIpv4Bytes;
    return address;
  }
  if (const auto v6 = base::parse_ipv6(text)) {
    address.bytes = *v6;
    address.length = v6->size();
    return address;
  }
  return std::nullopt;
}

std::string text_of(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.is_ipv4() ? AF_INET : AF_INET6, address.bytes.data(), text.data(), text.size());
  return text.data();
}

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// `address` with all bits behind the first `length` cleared.
IpAddress masked(IpAddress address, unsigned length) {
  for (std::size_t i = 0; i < address.length; ++i) {
    const int kept = std::clamp(static_cast<int>(length) - static_cast<int>(8 * i), 0, 8);
    address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xFF00 >> kept));
  }
  return address;
}

struct Subnet {
  IpAddress address;
  unsigned length = 0;
};

std::optional<Subnet> parse_subnet(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto bits = static_cast<unsigned>(8 * address->length);
  if (slash == std::string::npos) return Subnet{*address, bits};
  const auto length = parse_number(std::string_view(text).substr(slash + 1));
  if (!length || *length > bits) return std::nullopt;
  return Subnet{*address, *length};
}

struct Reserved {
  const char* subnet;
  std::string_view what;
};
constexpr std::array kReserved{
    Reserved{"127.0.0.0/8", "loopback"},  Reserved{"169.254.0.0/16", "link-local"},
    Reserved{"224.0.0.0/3", "multicast"}, Reserved{"::1/128", "loopback"},
    Reserved{"fe80::/10", "link-local"},  Reserved{"ff00::/8", "multicast"},
};

// Either lies within the other.
bool overlap(const Subnet& a, const Subnet& b) {
  if (a.address.length != b.address.length) return false;
  const unsigned length = std::min(a.length, b.length);
  return masked(a.address, length) == masked(b.address, length);
}

absl::StatusOr<std::string> normalized_subnet(const std::string& text, const std::string& field) {
  const auto subnet = parse_subnet(text);
  if (!subnet) {
    return base::field_error(
        field, fmt::format("{} is not a subnet like 10.101.3.0/24", base::quoted(text)));
  }
  if (subnet->length == 0) {
    return base::field_error(field, "would take over the host's default route");
  }
  const IpAddress network = masked(subnet->address, subnet->length);
  const std::string wanted = fmt::format("{}/{}", text_of(network), subnet->length);
  if (network != subnet->address) {
    return base::field_error(
        field, fmt::format("{} has bits behind its prefix; the subnet is {}", text, wanted));
  }
  for (const Reserved& reserved : kReserved) {
    if (overlap(*subnet, *parse_subnet(reserved.subnet))) {
      return base::field_error(
          field, fmt::format("{} overlaps {} ({})", wanted, reserved.subnet, reserved.what));
    }
  }
  return wanted;
}

// What the kernel takes as the name of an interface (dev_valid_name).
bool is_device_name(std::string_view name) {
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c != 0x7F && c != '/' && c != ':';
  });
  return is_plain && !name.empty() && name.size() < IFNAMSIZ && name != "." && name != "..";
}

}  // namespace

absl::StatusOr<HostRoute> normalized(const HostRoute& route, std::string_view prefix) {
  HostRoute result = route;
  MEX_ASSIGN_OR_RETURN(result.subnet,
                       normalized_subnet(route.subnet, fmt::format("{}.subnet", prefix)));
  if (!route.gateway.empty()) {
    const auto gateway = parse_address(route.gateway);
    if (!gateway) {
      return base::field_error(fmt::format("{}.gateway", prefix),
                               fmt::format("{} is not an IP address", base::quoted(route.gateway)));
    }
    if (gateway->length != parse_subnet(result.subnet)->address.length) {
      return base::field_error(fmt::format("{}.gateway", prefix),
                               "must be of the same family as the subnet");
    }
    result.gateway = text_of(*gateway);
  }
  if (!route.device.empty() && !is_device_name(route.device)) {
    return base::field_error(
        fmt::format("{}.dev", prefix),
        fmt::format("{} is not the name of an interface", base::quoted(route.device)));
  }
  if (route.gateway.empty() && route.device.empty()) {
    return base::field_error(fmt::format("{}.gateway", prefix),
                             "is missing: a route leads to a gateway or an interface");
  }
  return result;
}

std::string to_string(const HostRoute& route) {
  std::string text = route.subnet;
  if (!route.gateway.empty()) text += " via " + route.gateway;
  if (!route.device.empty()) text += " dev " + route.device;
  return text;
}

}  // namespace mex::routing
