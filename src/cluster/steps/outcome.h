#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "base/status.h"
#include "cluster/plan/discovered.h"
#include "cluster/records/inventory.h"

namespace mex::cluster {

// What one attempt at a step led to.
struct Outcome {
  absl::Status status;
  bool not_seen = false;  // nothing was seen of it, and it may not be repeated yet
  // What was to be removed because it was broken is not: nothing was done to it.
  bool has_recovered = false;
  ResourceIds made;                              // made or found
  std::map<std::string, std::string> addresses;  // of ports, by slot
  std::string resource_id;                       // for people, where `made` does not say it
  std::string request_id;                        // of the last answer
  std::function<void(Discovered&)> apply_to;     // null if nothing was learnt
};

inline Outcome failure(absl::Status status) {
  Outcome outcome;
  outcome.status = std::move(status);
  return outcome;
}

template <typename Apply>
Outcome found(std::string resource_id, Apply apply_to) {
  Outcome outcome;
  outcome.resource_id = std::move(resource_id);
  outcome.apply_to = std::move(apply_to);
  return outcome;
}

// A refusal by this agent, with a code that programs can tell from others.
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
