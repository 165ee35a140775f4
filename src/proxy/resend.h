#pragma once

#include <cstdint>

#include "http/method.h"
#include "proxy/upstream/origin_error.h"

namespace mex::proxy {

// How far a request had got when its origin failed.
struct FailedAttempt {
  http::Method method = http::Method::Get;
  bool is_answered = false;  // the client has got the head of an answer
  bool is_sent = false;      // the request's head was handed to the connection
  bool is_body_sent = false;
  bool is_body_to_come = false;
  bool is_connection_reused = false;
  bool has_response_begun = false;
};

// A kept connection may have been closed by the origin while the request was on its way. Sending it
// again is safe if it can be repeated, or if the origin cannot have acted on it because the body is
// still to come (RFC 9110 section 9.2.2).
inline bool is_stale_connection(const FailedAttempt& attempt) {
  if (attempt.is_answered || !attempt.is_sent || attempt.is_body_sent) return false;
  if (!attempt.is_connection_reused || attempt.has_response_begun) return false;
  return attempt.is_body_to_come || http::is_idempotent(attempt.method);
}

// No byte has left: whatever the request is, the origin cannot have acted on it.
inline bool is_unsent(const FailedAttempt& attempt) {
  return !attempt.is_answered && !attempt.is_sent;
}

// Nothing but the head has left of a request that may be repeated.
inline bool is_repeatable(const FailedAttempt& attempt) {
  return !attempt.is_answered && !attempt.is_body_sent && http::is_idempotent(attempt.method);
}

// The origin says that it has not acted on it, whatever the request is (RFC 9113 section 8.7); what
// has been sent of its body is not there any more.
inline bool is_refused(upstream::OriginFault fault, const FailedAttempt& attempt) {
  return fault == upstream::OriginFault::Refused && !attempt.is_answered && !attempt.is_body_sent;
}

// The connection broke before an answer to such a request. An origin that is silent may still be
// working on it: that one is not asked for twice.
inline bool is_repeatable_after(upstream::OriginFault fault, const FailedAttempt& attempt) {
  const bool is_broken = fault == upstream::OriginFault::Broken ||
                         fault == upstream::OriginFault::ClosedEarly ||
                         fault == upstream::OriginFault::StreamReset;
  return is_broken && !attempt.has_response_begun && is_repeatable(attempt);
}

}  // namespace mex::proxy
