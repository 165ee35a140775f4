#include "certificates/client_authentication.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/record_json.h"
#include "base/status.h"
#include "http/authority.h"
#include "http/characters.h"
#include "store/record_format.h"

namespace mex::certificates {
namespace {

constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxAuthorities = 256U << 10U;
constexpr std::size_t kMaxRevocations = 512U << 10U;

bool is_host(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  const auto authority = http::parse_authority(text);
  const bool is_name = authority && !authority->is_ipv6 && authority->host.size() == text.size();
  return is_name && text.size() <= kMaxHost && !text.starts_with('.') && !text.ends_with('.') &&
         text.find("..") == std::string_view::npos;
}

absl::Status check_size(std::string_view field, const std::string& text, std::size_t most) {
  if (text.size() <= most) return absl::OkStatus();
  return base::field_error(field,
                           fmt::format("has {} bytes; at most {} are taken", text.size(), most));
}

}  // namespace

static constexpr auto fields_of(const ClientAuthentication*) {
  using T = ClientAuthentication;
  return base::fields(base::field("host", &T::host), base::field("ca", &T::ca),
                      base::optional_field("crl", &T::crl),
                      base::optional_field("is_optional", &T::is_optional),
                      base::field("depth", &T::depth));
}

absl::StatusOr<ClientAuthentication> normalized(ClientAuthentication asked) {
  std::string& host = asked.host;
  if (host.ends_with('.')) host.pop_back();
  std::transform(host.begin(), host.end(), host.begin(), http::to_lower);
  if (!is_host(host)) {
    return base::field_error(
        "host", fmt::format("must be a name like app.example.org or *.example.org, not {}",
                            base::quoted(host)));
  }
  MEX_RETURN_IF_ERROR(check_size("ca", asked.ca, kMaxAuthorities));
  MEX_RETURN_IF_ERROR(check_size("crl", asked.crl, kMaxRevocations));
  return asked;
}

absl::StatusOr<tls::ClientVerification> verification_of(const ClientAuthentication& asked) {
  return tls::ClientVerification::create({.ca_pem = asked.ca,
                                          .crl_pem = asked.crl,
                                          .is_required = !asked.is_optional,
                                          .depth = asked.depth});
}

std::string client_authentication_key(std::string_view host) {
  return std::string(kClientAuthenticationPrefix) + std::string(host);
}

std::string to_json(const ClientAuthentication& asked) { return store::write_record(asked); }

absl::StatusOr<ClientAuthentication> client_authentication_from_json(std::string_view text,
                                                                     std::string_view key) {
  return store::read_record<ClientAuthentication>(text, key);
}

}  // namespace mex::certificates
