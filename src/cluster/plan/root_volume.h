#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "cluster/flavor/flavor.h"
#include "openstack/glance.h"
#include "openstack/nova.h"

// What a server boots from. Pure.
namespace mex::cluster {

// The flavor asks for volumes, whatever disk the Nova flavor has.
bool asks_for_volume(const NodeShape& shape);

// The volume that a server of this shape, image and Nova flavor boots from; nothing if that is a
// disk of its compute host. A Nova flavor without a disk leads to a volume where the cloud has
// them.
//   FailedPrecondition  the image does not fit into the size that the flavor asks for
absl::StatusOr<std::optional<openstack::RootVolume>> root_volume(const NodeShape& shape,
                                                                 const openstack::Image& image,
                                                                 const openstack::Flavor& flavor,
                                                                 bool cloud_has_volumes);

}  // namespace mex::cluster
