#include "agent/acme_options.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/flag_error.h"
#include "agent/flag_list.h"
#include "base/dns_name.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::agent {
namespace {

using certificates::AcmeOptions;
using certificates::Challenge;

constexpr std::uint16_t kHttpPort = 80;
constexpr std::string_view kLegoProviderPrefix = "dns-01/";

bool is_wildcard(std::string_view name) { return name.starts_with("*."); }

absl::StatusOr<std::vector<std::string>> names_of(const Flags& flags, const std::string& fqdn) {
  std::vector<std::string> names;
  if (!fqdn.empty()) names.push_back(fqdn);
  for (const std::string& given : list_of(flags.acme_names)) {
    std::string name = base::normal_dns_name(given);
    if (!base::is_dns_name(is_wildcard(name) ? name.substr(2) : name)) {
      return flag_error(
          "-acme_names: must be DNS names like a.example.net or *.example.net, not {}",
          base::quoted(given));
    }
    const bool is_new = std::find(names.begin(), names.end(), name) == names.end();
    if (is_new) names.push_back(std::move(name));
  }
  // lego calls its files by the first one.
  std::stable_partition(names.begin(), names.end(),
                        [](const std::string& name) { return !is_wildcard(name); });
  if (names.empty() || is_wildcard(names.front())) {
    return flag_error(
        "-acme_email: a name is needed that the certificate is for: -fqdn, or one "
        "without * in -acme_names");
  }
  return names;
}

absl::StatusOr<std::string> server_of(const std::string& text) {
  if (text == "letsencrypt") return std::string(certificates::kLetsEncrypt);
  if (text == "letsencrypt-staging") return std::string(certificates::kLetsEncryptStaging);
  // Nonces and signatures keep an order safe, but not what the authority says (RFC 8555
  // section 6.1).
  if (text.starts_with("https://") && text.size() > std::string_view("https://").size())
    return text;
  return flag_error(
      "-acme_server: must be letsencrypt, letsencrypt-staging or a URL that begins "
      "with https://, not {}",
      base::quoted(text));
}

bool is_provider_name(std::string_view text) {
  return !text.empty() && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
         });
}

absl::Status read_challenge(const Flags& flags, bool has_dns, AcmeOptions& acme) {
  const std::string& text = flags.acme_challenge;
  const bool has_wildcard = std::any_of(acme.names.begin(), acme.names.end(), is_wildcard);
  if (text.starts_with(kLegoProviderPrefix)) {
    acme.challenge = Challenge::Dns01;
    acme.lego_dns_provider = text.substr(kLegoProviderPrefix.size());
    if (is_provider_name(acme.lego_dns_provider)) return absl::OkStatus();
  } else if (text.empty() || text == "dns-01" || text == "http-01" || text == "tls-alpn-01") {
    acme.challenge = flags.http.empty() ? Challenge::TlsAlpn01 : Challenge::Http01;
    if (has_wildcard || has_dns) acme.challenge = Challenge::Dns01;
    for (const auto each : {Challenge::Http01, Challenge::TlsAlpn01, Challenge::Dns01}) {
      if (text == to_string(each)) acme.challenge = each;
    }
    // RFC 8555 section 8.4 and Let's Encrypt's rules.
    if (has_wildcard && acme.challenge != Challenge::Dns01) {
      return flag_error("-acme_challenge: names with * can only be had by dns-01");
    }
    if (acme.challenge != Challenge::Dns01 || has_dns) return absl::OkStatus();
    return flag_error(
        "-acme_challenge: dns-01 needs -dns, or one of lego's own providers by "
        "dns-01/PROVIDER");
  }
  return flag_error(
      "-acme_challenge: must be http-01, tls-alpn-01, dns-01 or dns-01/PROVIDER, "
      "not {}",
      base::quoted(text));
}

absl::Status check_email(std::string_view email) {
  const std::size_t at = email.find('@');
  const bool is_plain = std::all_of(email.begin(), email.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("@.-_+").find(static_cast<char>(c)) != std::string_view::npos;
  });
  // It becomes the name of a directory of lego's, and must not be read as an option.
  const bool is_email = is_plain && at != std::string_view::npos && at > 0 &&
                        at + 1 < email.size() && email.front() != '-' && email.front() != '.';
  if (is_email) return absl::OkStatus();
  return flag_error("-acme_email: must be like you@example.net, not {}", base::quoted(email));
}

absl::Status read_resolvers(const Flags& flags, AcmeOptions& acme) {
  for (const std::string& text : list_of(flags.acme_resolvers)) {
    const auto address = net::Address::parse(text);
    if (!address.ok()) return flag_error("-acme_resolvers: {}", base::message_of(address.status()));
    acme.resolvers.push_back(address->text());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status check_acme_flags(const Flags& flags, Options& options) {
  if (flags.acme_email.empty()) return absl::OkStatus();
  if (!options.proxy) return flag_error("-acme_email: there is no use for it while -proxy is off");
  AcmeOptions acme;
  MEX_RETURN_IF_ERROR(check_email(flags.acme_email));
  acme.email = flags.acme_email;
  MEX_ASSIGN_OR_RETURN(acme.server, server_of(flags.acme_server));
  MEX_ASSIGN_OR_RETURN(acme.names, names_of(flags, options.fqdn));
  MEX_RETURN_IF_ERROR(read_challenge(flags, options.dns.has_value(), acme));
  MEX_RETURN_IF_ERROR(read_resolvers(flags, acme));
  acme.ca_file = flags.acme_ca;
  acme.lego = flags.lego;
  acme.directory = options.cert_dir;
  if (acme.challenge == Challenge::Http01 && !options.http) {
    MEX_ASSIGN_OR_RETURN(options.http, net::Address::parse(fmt::format(":{}", kHttpPort)));
  }
  options.acme = std::move(acme);
  return absl::OkStatus();
}

}  // namespace mex::agent
