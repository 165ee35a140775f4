#pragma once

#include <fmt/format.h>

#include <utility>

#include "absl/status/status.h"
#include "base/status.h"

namespace mex::agent {

// InvalidArgument in the words given, which begin with the flag: "-dns: must be …".
template <typename... Args>
absl::Status flag_error(fmt::format_string<Args...> format, Args&&... args) {
  return base::error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

}  // namespace mex::agent
