#include "cluster/steps/tags.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status.h"
#include "cluster/steps/inventory.h"
#include "cluster/steps/make_once.h"

namespace mex::cluster {
namespace {

using openstack::CallContext;
using Tags = std::vector<std::string>;

absl::StatusOr<Tags> read_tags(Cloud& cloud, ResourceKind kind, const std::string& id,
                               const CallContext& context) {
  return get_resource(cloud, kind, id, context, [](const auto& resource) -> absl::StatusOr<Tags> {
    if (!resource.ok()) return resource.status();
    if constexpr (requires { resource->tags; }) return resource->tags;
    return Tags();  // server groups have none
  });
}

absl::Status write_tags(Cloud& cloud, ResourceKind kind, const std::string& id, const Tags& tags,
                        const CallContext& context) {
  using Taggable = openstack::Neutron::Taggable;
  switch (kind) {
    case ResourceKind::Network:
      return cloud.neutron.replace_tags(Taggable::Network, id, tags, context);
    case ResourceKind::Subnet:
      return cloud.neutron.replace_tags(Taggable::Subnet, id, tags, context);
    case ResourceKind::Router:
      return cloud.neutron.replace_tags(Taggable::Router, id, tags, context);
    case ResourceKind::SecurityGroup:
      return cloud.neutron.replace_tags(Taggable::SecurityGroup, id, tags, context);
    case ResourceKind::Port:
      return cloud.neutron.replace_tags(Taggable::Port, id, tags, context);
    case ResourceKind::Server:
      return cloud.nova.replace_server_tags(id, tags, context);
    case ResourceKind::ServerGroup:
    case ResourceKind::Volume:
      break;
  }
  return absl::InternalError("server groups and volumes have no tags");
}

}  // namespace

Outcome perform(Cloud& cloud, const TagResource& tag, const Attempt& attempt,
                const CallContext& context) {
  const ResourceKind kind = tag.key.kind;
  const std::string& id = id_at(attempt, kind, tag.key.node);
  Tags tags = tag.tags;
  if (tag.keeps_others) {
    auto present = read_tags(cloud, kind, id, context);
    if (!present.ok()) return failure(present.status());
    const auto is_present = [&](const std::string& one) {
      return std::find(present->begin(), present->end(), one) != present->end();
    };
    if (std::all_of(tags.begin(), tags.end(), is_present)) return {};
    std::erase_if(tags, is_present);
    tags.insert(tags.begin(), present->begin(), present->end());
  }
  Outcome outcome;
  outcome.status = write_tags(cloud, kind, id, tags, context);
  return outcome;
}

}  // namespace mex::cluster
