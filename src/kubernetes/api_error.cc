#include "kubernetes/api_error.h"

#include <algorithm>
#include <string>

#include "base/status.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

absl::StatusCode code_for(int http_status, std::string_view reason) {
  switch (http_status) {
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 405:
    case 406:
    case 501:
      return absl::StatusCode::kUnimplemented;
    case 409:
      return reason == "AlreadyExists" ? absl::StatusCode::kAlreadyExists
                                       : absl::StatusCode::kAborted;
    case 410:
      return absl::StatusCode::kOutOfRange;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    case 502:
    case 503:
    case 504:
      return absl::StatusCode::kUnavailable;
    default:
      return http_status >= 400 && http_status < 500 ? absl::StatusCode::kInvalidArgument
                                                     : absl::StatusCode::kInternal;
  }
}

// Some answers are no Status but plain text, and some plain text is a page.
std::string first_line(std::string_view text) {
  constexpr std::size_t kMaxText = 300;
  std::string line(text.substr(0, std::min(text.find('\n'), kMaxText)));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return line;
}

// Some messages are only half of it: which budget keeps a pod from being evicted stands in a cause.
std::string message_with_causes(const nlohmann::json& status) {
  constexpr std::size_t kMaxText = 1000;
  std::string text = text_at(status, "message");
  const nlohmann::json& causes = member(member(status, "details"), "causes");
  if (!causes.is_array()) return text;
  for (const nlohmann::json& cause : causes) {
    const std::string message = text_at(cause, "message");
    if (text.size() > kMaxText) break;
    if (text.find(message) == std::string::npos) text += " " + first_line(message);
  }
  return text;
}

absl::Status make_error(std::string_view what, int http_status, std::string_view reason,
                        std::string_view message) {
  const absl::Status status =
      base::error(code_for(http_status, reason), "{}: {} (HTTP {}{}{})", what,
                  message.empty() ? "the API server gives no reason" : message, http_status,
                  reason.empty() ? "" : " ", reason);
  return base::with_detail(status,
                           {.field = {}, .request_id = {}, .cloud_code = std::string(reason)});
}

}  // namespace

absl::Status error_from_status(std::string_view what, const nlohmann::json& status) {
  return make_error(what, static_cast<int>(number_at(status, "code")), text_at(status, "reason"),
                    message_with_causes(status));
}

absl::Status error_from_response(std::string_view what, const http_client::Response& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (text_at(body, "kind") == "Status") {
    return make_error(what, response.status, text_at(body, "reason"), message_with_causes(body));
  }
  return make_error(what, response.status, "", first_line(response.body));
}

}  // namespace mex::kubernetes
