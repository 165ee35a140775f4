#include "agent/dns_options.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/flag_duration.h"
#include "agent/flag_error.h"
#include "agent/flag_list.h"
#include "agent/options.h"
#include "base/json_text.h"
#include "base/status.h"
#include "dns/public_address.h"
#include "net/address.h"

namespace mex::agent {
namespace {

constexpr std::string_view kInterfacePrefix = "interface:";

absl::StatusOr<DnsNames> names_of(const std::string& text) {
  if (text == "none") return DnsNames::None;
  if (text == "host") return DnsNames::Host;
  if (text == "wildcard") return DnsNames::Wildcard;
  if (text == "clusters") return DnsNames::Clusters;
  return flag_error("-dns_names: must be wildcard, clusters, host or none, not {}",
                    base::quoted(text));
}

absl::StatusOr<dns::Rfc2136Options> rfc2136_of(const Flags& flags) {
  constexpr std::uint16_t kDnsPort = 53;
  auto address = net::Address::parse_ip(flags.dns_server, kDnsPort);
  if (!address.ok()) address = net::Address::parse(flags.dns_server);
  if (!address.ok() || address->is_any() || address->port() == 0) {
    return flag_error(
        "-dns_server: must be the address of the name server that takes updates, like "
        "192.0.2.1 or 192.0.2.1:53, not {}",
        base::quoted(flags.dns_server));
  }
  return dns::Rfc2136Options{address->ip_text(), std::to_string(address->port()), flags.dns_key};
}

absl::Status read_provider(const Flags& flags, DnsOptions& options) {
  if (flags.dns == "rfc2136") {
    if (flags.dns_proxied) return flag_error("-dns_proxied: only Cloudflare does that");
    if (!flags.dns_token.empty()) return flag_error("-dns_token: is for -dns=cloudflare");
    MEX_ASSIGN_OR_RETURN(options.rfc2136, rfc2136_of(flags));
    return absl::OkStatus();
  }
  if (flags.dns != "cloudflare") {
    return flag_error("-dns: must be cloudflare or rfc2136, not {}", base::quoted(flags.dns));
  }
  if (!flags.dns_server.empty() || !flags.dns_key.empty()) {
    return flag_error("-dns_server and -dns_key: are for -dns=rfc2136");
  }
  options.token_file = flags.dns_token;
  return absl::OkStatus();
}

absl::Status read_addresses(const std::string& text, DnsOptions& options) {
  if (text.starts_with(kInterfacePrefix)) {
    options.interface = text.substr(kInterfacePrefix.size());
    if (!options.interface.empty()) return absl::OkStatus();
  }
  for (const std::string& element : list_of(text)) {
    const auto address = net::Address::parse_ip(element, 0);
    if (!address.ok() || address->is_any() || options.addresses.size() == 4) {
      return flag_error(
          "-public_address: must be up to four addresses with commas between, or "
          "interface:NAME, not {}",
          base::quoted(text));
    }
    options.addresses.push_back(address->ip_text());
  }
  if (!text.empty() && options.addresses.empty()) {
    return flag_error("-public_address: {} has no address", base::quoted(text));
  }
  return absl::OkStatus();
}

absl::Status read_metadata_url(std::string url, DnsOptions& options) {
  while (url.ends_with('/')) url.pop_back();
  const bool is_url = url.starts_with("http://") || url.starts_with("https://");
  if (!is_url || url.find_first_of("?# ") != std::string::npos) {
    return flag_error("-metadata_url: must be an http(s) URL like {}, not {}", dns::kMetadataUrl,
                      base::quoted(url));
  }
  options.metadata_url = std::move(url);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<DnsOptions>> check_dns_flags(const Flags& flags,
                                                          const std::string& fqdn) {
  if (flags.dns.empty()) return std::optional<DnsOptions>();
  using std::chrono::hours;
  using std::chrono::seconds;
  DnsOptions options;
  MEX_RETURN_IF_ERROR(read_provider(flags, options));
  MEX_ASSIGN_OR_RETURN(options.names, names_of(flags.dns_names));
  if (fqdn.empty()) options.names = DnsNames::None;
  // What Cloudflare takes; a name server takes more.
  MEX_ASSIGN_OR_RETURN(options.ttl, duration_of("dns_ttl", flags.dns_ttl, seconds(60), hours(24)));
  MEX_ASSIGN_OR_RETURN(options.interval,
                       duration_of("dns_interval", flags.dns_interval, seconds(1), hours(24)));
  options.is_proxied = flags.dns_proxied;
  MEX_RETURN_IF_ERROR(read_addresses(flags.public_address, options));
  MEX_RETURN_IF_ERROR(read_metadata_url(flags.metadata_url, options));
  return std::optional<DnsOptions>(std::move(options));
}

}  // namespace mex::agent
