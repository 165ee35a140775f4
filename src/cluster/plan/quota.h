#pragma once

#include "absl/status/status.h"
#include "cluster/plan/discovered.h"
#include "cluster/plan/plan.h"
#include "cluster/spec/spec.h"

namespace mex::cluster {

// Whether the project's quotas hold what the plan still has to make. ResourceExhausted names every
// shortage at once: "quota: instances: 3 needed, 1 of 10 left; cores: …".
absl::Status check_quota(const Plan& plan, const ClusterSpec& spec, const Discovered& discovered);

}  // namespace mex::cluster
