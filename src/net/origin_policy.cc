#include "net/origin_policy.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/descriptor.h"
#include "base/status.h"

namespace mex::net {
namespace {

AddressRange range(std::string_view ip, unsigned bits) {
  auto address = Address::parse_ip(ip, 0);
  MEX_CHECK(address.ok(), "a literal of this file");
  return {*address, bits};
}

// An IPv6 address that NAT64 (RFC 6052) turns into an IPv4 one is judged as that one.
Address without_nat64(const Address& address) {
  static const AddressRange kWellKnownPrefix = range("64:ff9b::", 96);
  if (!kWellKnownPrefix.contains(address)) return address;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = v6->sin6_port;
  std::memcpy(&v4.sin_addr, v6->sin6_addr.s6_addr + 12, sizeof v4.sin_addr);
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
}

// Whether the kernel would deliver to this machine. It answers best itself: towards an address of
// its own it chooses that address as the source. A UDP socket asks without sending anything.
bool is_this_machine(const Address& address) {
  if (address.is_loopback() || address.is_any()) return true;
  const base::Descriptor probe(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!probe.valid() || ::connect(probe.get(), address.data(), address.size()) != 0) return false;
  const Address source = Address::local_of(probe.get());
  return source.with_port(0) == address.with_port(0);
}

}  // namespace

std::string_view to_string(OriginVerdict verdict) {
  switch (verdict) {
    case OriginVerdict::Allowed:
      return "is allowed";
    case OriginVerdict::NoAddress:
      return "is not an address";
    case OriginVerdict::LinkLocal:
      return "is link-local, where cloud metadata lives";
    case OriginVerdict::Metadata:
      return "is a cloud metadata service";
    case OriginVerdict::OwnApi:
      return "is this agent's own API";
  }
  return "is not allowed";
}

OriginPolicy::OriginPolicy(std::vector<std::uint16_t> own_api_ports)
    : own_api_ports_(std::move(own_api_ports)),
      // Amazon's IPv6 metadata address, and that of Oracle and Alibaba clouds over IPv4.
      metadata_{range("fd00:ec2::254", 128), range("100.100.100.200", 32),
                range("192.0.0.192", 32)} {}

OriginVerdict OriginPolicy::check(const Address& given) const {
  const Address address = without_nat64(given);
  if (address.empty() || address.port() == 0) return OriginVerdict::NoAddress;
  if (address.is_link_local()) return OriginVerdict::LinkLocal;
  for (const AddressRange& forbidden : metadata_) {
    if (forbidden.contains(address)) return OriginVerdict::Metadata;
  }
  const bool own_port = std::find(own_api_ports_.begin(), own_api_ports_.end(), address.port()) !=
                        own_api_ports_.end();
  if (own_port && is_this_machine(address)) return OriginVerdict::OwnApi;
  return OriginVerdict::Allowed;
}

absl::Status OriginPolicy::check_literal(std::string_view host, std::uint16_t port) const {
  const auto address = Address::parse_ip(host, port);
  if (!address.ok()) return absl::OkStatus();
  const OriginVerdict verdict = check(*address);
  if (verdict == OriginVerdict::Allowed) return absl::OkStatus();
  return base::error(absl::StatusCode::kInvalidArgument, "{} {}; it cannot be an origin",
                     address->text(), to_string(verdict));
}

}  // namespace mex::net
