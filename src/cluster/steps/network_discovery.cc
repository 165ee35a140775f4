#include "cluster/steps/network_discovery.h"

#include <algorithm>
#include <string>
#include <tuple>
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

bool is_called(const openstack::Subnet& subnet, const std::string& wanted) {
  return subnet.name == wanted || subnet.cidr == wanted ||
         subnet.id == openstack::parse_uuid(wanted).value_or(std::string());
}

// The one subnet that all of the nodes have their addresses in.
absl::StatusOr<openstack::Subnet> choose_subnet(std::vector<openstack::Subnet> subnets,
                                                const openstack::Network& network,
                                                const FindSharedNetwork& find) {
  if (!find.chosen_subnet.id.empty()) {
    const auto chosen = std::find_if(subnets.begin(), subnets.end(), [&](const auto& subnet) {
      return subnet.id == find.chosen_subnet.id;
    });
    if (chosen != subnets.end()) return *chosen;
    return gone_if_missing(absl::NotFoundError(""), "subnet", find.chosen_subnet, "SubnetNotFound",
                           "make the subnet visible to the agent's project again");
  }
  const std::string all = names_of(subnets);
  std::erase_if(subnets, [&](const openstack::Subnet& subnet) {
    return subnet.ip_version != 4 || (!find.subnet.empty() && !is_called(subnet, find.subnet)) ||
           !holds_all(subnet, find.addresses);
  });
  // With DHCP first; the rest is only so that two look-ups choose the same.
  const auto best =
      std::min_element(subnets.begin(), subnets.end(), [](const auto& a, const auto& b) {
        return std::tie(b.dhcp, a.cidr, a.id) < std::tie(a.dhcp, b.cidr, b.id);
      });
  if (best != subnets.end()) return *best;
  // Not every project may see the subnets of an external network; without addresses none is needed.
  if (find.is_external && find.addresses.empty() && find.subnet.empty()) {
    return openstack::Subnet();
  }
  const std::string wanted =
      find.subnet.empty()
          ? "no IPv4 subnet of it holds the nodes' addresses"
          : fmt::format("no IPv4 subnet {} of it holds the nodes' addresses", find.subnet);
  return refusal(absl::StatusCode::kFailedPrecondition,
                 fmt::format("network {}: {}; it has {}", network.name, wanted,
                             all.empty() ? "none that this project sees" : all),
                 "SubnetNotFound");
}

// A router that could not serve the cluster's subnet: it leads nowhere, or to the same addresses
// somewhere else.
absl::Status check_router(Cloud& cloud, const openstack::Router& router, const Attempt& attempt,
                          const openstack::CallContext& context) {
  const std::string what = fmt::format("router {} ({})", router.name, router.id);
  if (router.external_network_id.empty()) {
    return base::with_detail(
        base::error(absl::StatusCode::kFailedPrecondition,
                    "{}: has no gateway to an external network, so the nodes would reach nothing",
                    what),
        {.field = {},
         .request_id = {},
         .cloud_code = "RouterWithoutGateway",
         .next = "set the router's gateway (openstack router set --external-gateway)"});
  }
  const auto block = base::parse_ipv4_block(attempt.spec.subnet);
  if (!block) return absl::OkStatus();
  const auto refuse_overlap = [&](const std::string& other, std::string_view kind) {
    const auto there = base::parse_ipv4_block(other);
    if (!there || !overlap(*block, *there)) return absl::OkStatus();
    return base::with_detail(
        base::error(absl::StatusCode::kFailedPrecondition,
                    "{}: already has {} {}, which overlaps the cluster's subnet {}", what, kind,
                    other, attempt.spec.subnet),
        {.field = {},
         .request_id = {},
         .cloud_code = kSubnetInUse,
         .next = "the next attempt takes another subnet, unless fixedip names this one"});
  };
  for (const openstack::StaticRoute& route : router.routes) {
    MEX_RETURN_IF_ERROR(refuse_overlap(route.destination, "a route to"));
  }
  openstack::NeutronFilter of_router;
  of_router.device_id = router.id;
  MEX_ASSIGN_OR_RETURN(const auto ports, cloud.neutron.list_ports(of_router, context));
  const auto own = attempt.resources.find({ResourceKind::Subnet, {}});
  for (const openstack::Port& port : ports) {
    for (const openstack::FixedAddress& fixed : port.fixed_addresses) {
      if (own != attempt.resources.end() && own->second == fixed.subnet_id) continue;
      const auto subnet = cloud.neutron.get_subnet(fixed.subnet_id, context);
      // Another project's: its address at least is known.
      if (absl::IsNotFound(subnet.status())) {
        MEX_RETURN_IF_ERROR(refuse_overlap(fixed.address + "/32", "the address"));
        continue;
      }
      if (!subnet.ok()) return subnet.status();
      MEX_RETURN_IF_ERROR(refuse_overlap(subnet->cidr, "the subnet"));
    }
  }
  return absl::OkStatus();
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

Outcome perform(Cloud& cloud, const FindRouter& find, const Attempt& attempt,
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
  const absl::Status fit = check_router(cloud, *router, attempt, context);
  if (!fit.ok()) return failure(fit);
  return found(router->id, [router = *router](Discovered& discovered) {
    discovered.references.router = {.id = router.id, .name = router.name};
    discovered.gateway = first_ipv4(router.external_addresses);
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
  return found(network->id, [network = *network, subnet = *subnet](Discovered& discovered) {
    discovered.references.network = reference_to(network);
    discovered.references.subnet = {.id = subnet.id, .name = subnet.name};
    discovered.shared_subnet = subnet.cidr;
    discovered.has_port_security = network.port_security;
    discovered.network_mtu = network.mtu;
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
                   for (const openstack::FixedAddress& fixed : port.fixed_addresses) {
                     if (!base::parse_ipv4(fixed.address)) continue;
                     references.subnet = {.id = fixed.subnet_id, .name = {}};
                     return;
                   }
                 });
  }
  return {};
}

}  // namespace mex::cluster
