#include "api/rpc_status.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <string_view>

#include "base/json_text.h"
#include "base/status.h"
#include "google/rpc/error_details.pb.h"

namespace mex::api {

google::rpc::Status to_rpc_status(const absl::Status& status) {
  google::rpc::Status wire;
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(std::string(base::message_of(status)));
  const base::ErrorDetail detail = base::detail_of(status);
  if (!detail.field.empty()) {
    google::rpc::BadRequest bad_request;
    auto& violation = *bad_request.add_field_violations();
    violation.set_field(detail.field);
    violation.set_description(wire.message());
    wire.add_details()->PackFrom(bad_request);
  }
  if (!detail.cloud_code.empty()) {
    google::rpc::PreconditionFailure failure;
    auto& violation = *failure.add_violations();
    violation.set_type(detail.cloud_code);
    violation.set_subject("openstack");
    violation.set_description(wire.message());
    wire.add_details()->PackFrom(failure);
  }
  if (!detail.request_id.empty()) {
    google::rpc::RequestInfo info;
    info.set_request_id(detail.request_id);
    wire.add_details()->PackFrom(info);
  }
  return wire;
}

int http_status_of(int code) {
  switch (static_cast<absl::StatusCode>(code)) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

std::string error_json(const google::rpc::Status& status) {
  std::string json = R"({"error":)";
  base::append_json_string(json, status.message());
  json += R"(,"message":)";
  base::append_json_string(json, status.message());
  json += fmt::format(R"(,"code":{})", status.code());
  std::string_view separator = R"(,"details":[)";
  for (const auto& detail : status.details()) {
    std::string text;
    // A detail of a type that is not linked in has no JSON form; the others are still sent.
    if (!google::protobuf::util::MessageToJsonString(detail, &text).ok()) continue;
    json += separator;
    json += text;
    separator = ",";
  }
  if (separator == ",") json += ']';
  json += '}';
  return json;
}

}  // namespace mex::api
