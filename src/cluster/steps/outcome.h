#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/plan/discovered.h"
#include "cluster/records/inventory.h"

namespace mex::cluster {

// What one attempt at a step led to.
struct Outcome {
  absl::Status status;
  bool not_seen = false;  // nothing was seen of it, and it may not be repeated yet
  // The cloud is at work on it; `status` says at what, as an error. It is looked at again soon.
  bool is_under_way = false;
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

// The addresses of the cluster's subnet are used where it is to be attached: another attempt, as
// long as nothing was made, takes another subnet.
inline constexpr const char* kSubnetInUse = "SubnetInUse";

// The first IPv4 address: nodes and routers are reached over IPv4, whatever else they have. Empty
// if there is none.
inline std::string first_ipv4(const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    if (base::parse_ipv4(address)) return address;
  }
  return {};
}

// A refusal by this agent, with a code that programs can tell from others.
inline absl::Status refusal(absl::StatusCode code, std::string_view message,
                            const char* cloud_code) {
  return base::with_detail(base::error(code, "{}", message),
                           {.field = {}, .request_id = {}, .cloud_code = cloud_code});
}

// What was chosen for the cluster is no longer there. `status` is the answer to the call for its
// id; others than NotFound stay as they are. `next` is what a person can do.
inline absl::Status gone_if_missing(const absl::Status& status, std::string_view what,
                                    const CloudReference& chosen, const char* cloud_code,
                                    std::string next) {
  if (!absl::IsNotFound(status)) return status;
  return base::with_detail(
      base::error(absl::StatusCode::kNotFound,
                  "{} {}: the cluster was made with it, and it is no longer there", what,
                  to_string(chosen)),
      {.field = {},
       .request_id = base::detail_of(status).request_id,
       .cloud_code = cloud_code,
       .next = std::move(next)});
}

inline absl::Status with_code_if_missing(const absl::Status& status, const char* cloud_code) {
  if (!absl::IsNotFound(status)) return status;
  return base::with_detail(status, {.field = {}, .request_id = {}, .cloud_code = cloud_code});
}

}  // namespace mex::cluster
