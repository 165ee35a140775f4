#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kubernetes/client.h"
#include "kubernetes/version.h"

namespace mex::kubernetes {

struct Health {
  bool ready = false;
  // What says that it is not: "poststarthook/rbac/bootstrap-roles: reason withheld". The server's
  // own words, or the status code if it has none.
  std::vector<std::string> failing;
};

// /readyz?verbose. An answer of "not ready" is no error; no answer is.
absl::StatusOr<Health> read_health(Client& client, const base::CallLimits& limits);

// The same in two parts: the call, and what its answer means.
ApiCall health_call();
absl::StatusOr<Health> health_from_response(const http_client::Response& response);

absl::StatusOr<Version> read_version(Client& client, const base::CallLimits& limits);

}  // namespace mex::kubernetes
