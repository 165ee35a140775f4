#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cluster/plan/discovered.h"
#include "cluster/plan/plan.h"
#include "cluster/records/inventory.h"
#include "cluster/records/records.h"
#include "cluster/spec/resource.h"
#include "cluster/spec/spec.h"

// The way from a specification to a running cluster. Pure.
namespace mex::cluster {

// How servers that are made anew go, by their places.
using BrokenServers = std::map<ResourceKey, Remove>;

struct CreateInput {
  const ClusterSpec& spec;
  const Owner& owner;
  const Discovered& discovered;
  const std::string&
      user_data;  // of unmanaged servers; the others' is made when they are asked for
  const std::map<std::string, std::string>& addresses;  // of present ports, by slot
  bool is_gateway_known = false;
  const ResourceIds& present;   // what is there and counts: not made again
  const BrokenServers& broken;  // removed, and made again in their places
  // Volumes that another server has booted from, or that Cinder could not make: removed, and made
  // again where they are needed.
  const OwnedResources& stale_volumes;
  bool check_existing = false;  // something else may be there too (see PlannedStep)
};

// What a cluster that is there becomes: nodes come and go, all others are left alone.
struct UpdateInput {
  CreateInput create;
  const std::vector<std::string>& joining;  // slots
  const std::vector<NodeSpec>& leaving;
  const OwnedResources& owned;               // what may be removed: servers and ports of `leaving`
  const std::vector<std::string>& cordoned;  // slots that were drained
  const std::vector<Restoration>& restoring;
  const std::vector<std::string>& renewing;  // slots whose nodes are to renew their certificates
};

// The look-ups, all but the login independent of each other: one for each image and Nova flavor
// that some node has; by id where one was chosen before. `with_inventory` when an earlier attempt
// may have left something.
std::vector<PlannedStep> plan_create_discovery(const ClusterSpec& spec,
                                               const CloudReferences& references,
                                               bool with_inventory);

// `input.discovered` is what those look-ups found. Refuses what cannot work before anything is
// made: an image that is too large for the flavor, an inactive image, quotas that lack something
// (ResourceExhausted, every shortage named).
absl::StatusOr<Plan> plan_create(const CreateInput& input);

// The same for the nodes that come; nothing is looked up of what they stand on.
std::vector<PlannedStep> plan_update_discovery(const ClusterSpec& spec,
                                               const CloudReferences& references,
                                               const std::vector<std::string>& joining);
absl::StatusOr<Plan> plan_update(const UpdateInput& input);

}  // namespace mex::cluster
