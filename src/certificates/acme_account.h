#pragma once

#include <string>

#include "absl/status/status.h"
#include "base/call_limits.h"
#include "certificates/acme_options.h"

namespace mex::certificates {

// As lego names the directory of an authority: host and port of any of its URLs.
std::string authority_directory_name(const std::string& url);

// Where lego looks for the account of these options.
std::string account_directory(const AcmeOptions& options);
// Whether one is registered there.
bool has_account(const AcmeOptions& options);

// Registers an account that is bound to the external one of the options (RFC 8555 sections 7.3 and
// 7.3.4) and leaves it for lego to go on with. lego could do it, too; but it takes the external
// account's key as an argument only, which every user of the machine can read while it runs.
//
// Blocks within the limits. May be repeated, whatever became of it: the account's
// key is kept first, and the same key is the same account. Errors are the authority's own words:
//   InvalidArgument     the external key is not base64
//   ResourceExhausted   it limits the rate
//   FailedPrecondition  it refuses
//   Unavailable, DeadlineExceeded, Cancelled
//   Internal            what it says is not ACME
absl::Status register_bound_account(const AcmeOptions& options, const base::CallLimits& limits);

}  // namespace mex::certificates
