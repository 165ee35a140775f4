#include "cluster/records/owned_resource.h"

#include <fmt/format.h>

#include <string>
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

std::optional<OwnedResource> OwnedResource::prove_orphan(const ObservedResource& seen,
                                                         std::string_view cluster_id) {
  const std::string id_in_name = fmt::format("-{}-", cluster_id);
  const std::size_t at = seen.name.find(id_in_name);
  if (!seen.is_marked || cluster_id.empty() || at == std::string::npos) return std::nullopt;
  const bool is_of_a_node = seen.kind == ResourceKind::Server || seen.kind == ResourceKind::Port ||
                            seen.kind == ResourceKind::Volume;
  return OwnedResource(
      {seen.kind, is_of_a_node ? seen.name.substr(at + id_in_name.size()) : std::string()},
      seen.id);
}

}  // namespace mex::cluster
