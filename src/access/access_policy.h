#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "access/api_tokens.h"
#include "access/principal.h"
#include "base/secret.h"

namespace mex::access {

// What is known of the sender of a call. The views need to live only during the check.
struct CallerIdentity {
  bool loopback = false;           // address of the peer
  std::string_view authorization;  // Authorization header or metadata, whole
};

// What a browser, or a proxy before us, adds to a REST call.
struct HttpCaller : CallerIdentity {
  std::string_view host;            // Host header
  std::string_view origin;          // Origin header
  std::string_view sec_fetch_site;  // Sec-Fetch-Site header
  bool forwarded = false;           // has a header with which a proxy speaks
};

// Who may call the API. A caller with the token may; without it, callers on loopback may, or with
// `open` everyone.
//
// A call without the token may come from a web page that an operator has open, sent by the browser
// on the operator's machine. Such a call is refused if the browser says that the page is of another
// site (Origin, Sec-Fetch-Site), and, because a page can point its domain at 127.0.0.1 and is then
// of the same site (DNS rebinding), if Host is a name that is not this machine's. An address as
// Host is safe: it cannot be rebound. A call with the token is safe from both: pages do not have
// it, and a browser does not add it by itself.
//
// Immutable but for the tokens, and thread-safe.
class AccessPolicy {
 public:
  struct Options {
    bool open = false;
    bool trust_loopback = true;
    base::Secret token;                    // one that opens whatever the files say; empty: none
    std::shared_ptr<ApiTokens> tokens{};   // those of the files; null: none
    std::vector<std::string> own_names{};  // of this machine, beside localhost
  };

  explicit AccessPolicy(Options options) : options_(std::move(options)) {}

  // The principal that calls; Unauthenticated (a token is needed, or the one shown is wrong) or
  // PermissionDenied. Every principal is the administrator.
  absl::StatusOr<Principal> check(const CallerIdentity& caller) const;
  absl::StatusOr<Principal> check_http(const HttpCaller& caller) const;

 private:
  // The name of the token that was shown, why it is refused, or nothing without one.
  std::optional<absl::StatusOr<std::string>> token_of(const CallerIdentity& caller) const;
  bool is_own_name(std::string_view host) const;
  absl::Status check_page(const HttpCaller& caller) const;

  Options options_;
};

}  // namespace mex::access
