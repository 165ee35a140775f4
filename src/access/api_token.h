#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/secret.h"

namespace mex::access {

// The token in `<state_dir>/api.token`, made at first use: 64 hexadecimal digits, mode 0600.
// FailedPrecondition for a file that others may read, or without a token of at least 16 characters
// in it; other errors name the file, too.
absl::StatusOr<base::Secret> load_or_make_token(const std::string& state_dir);

// A file that no one else may read or write: FailedPrecondition where others may, NotFound where
// there is none.
absl::StatusOr<base::Secret> read_private_file(const std::string& path);

}  // namespace mex::access
