#pragma once

#include <string>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace mex::api {

// The wire form of a status: code and message, and base::ErrorDetail as google.rpc.BadRequest,
// PreconditionFailure and RequestInfo.
google::rpc::Status to_rpc_status(const absl::Status& status);

// HTTP's status for a gRPC code, google/rpc/code.proto's table.
int http_status_of(int code);

// The body of an error over REST, in the original's form:
// {"error":…,"message":…,"code":…,"details":[…]}.
std::string error_json(const google::rpc::Status& status);

}  // namespace mex::api
