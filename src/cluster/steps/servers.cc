#include "cluster/steps/servers.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/status.h"
#include "cluster/steps/make_once.h"

namespace mex::cluster {

Outcome perform(Cloud& cloud, const CreateServerGroup& create, const Attempt& attempt,
                const openstack::CallContext& context) {
  const auto find = [&]() -> absl::StatusOr<std::optional<std::string>> {
    MEX_ASSIGN_OR_RETURN(auto groups, cloud.nova.list_server_groups(context));
    const auto is_other = [&](const openstack::ServerGroup& group) {
      return group.name != create.body.name || group.policy != create.body.policy;
    };
    groups.erase(std::remove_if(groups.begin(), groups.end(), is_other), groups.end());
    return first_id(groups);
  };
  return make_once({ResourceKind::ServerGroup, create.group}, attempt, find,
                   [&] { return cloud.nova.create_server_group(create.body, context); });
}

Outcome perform(Cloud& cloud, const CreateServer& create, const Attempt& attempt,
                const openstack::CallContext& context) {
  openstack::NewServer body = create.body;
  body.port_ids = {id_at(attempt, ResourceKind::Port, create.slot)};
  if (!create.group.empty()) {
    body.server_group_id = id_at(attempt, ResourceKind::ServerGroup, create.group);
  }
  if (body.root_volume) body.root_volume->id = id_at(attempt, ResourceKind::Volume, create.slot);
  openstack::ServerFilter ours;
  ours.name = body.name;
  ours.tags = {agent_tag(attempt.owner.agent_id), cluster_tag(attempt.owner.cluster_id)};
  return make_once(
      {ResourceKind::Server, create.slot}, attempt,
      [&] { return first_of(cloud.nova.list_servers(ours, context)); },
      [&] { return cloud.nova.create_server(body, context); });
}

}  // namespace mex::cluster
