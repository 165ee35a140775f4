#include "cluster/steps/network_discovery.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/ipv4.h"
#include "base/status.h"

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
// id.
template <typename List, typename Get>
auto find_one(std::string_view what, const std::string& name, const char* ambiguous, List list,
              Get get) -> decltype(get()) {
  MEX_ASSIGN_OR_RETURN(const auto candidates, list());
  if (candidates.size() > 1) {
    return refusal(absl::StatusCode::kFailedPrecondition,
                   fmt::format("{} {}: several have that name, give an id: {}", what, name,
                               names_of(candidates)),
                   ambiguous);
  }
  if (candidates.size() == 1) return candidates.front();
  return get();
}

absl::StatusOr<openstack::Network> find_shared_network(Cloud& cloud, const std::string& name,
                                                       const openstack::CallContext& context) {
  openstack::NeutronFilter by_name;
  by_name.name = name;
  auto network = find_one(
      "network", name, "NetworkAmbiguous",
      [&] { return cloud.neutron.list_networks(by_name, context); },
      [&] { return cloud.neutron.get_network(name, context); });
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
    const auto is_other = [&](const auto& network) {
      return network.name != name && network.id != name;
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

}  // namespace

Outcome perform(Cloud& cloud, const FindExternalNetwork& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const auto network = find_external_network(cloud, find.name, context);
  if (!network.ok()) return failure(network.status());
  return found(network->id,
               [id = network->id](Discovered& discovered) { discovered.external_network_id = id; });
}

Outcome perform(Cloud& cloud, const FindRouter& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  openstack::NeutronFilter by_name;
  by_name.name = find.name;
  const auto router = find_one(
      "router", find.name, "RouterAmbiguous",
      [&] { return cloud.neutron.list_routers(by_name, context); },
      [&] { return cloud.neutron.get_router(find.name, context); });
  if (!router.ok()) return failure(with_code_if_missing(router.status(), "RouterNotFound"));
  return found(router->id, [router = *router](Discovered& discovered) {
    discovered.router_id = router.id;
    if (!router.external_addresses.empty()) discovered.gateway = router.external_addresses.front();
  });
}

Outcome perform(Cloud& cloud, const FindSharedNetwork& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const auto network = find.is_external ? find_external_network(cloud, find.name, context)
                                        : find_shared_network(cloud, find.name, context);
  if (!network.ok()) return failure(network.status());
  openstack::NeutronFilter of_network;
  of_network.network_id = network->id;
  const auto subnets = cloud.neutron.list_subnets(of_network, context);
  if (!subnets.ok()) return failure(subnets.status());
  const auto fitting = std::find_if(subnets->begin(), subnets->end(), [&](const auto& subnet) {
    return subnet.ip_version == 4 && holds_all(subnet, find.addresses);
  });
  // Not every project may see the subnets of an external network; without addresses none is needed.
  const bool is_needed = !find.is_external || !find.addresses.empty();
  if (fitting == subnets->end() && is_needed) {
    return failure(refusal(
        absl::StatusCode::kFailedPrecondition,
        fmt::format("network {}: no IPv4 subnet of it holds the nodes' addresses", network->name),
        "SubnetNotFound"));
  }
  const openstack::Subnet subnet = fitting == subnets->end() ? openstack::Subnet() : *fitting;
  return found(network->id, [id = network->id, subnet](Discovered& discovered) {
    discovered.shared_network_id = id;
    discovered.shared_subnet_id = subnet.id;
    discovered.shared_subnet = subnet.cidr;
  });
}

}  // namespace mex::cluster
