#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/call_limits.h"

namespace mex::kubernetes {

// The text of a manifest at an absolute path or an http(s) URL; at most 8 MiB.
//   FailedPrecondition  the file cannot be read, the server says that there is none, or it cannot
//                       be trusted
//   Unavailable         the server does not answer, or not now
// Other errors are those of http_client::Client::send.
absl::StatusOr<std::string> read_manifest(const std::string& source,
                                          const base::CallLimits& limits);

}  // namespace mex::kubernetes
