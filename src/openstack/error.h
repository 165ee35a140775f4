#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "http_client/client.h"

namespace mex::openstack {

// Every error of this folder is an absl::Status whose message is one line for the operator, with
// base::ErrorDetail attached where the cloud answered: its request id and its own error type
// ("OverQuota", "itemNotFound"). Codes:
//
//   InvalidArgument     400: the cloud does not accept the request
//   Unauthenticated     401: the credentials are refused, also after a new token
//   PermissionDenied    403
//   ResourceExhausted   quota: Nova's 403 and 413, Neutron's 409 OverQuota, Cinder's 413
//   NotFound            404
//   FailedPrecondition  409 and 412, certificates, missing endpoints, ambiguous names, settings
//   Unimplemented       405, 406, 501: the cloud is too old or lacks the extension
//   Unavailable         429, 413 with Retry-After (a rate limit), 502, 503, 504, no connection,
//   connection lost Internal            other 5xx, and answers that are not what the API promises
//   DeadlineExceeded, Cancelled: the limits of the CallContext
//
// A definite refusal leaves the cloud as it was. Where a request that changes something went out
// and its fate is not known (the answer was lost, came too late, could not be read, or was a 5xx),
// the status is marked, and the caller must look before it repeats the call.

// True if the failed call may nevertheless have taken effect, now or a little later.
bool outcome_unknown(const absl::Status& status);

// The same status with that mark.
absl::Status with_unknown_outcome(absl::Status status);

// True if the same call can be expected to succeed later without anybody changing it (Unavailable,
// DeadlineExceeded, Internal). Says nothing about whether repeating is safe: see outcome_unknown.
bool is_transient(const absl::Status& status);

// The status for an answer with a status code of 400 or above. Reads the error bodies of Keystone,
// Nova, Neutron and Glance, and shortens HTML and anything else to one line. `what` names the call:
// "create server demo-1". Does not judge whether the outcome is known.
absl::Status error_from_response(std::string_view what, const http_client::Response& response);

// The request id of an answer ("req-…"), or "".
std::string_view request_id_of(const http_client::Response& response);

}  // namespace mex::openstack
