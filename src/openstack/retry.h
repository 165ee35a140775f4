#pragma once

#include <chrono>
#include <optional>

#include "absl/status/statusor.h"
#include "http_client/client.h"
#include "openstack/session.h"

namespace mex::openstack {

// How one attempt of a call ended: an answer of any status code, or no answer.
using Attempt = absl::StatusOr<http_client::Response>;

// 413 with a pause: Nova's rate limit, as opposed to a quota.
bool is_rate_limit(const http_client::Response& response);

// Whether the service may have acted on the request although there is no good answer: the answer
// was lost, or it is a server error that can come after the deed. Not with 501, and not with 503
// and Retry-After, by which a service turns a request away.
bool may_have_been_done(const Attempt& attempt);

// Whether sending the request again is both safe and likely to help. Any call after an attempt that
// surely did nothing; an idempotent one after any transient failure.
bool worth_repeating(const Attempt& attempt, bool idempotent);

// The pause that the answer asks for with Retry-After in seconds (RFC 9110 section 10.2.3).
std::optional<std::chrono::milliseconds> retry_after(const Attempt& attempt);

}  // namespace mex::openstack
