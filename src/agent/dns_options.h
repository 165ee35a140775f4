#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dns/rfc2136.h"

namespace mex::agent {

struct Flags;

enum class DnsNames : std::uint8_t { None, Host, Wildcard, Clusters };

// What the flags say of public DNS. Credentials are not among them.
struct DnsOptions {
  std::optional<dns::Rfc2136Options> rfc2136;  // nothing: Cloudflare
  std::string token_file;                      // of Cloudflare; empty: the environment's
  DnsNames names = DnsNames::Wildcard;
  std::chrono::seconds ttl{120};
  std::chrono::seconds interval{300};
  bool is_proxied = false;
  std::vector<std::string> addresses;  // by which this machine is reached; empty: found out
  std::string interface;               // whose addresses they are
  std::string metadata_url;            // of OpenStack's metadata service, no slash at its end
};

// Nothing without -dns. InvalidArgument names the flag and what would be right.
absl::StatusOr<std::optional<DnsOptions>> check_dns_flags(const Flags& flags,
                                                          const std::string& fqdn);

}  // namespace mex::agent
