#include "agent/secret_variable.h"

#include "agent/process.h"

namespace mex::agent {

absl::StatusOr<base::Secret> secret_variable(std::initializer_list<const char*> names,
                                             base::SecretKind kind) {
  for (const char* name : names) {
    const base::Secret value(environment_variable(name));
    if (!value.empty()) return base::parse_secret(value.reveal(), kind, name);
  }
  return base::Secret();
}

}  // namespace mex::agent
