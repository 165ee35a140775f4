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
  std::string key_file;  // see parse_tsig_key(); empty: the server trusts our address
};

// FailedPrecondition, with what to install, without one of the programs; InvalidArgument without a
// whole key in the file. It is read anew for each call, so that a new key needs no restart, and
// nothing is sent without one.
absl::StatusOr<std::unique_ptr<DnsProvider>> create_rfc2136(Rfc2136Options options);

}  // namespace mex::dns
