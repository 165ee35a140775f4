#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "absl/status/status.h"
#include "http_client/client.h"

namespace mex::kubernetes {

// Errors of an API server as absl::Status: one line for the operator with the server's own message,
// and its reason ("AlreadyExists") as base::ErrorDetail::cloud_code. Codes:
//
//   InvalidArgument     400, 413, 415, 422
//   Unauthenticated     401
//   PermissionDenied    403
//   NotFound            404
//   Aborted             409: the object changed meanwhile; read it again
//   AlreadyExists       409 of that reason
//   OutOfRange          410: the resource version is too old; list again
//   ResourceExhausted   429: too many requests; for an eviction, a disruption budget says no
//   Unimplemented       405, 406, 501
//   Unavailable         502, 503, 504
//   Internal            other 5xx, and answers that are not what the API promises
//
// `what` names the call: "list nodes".
absl::Status error_from_response(std::string_view what, const http_client::Response& response);

// The same for a Status object, as it comes in a watch.
absl::Status error_from_status(std::string_view what, const nlohmann::json& status);

}  // namespace mex::kubernetes
