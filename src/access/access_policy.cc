#include "access/access_policy.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/json_text.h"
#include "base/status.h"
#include "http/authority.h"
#include "http/header_list.h"
#include "net/address.h"

namespace mex::access {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// RFC 1034 section 3.1: a dot at the end says that a name is complete.
std::string_view without_root(std::string_view host) {
  if (host.size() > 1 && host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool is_localhost(std::string_view host) {
  constexpr std::string_view kLocalhost = "localhost";
  if (host.size() > kLocalhost.size() && host[host.size() - kLocalhost.size() - 1] == '.') {
    host.remove_prefix(host.size() - kLocalhost.size());  // RFC 6761 6.3: *.localhost, too
  }
  return http::equals_ignoring_case(host, kLocalhost);
}

Principal administrator(std::string name, Proof proof) {
  return {.name = std::move(name), .role = Role::Admin, .proof = proof};
}

}  // namespace

std::optional<absl::StatusOr<std::string>> AccessPolicy::token_of(
    const CallerIdentity& caller) const {
  const std::string_view text = caller.authorization;
  if (text.size() < kBearer.size() ||
      !http::equals_ignoring_case(text.substr(0, kBearer.size()), kBearer)) {
    return std::nullopt;
  }
  const std::string_view token = text.substr(kBearer.size());
  const bool is_fixed =
      !options_.token.empty() && base::constant_time_equal(token, options_.token.reveal());
  if (is_fixed) return std::string("administrator");
  if (options_.tokens != nullptr) return options_.tokens->check(token);
  return absl::UnauthenticatedError("the bearer token is not the one in api.token");
}

absl::StatusOr<Principal> AccessPolicy::check(const CallerIdentity& caller) const {
  auto token = token_of(caller);
  if (token && token->ok()) return administrator(**std::move(token), Proof::Token);
  if (options_.open) return administrator("anonymous", Proof::None);
  if (token) return token->status();
  if (options_.trust_loopback && caller.loopback) return administrator("local", Proof::Loopback);
  return absl::UnauthenticatedError(
      "callers that are not on the agent's own machine must send the header "
      "\"Authorization: Bearer TOKEN\" with the token in the agent's <state_dir>/api.token");
}

absl::StatusOr<Principal> AccessPolicy::check_http(const HttpCaller& caller) const {
  HttpCaller judged = caller;
  // Behind another proxy the peer's address says nothing of the caller.
  if (caller.forwarded) judged.loopback = false;
  MEX_ASSIGN_OR_RETURN(Principal principal, check(judged));
  if (principal.proof != Proof::Token) MEX_RETURN_IF_ERROR(check_page(caller));
  return principal;
}

bool AccessPolicy::is_own_name(std::string_view host) const {
  host = without_root(host);
  return is_localhost(host) || std::any_of(options_.own_names.begin(), options_.own_names.end(),
                                           [host](const std::string& name) {
                                             return http::equals_ignoring_case(name, host);
                                           });
}

absl::Status AccessPolicy::check_page(const HttpCaller& caller) const {
  // https://www.w3.org/TR/fetch-metadata/: "none" is an address typed by the user.
  const std::string_view site = caller.sec_fetch_site;
  if (!site.empty() && site != "same-origin" && site != "none") {
    return absl::PermissionDeniedError("web pages of other sites may not call this API");
  }
  if (!caller.origin.empty()) {
    const std::size_t scheme_end = caller.origin.find("://");
    const std::string_view origin_host =
        scheme_end == std::string_view::npos ? "" : caller.origin.substr(scheme_end + 3);
    if (!http::equals_ignoring_case(origin_host, caller.host)) {
      return absl::PermissionDeniedError("web pages of other sites may not call this API");
    }
  }
  // The names of an API that is open to everyone are not known; HTTP/1.0 may have none.
  if (options_.open || caller.host.empty()) return absl::OkStatus();
  const std::optional<http::Authority> host = http::parse_authority(caller.host);
  if (!host) return absl::PermissionDeniedError("the Host header is not a host");
  if (host->is_ipv6 || net::Address::parse_ip(host->host, 0).ok() || is_own_name(host->host)) {
    return absl::OkStatus();
  }
  return base::error(absl::StatusCode::kPermissionDenied,
                     "{} is not a name of this machine: without a token, call the API by address "
                     "or as localhost",
                     base::quoted(host->host));
}

}  // namespace mex::access
