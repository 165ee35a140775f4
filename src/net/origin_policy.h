#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "net/address.h"
#include "net/address_range.h"

namespace mex::net {

enum class OriginVerdict : std::uint8_t {
  Allowed,
  NoAddress,  // nothing that could be connected to
  LinkLocal,  // 169.254.0.0/16 and fe80::/10: instance metadata services are there
  Metadata,   // metadata services at other addresses
  OwnApi,     // the agent's own API: it trusts callers from this machine
};

// "is link-local, where cloud metadata lives".
std::string_view to_string(OriginVerdict verdict);

// Refuses addresses that no origin may have, whatever name or spelling led there. The caller checks
// the address that it is about to connect to, so a name cannot be changed between check and use
// (DNS rebinding). Immutable: safe from any thread.
class OriginPolicy {
 public:
  // `own_api_ports`: TCP ports of the agent's API on this machine.
  explicit OriginPolicy(std::vector<std::uint16_t> own_api_ports = {});

  OriginVerdict check(const Address& address) const;

  // For an operator who names a host: InvalidArgument if it is an address that may not be an
  // origin. Host names are OK here; their addresses are checked when they are connected to.
  absl::Status check_literal(std::string_view host, std::uint16_t port) const;

 private:
  std::vector<std::uint16_t> own_api_ports_;
  std::vector<AddressRange> metadata_;
};

}  // namespace mex::net
