#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/records/inventory.h"

namespace mex::cluster {

// A resource that may be removed, because both proofs of ownership were read: the mark that the
// resource itself carries, and the cluster's journal. prove() is the only way to make one, and a
// removal is made of nothing else (plan/action.h), so that no path of the program removes what was
// only heard of.
class OwnedResource {
 public:
  // `seen` is the resource as the running operation has read it. The journal proves it by its id
  // or, where the answer with the id was lost, by a name that only this cluster
  // gives: it has the cluster's random id in it. Nothing if a proof is missing.
  static std::optional<OwnedResource> prove(const ObservedResource& seen,
                                            const ResourceIds& journal, const ClusterSpec& spec,
                                            std::string_view cluster_id);

  // Of a cluster that this agent has no record of, and that a person has asked to be removed: the
  // mark, and a name with the cluster's random id in it.
  static std::optional<OwnedResource> prove_orphan(const ObservedResource& seen,
                                                   std::string_view cluster_id);

  const ResourceKey& key() const { return key_; }
  const std::string& id() const { return id_; }

  auto operator<=>(const OwnedResource&) const = default;

 private:
  OwnedResource(ResourceKey key, std::string id);

  ResourceKey key_;
  std::string id_;
};

using OwnedResources = std::map<ResourceKey, OwnedResource>;

}  // namespace mex::cluster
