#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ipv4.h"
#include "cluster/flavor/address_pool.h"
#include "cluster/flavor/platform_config.h"
#include "cluster/flavor/record.h"
#include "cluster/spec/request.h"
#include "cluster/spec/spec.h"

// From a request to a specification. Pure: no cloud, no store.
namespace mex::cluster {

// What a request is checked against and completed from.
struct AdmissionRules {
  const PlatformConfig& platform;
  const AddressPool& pool;  // the platform's
  const FlavorSet& flavors;
  std::string_view region;  // the one the agent is logged in to; empty: not said
};

// Checks every field and fills in the defaults; addresses are not yet decided. Errors are
// InvalidArgument (Unimplemented for `storage`) and name the field as "<prefix>.<field>".
absl::StatusOr<ClusterSpec> admit(const ClusterRequest& request, const AdmissionRules& rules,
                                  std::string_view prefix);

// Checks what does not depend on the platform: the names, the kind and the form of the fields. Part
// of admit().
absl::Status validate_request(const ClusterRequest& request, const FlavorSet& flavors,
                              std::string_view prefix);

// Tenant and name only, for destroy.
absl::Status check_identity(const ClusterRequest& request, std::string_view prefix);

// Decides subnet and addresses. `is_taken` says whether another cluster holds a part of an address
// block (isolated) or a single address (shared and external network).
//   ResourceExhausted   every subnet of the pool is taken
//   FailedPrecondition  the requested address or one of the platform's is taken, or nodeaddrs has
//                       too few addresses
absl::Status assign_addresses(ClusterSpec& spec, const AdmissionRules& rules,
                              const std::function<bool(const base::Ipv4Block&)>& is_taken,
                              std::string_view prefix);

// Gives `spec` the addresses that `existing`, the same cluster before, has.
void keep_addresses(ClusterSpec& spec, const ClusterSpec& existing);

// OK if every field that the request names is as the cluster has it: then the request is already
// satisfied. Otherwise AlreadyExists, naming the first difference. `rules` hold the cluster's own
// copy of its flavor; see with_own_flavor.
absl::Status check_same(const ClusterSpec& existing, const ClusterRequest& request,
                        const AdmissionRules& rules, std::string_view prefix);

// `flavors` as a cluster sees them: its own flavor is as it was when the cluster was made.
FlavorSet with_own_flavor(const FlavorSet& flavors, const ClusterSpec& spec);

}  // namespace mex::cluster
