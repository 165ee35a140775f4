#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mex::api {

// Something that the agent needs in order to serve, and whether it is there.
struct ReadinessPart {
  std::string name;
  absl::Status status;
  // Without it the agent serves nothing; a part that only some of its work needs is shown, and does
  // not take the rest out of use.
  bool is_required = true;
};

// Called at every /readyz, on the API's shard: thread-safe and quick.
using Readiness = std::function<std::vector<ReadinessPart>()>;

// The text of /readyz: one line for each part, "ok" or what is wrong.
struct ReadinessReport {
  bool ready = true;
  std::string text;
};
ReadinessReport report(const std::vector<ReadinessPart>& parts);

}  // namespace mex::api
