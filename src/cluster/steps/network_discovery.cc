#include "cluster/steps/network_discovery.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/ipv4.h"
#include "base/status.h"
#include "openstack/uuid.h"

namespace mex::cluster {
namespace {

template <typename Resource>
std::string names_of(const std::vector<Resource>& resources) {
  std::string names;
  for (const Resource& resource : resources) {
    if (!names.empty()) names += ", ";
    names += fmt::format("{} ({})", resource.name, resource.id);
  }
  return names;
}

bool holds_all(const openstack::Subnet& subnet, const std::vector<std::string>& addresses) {
  const auto block = base::parse_ipv4_block(subnet.cidr);
  return block && std::all_of(addresses.begin(), addresses.end(), [&](const std::string& text) {
           const auto address = base::parse_ipv4(text);
           return address && block->contains(*address);
         });
}

// The one of that name, or else of that id: `list` gives those of the name, `get` the one of the
// id. Neutron's database may compare names without case.
template <typename List, typename Get>
auto find_one(std::string_view what, const std::string& name, const char* ambiguous, List list,
              Get get) -> decltype(get(name)) {
  MEX_ASSIGN_OR_RETURN(auto candidates, list());
  std::erase_if(candidates, [&](const auto& candidate) { return candidate.name != name; });
  if (candidates.size() > 1) {
    return refusal(absl::StatusCode::kFailedPrecondition,
                   fmt::format("{} {}: several have that name, give an id: {}", what, name,
                               names_of(candidates)),
                   ambiguous);
  }
  if (candidates.size() == 1) return candidates.front();
  if (const auto id = openstack::parse_uuid(name)) return get(*id);
  return base::error(absl::StatusCode::kNotFound, "there is no {} {}", what, name);
}

absl::StatusOr<openstack::Network> find_shared_network(Cloud& cloud, const std::string& name,
                                                       const openstack::CallContext& context) {
  openstack::NeutronFilter by_name;
  by_name.name = name;
  auto network = find_one(
      "network", name, "NetworkAmbiguous",
      [&] { return cloud.neutron.list_networks(by_name, context); },
      [&](const std::string& id) { return cloud.neutron.get_network(id, context); });
  if (!network.ok()) return with_code_if_missing(network.status(), "NetworkNotFound");
  if (!network->external) return network;
  return refusal(absl::StatusCode::kFailedPrecondition,
                 fmt::format("network {}: is an external network; leave the field empty, then "
                             "every cluster gets a network of its own behind a router",
                             name),
                 "NetworkExternal");
}

// An empty name means the only one there is.
absl::StatusOr<openstack::Network> find_external_network(Cloud& cloud, const std::string& name,
                                                         const openstack::CallContext& context) {
  openstack::NeutronFilter filter;
  filter.external = true;
  MEX_ASSIGN_OR_RETURN(auto networks, cloud.neutron.list_networks(filter, context));
  if (!name.empty()) {
    const std::string id = openstack::parse_uuid(name).value_or(std::string());
    const auto is_other = [&](const auto& network) {
      return network.name != name && network.id != id;
    };
    networks.erase(std::remove_if(networks.begin(), networks.end(), is_other), networks.end());
  }
  if (networks.size() == 1) return networks.front();
  if (!networks.empty()) {
    return refusal(absl::StatusCode::kFailedPrecondition,
                   fmt::format("several external networks: choose one in the flavor "
                               "(network.external_network) or in the toml file "
                               "(defaults.external_network): {}",
                               names_of(networks)),
                   "ExternalNetworkAmbiguous");
  }
  return refusal(absl::StatusCode::kNotFound,
                 name.empty() ? "no external network: the project sees no network with "
                                "router:external, so a cluster has no way out"
                              : fmt::format("external network {}: not found", name),
                 "ExternalNetworkNotFound");
}

// The network that was chosen before, whatever it is called now.
absl::StatusOr<openstack::Network> get_chosen(Cloud& cloud, const CloudReference& chosen,
                                              const openstack::CallContext& context) {
  auto network = cloud.neutron.get_network(chosen.id, context);
  if (network.ok()) return network;
  return gone_if_missing(
      network.status(), "network", chosen, "NetworkNotFound",
      "have it shared with the agent's project again; the cluster's nodes are bound to it");
}

CloudReference reference_to(const openstack::Network& network) {
  return {.id = network.id, .name = network.name};
}

absl::StatusOr<openstack::Subnet> choose_subnet(const std::vector<openstack::Subnet>& subnets,
                                                const openstack::Network& network,
                                                const FindSharedNetwork& find) {
  const bool is_chosen = !find.chosen_subnet.id.empty();
  const auto fitting = std::find_if(subnets.begin(), subnets.end(), [&](const auto& subnet) {
    if (is_chosen) return subnet.id == find.chosen_subnet.id;
    return subnet.ip_version == 4 && holds_all(subnet, find.addresses);
  });
  if (fitting != subnets.end()) return *fitting;
  if (is_chosen) {
    return gone_if_missing(absl::NotFoundError(""), "subnet", find.chosen_subnet, "SubnetNotFound",
                           "make the subnet visible to the agent's project again");
  }
  // Not every project may see the subnets of an external network; without addresses none is needed.
  if (find.is_external && find.addresses.empty()) return openstack::Subnet();
  return refusal(
      absl::StatusCode::kFailedPrecondition,
      fmt::format("network {}: no IPv4 subnet of it holds the nodes' addresses", network.name),
      "SubnetNotFound");
}

}  // namespace

Outcome perform(Cloud& cloud, const FindExternalNetwork& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const auto network = find.chosen.id.empty() ? find_external_network(cloud, find.name, context)
                                              : get_chosen(cloud, find.chosen, context);
  if (!network.ok()) return failure(network.status());
  return found(network->id, [network = reference_to(*network)](Discovered& discovered) {
    discovered.references.external_network = network;
  });
}

Outcome perform(Cloud& cloud, const FindRouter& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  openstack::NeutronFilter by_name;
  by_name.name = find.name;
  const auto get = [&](const std::string& id) { return cloud.neutron.get_router(id, context); };
  const auto router = find.chosen.id.empty()
                          ? find_one(
                                "router", find.name, "RouterAmbiguous",
                                [&] { return cloud.neutron.list_routers(by_name, context); }, get)
                          : get(find.chosen.id);
  if (!router.ok() && find.chosen.id.empty()) {
    return failure(with_code_if_missing(router.status(), "RouterNotFound"));
  }
  if (!router.ok()) {
    return failure(gone_if_missing(router.status(), "router", find.chosen, "RouterNotFound",
                                   "destroy the cluster, and name another router in its flavor"));
  }
  return found(router->id, [router = *router](Discovered& discovered) {
    discovered.references.router = {.id = router.id, .name = router.name};
    if (!router.external_addresses.empty()) discovered.gateway = router.external_addresses.front();
  });
}

Outcome perform(Cloud& cloud, const FindSharedNetwork& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const auto find_by_name = find.is_external ? find_external_network : find_shared_network;
  const auto network = find.chosen.id.empty() ? find_by_name(cloud, find.name, context)
                                              : get_chosen(cloud, find.chosen, context);
  if (!network.ok()) return failure(network.status());
  openstack::NeutronFilter of_network;
  of_network.network_id = network->id;
  const auto subnets = cloud.neutron.list_subnets(of_network, context);
  if (!subnets.ok()) return failure(subnets.status());
  const auto subnet = choose_subnet(*subnets, *network, find);
  if (!subnet.ok()) return failure(subnet.status());
  return found(network->id,
               [network = reference_to(*network), subnet = *subnet](Discovered& discovered) {
                 discovered.references.network = network;
                 discovered.references.subnet = {.id = subnet.id, .name = subnet.name};
                 discovered.shared_subnet = subnet.cidr;
               });
}

Outcome perform(Cloud& cloud, const FindNodeNetwork& find, const Attempt& attempt,
                const openstack::CallContext& context) {
  for (const std::string& id : find.port_ids) {
    const auto port = cloud.neutron.get_port(id, context);
    if (absl::IsNotFound(port.status())) continue;
    if (!port.ok()) return failure(port.status());
    return found(port->network_id,
                 [port = *port, name = attempt.spec.network](Discovered& discovered) {
                   CloudReferences& references = discovered.references;
                   references.network = {.id = port.network_id, .name = name};
                   if (port.fixed_addresses.empty()) return;
                   references.subnet = {.id = port.fixed_addresses.front().subnet_id, .name = {}};
                 });
  }
  return {};
}

}  // namespace mex::cluster
