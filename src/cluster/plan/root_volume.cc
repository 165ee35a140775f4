#include "cluster/plan/root_volume.h"

#include <algorithm>
#include <cstdint>

#include "base/status.h"

namespace mex::cluster {
namespace {

// Room for the images of Kubernetes and of some workloads besides the system.
constexpr std::int64_t kLeastGib = 20;

std::int64_t needed_gib(const openstack::Image& image) {
  constexpr std::int64_t kGib = std::int64_t{1} << 30U;
  const std::int64_t unpacked = image.bytes / kGib + (image.bytes % kGib > 0 ? 1 : 0);
  return std::max(image.min_disk_gib, unpacked);
}

}  // namespace

bool asks_for_volume(const NodeShape& shape) {
  return shape.root_volume_gib > 0 || !shape.root_volume_type.empty();
}

absl::StatusOr<std::optional<openstack::RootVolume>> root_volume(const NodeShape& shape,
                                                                 const openstack::Image& image,
                                                                 const openstack::Flavor& flavor,
                                                                 bool cloud_has_volumes) {
  const bool is_needed = flavor.disk_gib == 0 && cloud_has_volumes;
  if (!asks_for_volume(shape) && !is_needed) return std::nullopt;
  openstack::RootVolume volume{.size_gib = shape.root_volume_gib, .type = shape.root_volume_type};
  const std::int64_t needed = needed_gib(image);
  if (volume.size_gib == 0) {
    volume.size_gib = std::max({kLeastGib, needed, flavor.disk_gib});
  }
  if (volume.size_gib >= needed) return volume;
  return base::with_detail(
      base::error(absl::StatusCode::kFailedPrecondition,
                  "image {}: needs a disk of {} GiB, the cluster flavor has root_volume_gib {}",
                  image.name, needed, shape.root_volume_gib),
      {.field = {}, .request_id = {}, .cloud_code = "ImageUnusable"});
}

openstack::NewVolume new_volume(const ClusterSpec& spec, const Owner& owner, const NodeSpec& node,
                                const openstack::NewServer& server,
                                const std::vector<std::string>& zones) {
  const bool has_zone = std::find(zones.begin(), zones.end(), node.zone) != zones.end();
  return {.name = resource_name(spec.name, owner.cluster_id, {ResourceKind::Volume, node.slot}),
          .description = mark_of(owner),
          .image_id = server.image_id,
          .size_gib = server.root_volume->size_gib,
          .type = server.root_volume->type,
          .availability_zone = has_zone ? node.zone : std::string(),
          .metadata = {{"mexosagent", "1"},
                       {"mex:agent", owner.agent_id},
                       {"mex:cluster", owner.cluster_id},
                       {"mex:name", spec.name},
                       {"mex:slot", node.slot},
                       {"mex:tenant", spec.tenant}}};
}

}  // namespace mex::cluster
