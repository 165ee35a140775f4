#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "agent/options.h"

// `mexosagent -backup FILE` and `mexosagent -restore FILE`: what was done, as a line for people.
namespace mex::agent {

absl::StatusOr<std::string> back_up(const Options& options);
absl::StatusOr<std::string> restore(const Options& options);

}  // namespace mex::agent
