#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "http/origin_url.h"
#include "net/address.h"
#include "proxy/options.h"

namespace mex::proxy {

enum class OriginVerdict : std::uint8_t {
  Allowed,
  NoAddress,  // nothing that could be connected to
  LinkLocal,  // 169.254.0.0/16 and fe80::/10: instance metadata lives there
  Metadata,   // metadata services at other addresses
  OwnApi,     // the agent's own API: it trusts callers from this machine
};

// "is link-local, where cloud metadata lives".
std::string_view to_string(OriginVerdict verdict);

// Where origins may not be, whatever name or spelling led there. Asked with the address that is
// about to be connected to, so a name cannot be changed between check and use (DNS rebinding).
// Immutable: safe from any thread.
class OriginPolicy {
 public:
  // `own_api_ports`: TCP ports of the agent's API on this machine.
  explicit OriginPolicy(std::vector<std::uint16_t> own_api_ports = {});

  OriginVerdict check(const net::Address& address) const;

  // For an operator who names an address: InvalidArgument if it may not be an origin. Host names
  // are OK here; what they stand for is judged when it is connected to.
  absl::Status check_literal(const http::OriginUrl& origin) const;

 private:
  std::vector<std::uint16_t> own_api_ports_;
  std::vector<AddressRange> metadata_;
};

}  // namespace mex::proxy
