#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/secret.h"

namespace mex::access {

// The token in `<state_dir>/api.token`, made at first use: 64 hexadecimal digits, mode 0600.
// FailedPrecondition if others may read the file or it holds no token.
absl::StatusOr<base::Secret> load_or_make_token(const std::string& state_dir);

}  // namespace mex::access
