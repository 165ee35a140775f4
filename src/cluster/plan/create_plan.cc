#include "cluster/plan/create_plan.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/flavor/address_pool.h"
#include "cluster/plan/departures.h"
#include "cluster/plan/quota.h"
#include "cluster/plan/root_volume.h"
#include "cluster/plan/traffic_rules.h"
#include "cluster/records/records.h"

namespace mex::cluster {
namespace {

// With the policy soft-anti-affinity Nova weighs the hosts by the group's servers that have one
// already: masters that are asked for at once may all come to one host, and nothing moves them
// later. (With anti-affinity a host refuses the second one, and Nova looks on.)
bool takes_turns(const ClusterSpec& spec, const NodeSpec& node) {
  return node.role == NodeRole::Master && spec.flavor.placement.anti_affinity == AntiAffinity::Soft;
}

std::map<std::string, std::string> server_metadata(const ClusterSpec& spec, const Owner& owner,
                                                   const NodeSpec& node) {
  std::map<std::string, std::string> metadata = spec.metadata;
  metadata["mexosagent"] = "1";
  metadata["mex:agent"] = owner.agent_id;
  metadata["mex:cluster"] = owner.cluster_id;
  metadata["mex:name"] = spec.name;
  metadata["mex:slot"] = node.slot;
  metadata["mex:tenant"] = spec.tenant;
  // What images made for the first agent read from their config drive.
  metadata["tenant"] = spec.tenant;
  metadata["role"] = image_role(node.role);
  metadata["edgeproxy"] = spec.proxy_address;
  metadata["k8smaster"] = spec.master_address;
  return metadata;
}

class CreatePlanBuilder {
 public:
  CreatePlanBuilder(const CreateInput& input, Departures::From from)
      : input_(input),
        mark_(mark_of(input.owner)),
        departures_(plan_, input.spec, input.owner.cluster_id, from) {}

  Plan build() {
    if (spec().isolated()) add_network();
    if (has_group()) add_group();
    add_server_groups();
    add_ports(spec().nodes);
    for (const NodeSpec& node : spec().nodes) add_server(node);
    if (spec().isolated()) add_router();
    if (spec().is_managed()) add_kubernetes();
    add_tags();
    return std::move(plan_);
  }

  Plan build_update(const UpdateInput& update) {
    is_update_ = true;
    add_server_groups();
    for (const NodeSpec& node : update.leaving) departures_.remove(node, update.owned);
    std::vector<NodeSpec> joining;
    for (const NodeSpec& node : spec().nodes) {
      if (contains_slot(update.joining, node.slot)) joining.push_back(node);
    }
    if (!joining.empty()) {
      if (spec().is_managed()) add(StepKind::RenewToken, RenewToken{}, {});
      add_ports(joining);
    }
    for (const NodeSpec& node : joining) {
      add_server(node);
      if (spec().is_managed()) add_readiness(node);
    }
    for (const NodeSpec& node : spec().nodes) {
      const bool is_replaced = input_.broken.count({ResourceKind::Server, node.slot}) > 0;
      if (contains_slot(update.cordoned, node.slot) && !is_replaced) departures_.call_off(node);
    }
    for (const Restoration restoration : update.restoring) restore(restoration);
    add_renewals(update.renewing);
    drop_missing_predecessors();
    return std::move(plan_);
  }

 private:
  // One after the other: what one machine refuses the next would refuse, too.
  void add_renewals(const std::vector<std::string>& slots) {
    std::vector<StepKey> after;
    for (const NodeSpec& node : spec().nodes) {
      if (!contains_slot(slots, node.slot)) continue;
      const StepKey key{StepKind::InstallRenewal, node.slot};
      add(key, InstallRenewal{node.slot, name({ResourceKind::Server, node.slot})}, after);
      after = {key};
    }
  }

  const ClusterSpec& spec() const { return input_.spec; }
  // Neutron refuses security groups and allowed addresses on a network that filters nothing, and
  // none are needed for pods to pass.
  bool has_group() const { return input_.discovered.has_port_security; }

  std::string name(const ResourceKey& key) const {
    return resource_name(spec().name, input_.owner.cluster_id, key);
  }

  std::vector<std::string> tags(const ResourceKey& key) const {
    return tags_of(input_.owner, spec().tenant, spec().name, key);
  }

  std::string present(const ResourceKey& key) const {
    const auto found = input_.present.find(key);
    return found == input_.present.end() ? std::string() : found->second;
  }

  PlannedStep& add(StepKey key, Action action, std::vector<StepKey> after) {
    plan_.steps.push_back({.key = std::move(key),
                           .action = std::move(action),
                           .after = std::move(after),
                           .is_done = false,
                           .check_existing = input_.check_existing,
                           .resource_id = {}});
    return plan_.steps.back();
  }

  // A step that makes the resource at `place`, done already if that is there.
  void add_making(StepKey key, Action action, std::vector<StepKey> after,
                  const ResourceKey& place) {
    PlannedStep& step = add(std::move(key), std::move(action), std::move(after));
    step.resource_id = present(place);
    step.is_done = !step.resource_id.empty();
  }

  void add_network() {
    const ResourceKey network{ResourceKind::Network, {}};
    const ResourceKey subnet{ResourceKind::Subnet, {}};
    const base::Ipv4Block block = *base::parse_ipv4_block(spec().subnet);
    add_making(StepKind::CreateNetwork,
               CreateNetwork{{.name = name(network), .description = mark_}}, {}, network);
    openstack::NewSubnet body;
    body.name = name(subnet);
    body.description = mark_;
    body.cidr = spec().subnet;
    body.gateway_ip = to_string(address_in(block, kGatewayOffset));
    body.allocation_pools = {
        {to_string(address_in(block, first_automatic_offset(block.prefix_length))),
         to_string(address_in(block, last_automatic_offset(block.prefix_length)))}};
    body.dns_servers = spec().flavor.network.dns_servers;
    add_making(StepKind::CreateSubnet, CreateSubnet{body}, {StepKind::CreateNetwork}, subnet);
  }

  // The servers' way goes through subnet and ports; the router, with its gateway the slowest call
  // of all, is needed only when they have booted. So it is made while they do.
  void add_router() {
    if (!spec().has_own_router()) {
      add(StepKind::AttachRouter, AttachRouter{input_.discovered.references.router.id},
          {StepKind::CreatePorts});
      return;
    }
    const ResourceKey router{ResourceKind::Router, {}};
    add_making(
        StepKind::CreateRouter,
        CreateRouter{{.name = name(router),
                      .description = mark_,
                      .external_network_id = input_.discovered.references.external_network.id,
                      .snat = spec().flavor.network.nat}},
        {StepKind::CreatePorts}, router);
    // A router whose address is not in the record is looked up once more.
    if (!input_.is_gateway_known) plan_.steps.back().is_done = false;
    add(StepKind::AttachRouter, AttachRouter{{}}, {StepKind::CreateRouter});
  }

  void add_server_groups() {
    const char* policy = server_group_policy(spec().flavor.placement.anti_affinity);
    for (const std::string& group : groups_kept_apart(spec())) {
      const ResourceKey key{ResourceKind::ServerGroup, group};
      add_making({StepKind::CreateServerGroup, group},
                 CreateServerGroup{group, {.name = name(key), .policy = policy}}, {}, key);
      groups_.insert(group);
    }
  }

  void add_group() {
    const ResourceKey key{ResourceKind::SecurityGroup, {}};
    add_making(StepKind::CreateSecurityGroup,
               CreateSecurityGroup{{.name = name(key), .description = mark_}}, {}, key);
    add(StepKind::CreateRules, CreateRules{security_rules_of(spec())},
        {StepKind::CreateSecurityGroup});
  }

  // The ports that are still missing, in one call.
  void add_ports(const std::vector<NodeSpec>& nodes) {
    CreatePorts action;
    for (const NodeSpec& node : nodes) {
      const ResourceKey key{ResourceKind::Port, node.slot};
      // A port whose address is not in the record is looked up once more.
      const bool is_address_known = !node.address.empty() || input_.addresses.count(node.slot) > 0;
      if (!present(key).empty() && (is_address_known || !spec().is_managed())) continue;
      openstack::NewPort body;
      body.network_id = input_.discovered.references.network.id;
      body.name = name(key);
      body.description = mark_;
      const std::string& subnet = input_.discovered.references.subnet.id;
      if (!node.address.empty() || !subnet.empty()) {
        body.fixed_addresses.push_back({subnet, node.address});
      }
      body.tags = tags({ResourceKind::Port, node.slot});
      if (has_group()) body.allowed_addresses = allowed_addresses_of(spec());
      action.ports.push_back({node.slot, std::move(body)});
    }
    const bool is_done = action.ports.empty();
    std::vector<StepKey> after;
    if (has_group()) after.emplace_back(StepKind::CreateSecurityGroup);
    if (spec().isolated()) after.emplace_back(StepKind::CreateSubnet);
    add(StepKind::CreatePorts, std::move(action), std::move(after)).is_done = is_done;
  }

  std::vector<StepKey> after_of_server(const NodeSpec& node) {
    std::vector<StepKey> after{StepKind::CreatePorts, StepKind::RenewToken};
    if (!is_update_) after.pop_back();
    if (groups_.count(node.group) > 0) {
      after.emplace_back(StepKind::CreateServerGroup, node.group);
      if (takes_turns(spec(), node) && last_master_with_host_)
        after.push_back(*last_master_with_host_);
    }
    const ResourceKey key{ResourceKind::Server, node.slot};
    const auto broken = input_.broken.find(key);
    if (broken == input_.broken.end()) return after;
    // A port can serve one server at a time: the broken one has to be gone first.
    after.push_back(departures_.replace(node, broken->second));
    return after;
  }

  // A step waits for those of its plan only.
  void drop_missing_predecessors() {
    std::set<StepKey> keys;
    for (const PlannedStep& step : plan_.steps) keys.insert(step.key);
    for (PlannedStep& step : plan_.steps) {
      std::erase_if(step.after, [&](const StepKey& key) { return keys.count(key) == 0; });
    }
  }

  void add_server(const NodeSpec& node) {
    const ResourceKey key{ResourceKind::Server, node.slot};
    openstack::NewServer body;
    body.name = name(key);
    body.description = mark_;
    body.image_id = input_.discovered.images.at(image_key(node)).id;
    body.flavor_id = input_.discovered.flavors.at(nova_flavor_key(node)).id;
    // Checked with the images, before there is a builder.
    body.root_volume = *root_volume(
        shape_of(spec().flavor, node.group), input_.discovered.images.at(image_key(node)),
        input_.discovered.flavors.at(nova_flavor_key(node)), input_.discovered.has_volumes);
    body.config_drive = true;
    body.metadata = server_metadata(spec(), input_.owner, node);
    if (!spec().is_managed()) body.user_data = input_.user_data;
    body.key_name = spec().flavor.key_pair;
    body.availability_zone = node.zone;
    body.tags = tags({ResourceKind::Server, node.slot});
    std::vector<StepKey> after = after_of_server(node);
    if (body.root_volume && present(key).empty()) {
      after.push_back(add_volume(node, body));
    }
    const StepKey creation{StepKind::CreateServer, node.slot};
    const bool is_kept_apart = groups_.count(node.group) > 0;
    add_making(creation,
               CreateServer{node.slot, std::move(body), is_kept_apart ? node.group : std::string()},
               std::move(after), key);
    if (is_kept_apart && takes_turns(spec(), node)) await_host(node);
    add({StepKind::AwaitActive, node.slot}, AwaitActive{node.slot}, {creation});
  }

  // Returns the step after which a server may boot from it. It is asked for with the first calls,
  // and not by Nova: so it carries its owner's mark from the beginning, whatever becomes of the
  // server, and Cinder has the time it takes.
  StepKey add_volume(const NodeSpec& node, const openstack::NewServer& server) {
    const ResourceKey key{ResourceKind::Volume, node.slot};
    const StepKey creation{StepKind::CreateVolume, node.slot};
    const StepKey ready{StepKind::AwaitVolume, node.slot};
    openstack::NewVolume body =
        new_volume(spec(), input_.owner, node, server, input_.discovered.volume_zones);
    std::vector<StepKey> after;
    // The broken server takes its own volume along: there is room in the quota after that.
    if (input_.broken.count({ResourceKind::Server, node.slot}) > 0) {
      after.emplace_back(StepKind::AwaitGone, node.slot);
    }
    const auto stale = input_.stale_volumes.find(key);
    if (stale != input_.stale_volumes.end()) {
      const StepKey removal{StepKind::Remove, key};
      add(removal, Remove{stale->second, RemovalCause::Requested}, std::move(after));
      after = {removal};
    }
    add_making(creation, CreateVolume{node.slot, std::move(body)}, std::move(after), key);
    add(ready, AwaitVolume{node.slot}, {creation});
    return ready;
  }

  void await_host(const NodeSpec& node) {
    const StepKey has_host{StepKind::AwaitHost, node.slot};
    add(has_host, AwaitHost{node.slot}, {{StepKind::CreateServer, node.slot}});
    last_master_with_host_ = has_host;
  }

  // From machines to a cluster: they make it of themselves, and what remains is to see them do it
  // and to add what the flavor names.
  void add_kubernetes() {
    const NodeSpec& first_master = spec().nodes.front();
    std::vector<StepKey> after{{StepKind::AwaitActive, first_master.slot}};
    if (spec().isolated()) after.emplace_back(StepKind::AttachRouter);
    add(StepKind::AwaitApiServer, AwaitApiServer{}, std::move(after));
    StepKey before = StepKind::AwaitApiServer;
    for (const std::string& source : manifest_sources(spec())) {
      const StepKey apply{StepKind::ApplyManifest, source};
      add(apply, ApplyManifest{source}, {before});
      before = apply;
    }
    for (const NodeSpec& node : spec().nodes) add_readiness(node);
  }

  void add_readiness(const NodeSpec& node) {
    add({StepKind::AwaitNodeReady, node.slot}, AwaitNodeReady{node.slot},
        {{StepKind::AwaitActive, node.slot}, StepKind::AwaitApiServer});
  }

  // Marks for people and other programs: ownership does not rest on them, so they follow when the
  // servers' way is free. Ports and servers are tagged by the calls that make them.
  void add_tags() {
    constexpr ResourceKind kKinds[] = {ResourceKind::Network, ResourceKind::Subnet,
                                       ResourceKind::Router, ResourceKind::SecurityGroup};
    for (const ResourceKind kind : kKinds) {
      if (!spec().isolated() && kind != ResourceKind::SecurityGroup) continue;
      if (!spec().has_own_router() && kind == ResourceKind::Router) continue;
      if (!has_group() && kind == ResourceKind::SecurityGroup) continue;
      const StepKind after =
          kind == ResourceKind::Router ? StepKind::CreateRouter : StepKind::CreatePorts;
      const ResourceKey place{kind, {}};
      add({StepKind::TagResource, place}, TagResource{place, tags(place)}, {after});
    }
  }

  // The steps by which a create sets it find what is set already.
  void restore(Restoration restoration) {
    switch (restoration) {
      case Restoration::Rules:
        add(StepKind::CreateRules, CreateRules{security_rules_of(spec())}, {});
        return;
      case Restoration::RouterInterface:
        add(StepKind::AttachRouter, AttachRouter{{}}, {});
        return;
      case Restoration::Ports:
        return add_port_filters();
      case Restoration::Tags:
        break;
    }
    for (const auto& [key, id] : input_.present) {
      if (key.kind == ResourceKind::ServerGroup || key.kind == ResourceKind::Volume) continue;
      add({StepKind::TagResource, key}, TagResource{key, tags(key), true}, {});
    }
  }

  void add_port_filters() {
    SetPortFilters action{.slots = {}, .allowed_addresses = allowed_addresses_of(spec())};
    for (const NodeSpec& node : spec().nodes) {
      if (!present({ResourceKind::Port, node.slot}).empty()) action.slots.push_back(node.slot);
    }
    add(StepKind::SetPortFilters, std::move(action), {});
  }

  const CreateInput& input_;
  std::string mark_;
  std::set<std::string> groups_;  // those that have a server group
  bool is_update_ = false;        // of a cluster that is there
  std::optional<StepKey> last_master_with_host_;
  Plan plan_;
  Departures departures_;
};

// Pods and services of a cluster hide what has their addresses outside. About the cluster's own
// network the flavor's check has said so already.
absl::Status check_networks(const ClusterSpec& spec, const Discovered& discovered) {
  const auto nodes = base::parse_ipv4_block(discovered.shared_subnet);
  if (!nodes || !spec.is_managed()) return absl::OkStatus();
  const KubernetesSettings& settings = spec.flavor.kubernetes;
  for (const auto& [field, text] : {std::pair{"pod_network", settings.pod_network},
                                    std::pair{"service_network", settings.service_network}}) {
    const auto block = base::parse_ipv4_block(text);
    if (!block || !overlap(*nodes, *block)) continue;
    return base::with_detail(
        base::error(absl::StatusCode::kFailedPrecondition,
                    "network {}: its subnet {} overlaps kubernetes.{} of flavor {}, {}",
                    to_string(discovered.references.network), discovered.shared_subnet, field,
                    spec.flavor.name, text),
        {.field = {},
         .request_id = {},
         .cloud_code = "NetworksOverlap",
         .next = fmt::format("give the flavor {} another kubernetes.{}", spec.flavor.name, field)});
  }
  return absl::OkStatus();
}

absl::Status check_image(const openstack::Image& image, const openstack::Flavor& flavor,
                         bool boots_from_volume) {
  const auto refuse = [&](const std::string& why) {
    return base::with_detail(
        base::error(absl::StatusCode::kFailedPrecondition, "image {}: {}", image.name, why),
        {.field = {}, .request_id = {}, .cloud_code = "ImageUnusable"});
  };
  if (image.status != "active") return refuse(fmt::format("is {}, not active", image.status));
  if (image.min_ram_mib > flavor.ram_mib) {
    return refuse(fmt::format("needs {} MiB of memory, flavor {} has {}", image.min_ram_mib,
                              flavor.name, flavor.ram_mib));
  }
  // A flavor without a disk takes its size from the image, and so does a volume.
  if (!boots_from_volume && flavor.disk_gib > 0 && image.min_disk_gib > flavor.disk_gib) {
    return refuse(fmt::format("needs a disk of {} GiB, flavor {} has {}", image.min_disk_gib,
                              flavor.name, flavor.disk_gib));
  }
  return absl::OkStatus();
}

// Of all nodes whose images were looked up.
absl::Status check_images(const ClusterSpec& spec, const Discovered& discovered) {
  for (const NodeSpec& node : spec.nodes) {
    const auto image = discovered.images.find(image_key(node));
    const auto flavor = discovered.flavors.find(nova_flavor_key(node));
    if (image == discovered.images.end() || flavor == discovered.flavors.end()) continue;
    MEX_ASSIGN_OR_RETURN(const auto volume,
                         root_volume(shape_of(spec.flavor, node.group), image->second,
                                     flavor->second, discovered.has_volumes));
    MEX_RETURN_IF_ERROR(check_image(image->second, flavor->second, volume.has_value()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Plan> plan_create(const CreateInput& input) {
  MEX_RETURN_IF_ERROR(check_networks(input.spec, input.discovered));
  MEX_RETURN_IF_ERROR(check_images(input.spec, input.discovered));
  Plan plan = CreatePlanBuilder(input, Departures::From::Servers).build();
  MEX_RETURN_IF_ERROR(check_quota(plan, input.spec, input.discovered));
  return plan;
}

absl::StatusOr<Plan> plan_update(const UpdateInput& input) {
  const CreateInput& create = input.create;
  MEX_RETURN_IF_ERROR(check_images(create.spec, create.discovered));
  Plan plan = CreatePlanBuilder(create, Departures::From::Cluster).build_update(input);
  MEX_RETURN_IF_ERROR(check_quota(plan, create.spec, create.discovered));
  return plan;
}

}  // namespace mex::cluster
