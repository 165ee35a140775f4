#pragma once

// Cluster flavors as messages of the API, both ways.

#include "absl/status/statusor.h"
#include "cluster/flavor/record.h"
#include "mexosagent/v1/flavors.pb.h"

namespace mex::api {

::mexosagent::v1::Flavor to_proto(const cluster::FlavorRecord& record);

// What is not given has its default; what the agent gives itself (revision, times) is not looked
// at. InvalidArgument if an enum has a number that is none of its values; the rest is for
// cluster::check_flavor to judge.
absl::StatusOr<cluster::ClusterFlavor> flavor_of(const ::mexosagent::v1::Flavor& message);

}  // namespace mex::api
