#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "base/status.h"
#include "cluster/steps/perform.h"

// Outcomes of perform(), put together.
namespace mex::cluster {

inline Outcome failure(absl::Status status) {
  Outcome outcome;
  outcome.status = std::move(status);
  return outcome;
}

template <typename Learn>
Outcome found(std::string resource_id, Learn apply_to) {
  Outcome outcome;
  outcome.resource_id = std::move(resource_id);
  outcome.apply_to = std::move(apply_to);
  return outcome;
}

// A refusal of ours, with a code that programs can tell from others.
inline absl::Status refusal(absl::StatusCode code, std::string_view message,
                            const char* cloud_code) {
  return base::with_detail(base::error(code, "{}", message),
                           {.field = {}, .request_id = {}, .cloud_code = cloud_code});
}

inline absl::Status with_code_if_missing(const absl::Status& status, const char* cloud_code) {
  if (!absl::IsNotFound(status)) return status;
  return base::with_detail(status, {.field = {}, .request_id = {}, .cloud_code = cloud_code});
}

}  // namespace mex::cluster
