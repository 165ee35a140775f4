#include "certificates/txt_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/dns_name.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::certificates {
namespace {

using nlohmann::json;

constexpr std::string_view kChallengeLabel = "_acme-challenge.";  // RFC 8555 section 8.4

std::string text_in(const json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// A SHA-256 digest in base64url without padding.
bool is_proof(std::string_view value) {
  constexpr std::size_t kLength = 43;
  return value.size() == kLength && std::all_of(value.begin(), value.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

bool is_challenge_for(std::string_view name, std::string_view ordered) {
  if (ordered.starts_with("*.")) ordered.remove_prefix(2);
  return name.starts_with(kChallengeLabel) && name.substr(kChallengeLabel.size()) == ordered;
}

}  // namespace

absl::StatusOr<TxtRequest> read_txt_request(std::string_view body,
                                            const std::vector<std::string>& names) {
  const json object = json::parse(body, nullptr, /*allow_exceptions=*/false);
  TxtRequest request{base::normal_dns_name(text_in(object, "fqdn")), text_in(object, "value")};
  if (request.name.empty() || !is_proof(request.value)) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "not a request for the TXT record of a challenge");
  }
  const bool is_ours = std::any_of(names.begin(), names.end(), [&](const std::string& ordered) {
    return is_challenge_for(request.name, ordered);
  });
  if (!is_ours) {
    return base::error(absl::StatusCode::kPermissionDenied,
                       "{} is not the challenge of a name that is ordered",
                       base::quoted(request.name));
  }
  return request;
}

}  // namespace mex::certificates
