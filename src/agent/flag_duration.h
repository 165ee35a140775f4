#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::agent {

// A flag's value like "90s", "5m", "1h30m", "1d", or plain seconds "90". InvalidArgument names the
// flag and both limits.
absl::StatusOr<std::chrono::seconds> duration_of(std::string_view flag, const std::string& text,
                                                 std::chrono::seconds least,
                                                 std::chrono::seconds most);

}  // namespace mex::agent
