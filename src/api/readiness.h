#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mex::api {

// One thing the agent needs in order to serve, and whether it has it.
struct ReadinessPart {
  std::string name;
  absl::Status status;
};

// Asked at every /readyz, on the API's shard: thread-safe and quick.
using Readiness = std::function<std::vector<ReadinessPart>()>;

// The text of /readyz: one line for each part, "ok" or what is wrong.
struct ReadinessReport {
  bool ready = true;
  std::string text;
};
ReadinessReport report(const std::vector<ReadinessPart>& parts);

}  // namespace mex::api
