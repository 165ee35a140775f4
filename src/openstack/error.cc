#include "openstack/error.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/cord.h"
#include "base/status.h"
#include "openstack/error_body.h"
#include "openstack/retry.h"

namespace mex::openstack {
namespace {

constexpr absl::string_view kUnknownOutcomeUrl = "mexosagent/outcome-unknown";

bool is_quota_error(int http_status, const ErrorBody& body) {
  switch (http_status) {
    case 413:  // Nova's OverLimit, where it is not its rate limit
      return true;
    case 403:  // Nova: {"forbidden": {"message": "Quota exceeded for …"}}
      return body.message.starts_with("Quota exceeded") || body.message.starts_with("Quota limit");
    case 409:  // Neutron
      return body.type == "OverQuota";
    default:
      return false;
  }
}

absl::StatusCode code_for(const http_client::Response& response, const ErrorBody& body) {
  const int http_status = response.status;
  if (is_rate_limit(response)) return absl::StatusCode::kUnavailable;
  if (is_quota_error(http_status, body)) return absl::StatusCode::kResourceExhausted;
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
    case 412:
      return absl::StatusCode::kFailedPrecondition;
    case 429:
    case 502:
    case 503:
    case 504:
      return absl::StatusCode::kUnavailable;
    default:
      return http_status < 500 ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kInternal;
  }
}

}  // namespace

bool outcome_unknown(const absl::Status& status) {
  return status.GetPayload(kUnknownOutcomeUrl).has_value();
}

absl::Status with_unknown_outcome(absl::Status status) {
  status.SetPayload(kUnknownOutcomeUrl, absl::Cord("1"));
  return status;
}

bool is_transient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsInternal(status);
}

std::string_view request_id_of(const http_client::Response& response) {
  const std::string_view id = response.header("x-openstack-request-id");
  return id.empty() ? response.header("x-compute-request-id") : id;
}

absl::Status error_from_response(std::string_view what, const http_client::Response& response) {
  const ErrorBody body = read_error_body(response.body);
  const std::string reason =
      body.message.empty() ? std::string() : fmt::format(": {}", body.message);
  const std::string type = body.type.empty() ? std::string() : fmt::format(" {}", body.type);
  return base::with_detail(
      base::error(code_for(response, body), "{}{} (HTTP {}{})", what, reason, response.status,
                  type),
      {.field = {}, .request_id = std::string(request_id_of(response)), .cloud_code = body.type});
}

}  // namespace mex::openstack
