#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cluster/flavor/flavor.h"
#include "cluster/spec/resource.h"
#include "cluster/spec/spec.h"
#include "openstack/cinder.h"
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

// What Cinder is asked for, so that the server may boot from it. `zones` are Cinder's: a cloud may
// refuse to attach volumes of another zone than the server's, and they may have other names in
// Cinder than in Nova.
openstack::NewVolume new_volume(const ClusterSpec& spec, const Owner& owner, const NodeSpec& node,
                                const openstack::NewServer& server,
                                const std::vector<std::string>& zones);

}  // namespace mex::cluster
