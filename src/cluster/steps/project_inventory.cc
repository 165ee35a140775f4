#include "cluster/steps/project_inventory.h"

#include <algorithm>
#include <optional>
#include <type_traits>

#include "absl/status/status.h"
#include "base/status.h"
#include "cluster/steps/inventory.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kMaxReads = 64;

openstack::PortFilters filters_of(const openstack::Port& port) {
  return {.allowed_addresses = port.allowed_addresses,
          .security_group_ids = port.security_group_ids};
}

template <typename Resource>
ResourceSettings settings_of(const Resource& resource) {
  return {.tags = resource.tags, .filters = {}};
}

ResourceSettings settings_of(const openstack::Volume& /*volume*/) { return {}; }

ResourceSettings settings_of(const openstack::Port& port) {
  return {.tags = port.tags, .filters = filters_of(port)};
}

class ProjectReader {
 public:
  ProjectReader(Cloud& cloud, const std::string& agent_id, const openstack::CallContext& context)
      : cloud_(cloud), agent_id_(agent_id), context_(context) {}

  absl::StatusOr<ProjectInventory> read(const std::vector<ExpectedResource>& expected) {
    MEX_RETURN_IF_ERROR(read_lists());
    MEX_RETURN_IF_ERROR(read_volumes(expected));
    read_unlisted(expected);
    return std::move(seen_);
  }

 private:
  absl::Status read_lists() {
    openstack::NeutronFilter mine;
    MEX_ASSIGN_OR_RETURN(mine.project_id, cloud_.session.project_id(context_));
    openstack::Neutron& neutron = cloud_.neutron;
    MEX_ASSIGN_OR_RETURN(const auto networks, neutron.list_networks(mine, context_));
    add_all(ResourceKind::Network, networks);
    MEX_ASSIGN_OR_RETURN(const auto subnets, neutron.list_subnets(mine, context_));
    add_all(ResourceKind::Subnet, subnets);
    MEX_ASSIGN_OR_RETURN(const auto routers, neutron.list_routers(mine, context_));
    add_all(ResourceKind::Router, routers);
    MEX_ASSIGN_OR_RETURN(const auto groups, neutron.list_security_groups(mine, context_));
    add_all(ResourceKind::SecurityGroup, groups);
    MEX_ASSIGN_OR_RETURN(const auto rules, neutron.list_security_group_rules(mine, context_));
    for (const auto& rule : rules) seen_.rules[rule.security_group_id].push_back(rule);
    MEX_ASSIGN_OR_RETURN(const auto ports, neutron.list_ports(mine, context_));
    add_all(ResourceKind::Port, ports);
    for (const auto& port : ports) note_interface(port);
    openstack::ServerFilter tagged;
    tagged.tags = {agent_tag(agent_id_)};
    MEX_ASSIGN_OR_RETURN(const auto servers, cloud_.nova.list_servers(tagged, context_));
    for (const auto& server : servers) add(ResourceKind::Server, server);
    return absl::OkStatus();
  }

  // Where some cluster has any: other clouds may have no Cinder.
  absl::Status read_volumes(const std::vector<ExpectedResource>& expected) {
    const auto is_volume = [](const ExpectedResource& resource) {
      return resource.kind == ResourceKind::Volume;
    };
    if (std::none_of(expected.begin(), expected.end(), is_volume)) return absl::OkStatus();
    MEX_ASSIGN_OR_RETURN(const auto volumes, cloud_.cinder.list_volumes({}, context_));
    add_all(ResourceKind::Volume, volumes);
    return absl::OkStatus();
  }

  template <typename Resource>
  void add_all(ResourceKind kind, const std::vector<Resource>& resources) {
    for (const Resource& resource : resources) add(kind, resource);
  }

  // Once, however often the lists have it.
  template <typename Resource>
  void add(ResourceKind kind, const Resource& resource) {
    const auto owner = owner_in(resource);
    if (!owner || owner->agent_id != agent_id_) return;
    if (!seen_.settings.emplace(resource.id, settings_of(resource)).second) return;
    if (kind == ResourceKind::Server) has_seen_nova_ = true;
    if (kind != ResourceKind::Server && kind != ResourceKind::Volume) has_seen_neutron_ = true;
    ObservedResource observed{
        .kind = kind, .id = resource.id, .name = resource.name, .status = {}, .is_marked = true};
    if constexpr (requires { resource.status; }) observed.status = resource.status;
    seen_.clusters[owner->cluster_id].push_back(std::move(observed));
  }

  template <typename Resource>
  static std::optional<Owner> owner_in(const Resource& resource) {
    return owner_of(resource.description);
  }

  // People describe their servers in a dashboard: the tags say the same.
  static std::optional<Owner> owner_in(const openstack::Server& server) {
    if (auto owner = owner_of(server.description)) return owner;
    if (auto owner = owner_in_metadata(server)) return owner;
    Owner owner;
    for (const std::string& tag : server.tags) {
      if (tag.starts_with(agent_tag(""))) owner.agent_id = tag.substr(agent_tag("").size());
      if (tag.starts_with(cluster_tag(""))) owner.cluster_id = tag.substr(cluster_tag("").size());
    }
    if (owner.agent_id.empty() || owner.cluster_id.empty()) return std::nullopt;
    return owner;
  }

  void note_interface(const openstack::Port& port) {
    if (!is_router_interface(port)) return;
    for (const auto& address : port.fixed_addresses) {
      seen_.interfaces.emplace(port.device_id, address.subnet_id);
    }
  }

  bool has_witness(ResourceKind kind) const {
    return kind == ResourceKind::Server ? has_seen_nova_ : has_seen_neutron_;
  }

  // What cannot be read stays unknown.
  void read_unlisted(const std::vector<ExpectedResource>& expected) {
    std::size_t reads = 0;
    for (const ExpectedResource& resource : expected) {
      if (resource.kind == ResourceKind::ServerGroup) continue;
      if (resource.kind == ResourceKind::Volume) continue;  // Cinder keeps one that a server has
      if (seen_.settings.count(resource.id) > 0) continue;
      if (++reads > kMaxReads) return;
      get_resource(cloud_, resource.kind, resource.id, context_,
                   [&](const auto& answer) { note(resource, answer); });
    }
  }

  // Server groups carry no mark.
  void note(const ExpectedResource&, const absl::StatusOr<openstack::ServerGroup>&) {}
  template <typename Resource>
  void note(const ExpectedResource& expected, const absl::StatusOr<Resource>& resource) {
    if (absl::IsNotFound(resource.status()) && has_witness(expected.kind)) {
      seen_.unlisted[expected.id] = Unlisted::NotFound;
    }
    if (!resource.ok()) return;
    if constexpr (std::is_same_v<Resource, openstack::Server>) {
      if (openstack::is_in_down_cell(*resource)) return;  // it may have its mark or not
    }
    const auto owner = owner_in(*resource);
    if (owner == Owner{agent_id_, expected.cluster_id}) {
      add(expected.kind, *resource);
    } else {
      seen_.unlisted[expected.id] = Unlisted::Unmarked;
    }
  }

  Cloud& cloud_;
  const std::string& agent_id_;
  const openstack::CallContext& context_;
  ProjectInventory seen_;
  bool has_seen_nova_ = false;  // anything of this agent's
  bool has_seen_neutron_ = false;
};

}  // namespace

absl::StatusOr<ProjectInventory> read_project(Cloud& cloud, const std::string& agent_id,
                                              const std::vector<ExpectedResource>& expected,
                                              const openstack::CallContext& context) {
  return ProjectReader(cloud, agent_id, context).read(expected);
}

}  // namespace mex::cluster
