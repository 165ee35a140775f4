#pragma once

#include <initializer_list>

#include "absl/status/statusor.h"
#include "base/secret.h"
#include "base/secret_text.h"

namespace mex::agent {

// What the first of these variables holds that is set and not empty, judged as base::parse_secret
// does; empty if none is. InvalidArgument names the variable.
absl::StatusOr<base::Secret> secret_variable(std::initializer_list<const char*> names,
                                             base::SecretKind kind);

}  // namespace mex::agent
