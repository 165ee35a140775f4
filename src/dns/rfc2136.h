#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dns/dns_provider.h"

namespace mex::dns {

// A name server that takes updates by RFC 2136 with a TSIG key (RFC 8945): BIND, Knot, PowerDNS and
// others. Spoken through the programs nsupdate and dig (Debian: bind9-dnsutils).
struct Rfc2136Options {
  std::string server;  // address
  std::string port = "53";
  std::string key_file;  // as tsig-keygen and keymgr write it; empty: the server trusts our address
};

// FailedPrecondition, with what to install, without one of the programs.
absl::StatusOr<std::unique_ptr<DnsProvider>> create_rfc2136(Rfc2136Options options);

}  // namespace mex::dns
