#include "cluster/records/owned_resource.h"

#include <utility>

namespace mex::cluster {

OwnedResource::OwnedResource(ResourceKey key, std::string id)
    : key_(std::move(key)), id_(std::move(id)) {}

std::optional<OwnedResource> OwnedResource::prove(const ObservedResource& seen,
                                                  const ResourceIds& journal,
                                                  const ClusterSpec& spec,
                                                  std::string_view cluster_id) {
  if (!seen.is_marked) return std::nullopt;
  auto key = place_of(seen, journal, spec, cluster_id);
  if (!key) return std::nullopt;
  return OwnedResource(*std::move(key), seen.id);
}

}  // namespace mex::cluster
