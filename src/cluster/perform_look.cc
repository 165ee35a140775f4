#include <algorithm>
#include <utility>

#include "base/status.h"
#include "cluster/address_pool.h"
#include "cluster/perform_parts.h"

namespace mex::cluster {
namespace {

Outcome failure(absl::Status status) {
  Outcome outcome;
  outcome.status = std::move(status);
  return outcome;
}

template <typename Learn>
Outcome found(std::string resource_id, Learn learn) {
  Outcome outcome;
  outcome.resource_id = std::move(resource_id);
  outcome.learn = std::move(learn);
  return outcome;
}

// A refusal of ours, with a code that programs can tell from others.
absl::Status refusal(absl::StatusCode code, std::string_view message, const char* cloud_code) {
  return base::with_detail(base::error(code, "{}", message),
                           {.field = {}, .request_id = {}, .cloud_code = cloud_code});
}

absl::Status with_code_if_missing(const absl::Status& status, const char* cloud_code) {
  if (!absl::IsNotFound(status)) return status;
  return base::with_detail(status, {.field = {}, .request_id = {}, .cloud_code = cloud_code});
}

std::string names_of(const std::vector<openstack::Network>& networks) {
  std::string names;
  for (const openstack::Network& network : networks) {
    if (!names.empty()) names += ", ";
    names += fmt::format("{} ({})", network.name, network.id);
  }
  return names;
}

bool holds_all(const openstack::Subnet& subnet, const std::vector<std::string>& addresses) {
  const auto block = parse_ipv4_block(subnet.cidr);
  return block && std::all_of(addresses.begin(), addresses.end(), [&](const std::string& text) {
           const auto address = parse_ipv4(text);
           return address && block->contains(*address);
         });
}

absl::StatusOr<openstack::Network> find_shared_network(Cloud& cloud, const std::string& name,
                                                       const openstack::CallContext& context) {
  openstack::NeutronFilter by_name;
  by_name.name = name;
  MEX_ASSIGN_OR_RETURN(const auto networks, cloud.neutron.list_networks(by_name, context));
  if (networks.size() > 1) {
    return refusal(
        absl::StatusCode::kFailedPrecondition,
        fmt::format("network {}: several have that name, give an id: {}", name, names_of(networks)),
        "NetworkAmbiguous");
  }
  if (networks.size() == 1) return networks.front();
  return cloud.neutron.get_network(name, context);
}

}  // namespace

Outcome look_image(Cloud& cloud, const LookImage& look, const openstack::CallContext& context) {
  auto image = cloud.glance.find_image(look.name, context);
  if (!image.ok()) return failure(with_code_if_missing(image.status(), "ImageNotFound"));
  const std::string id = image->id;
  return found(id, [value = *std::move(image)](Findings& findings) { findings.image = value; });
}

Outcome look_flavor(Cloud& cloud, const LookFlavor& look, const openstack::CallContext& context) {
  auto flavor = cloud.nova.find_flavor(look.name, context);
  if (!flavor.ok()) return failure(with_code_if_missing(flavor.status(), "FlavorNotFound"));
  const std::string id = flavor->id;
  return found(id, [value = *std::move(flavor)](Findings& findings) { findings.flavor = value; });
}

Outcome look_zone(Cloud& cloud, const LookZone& look, const openstack::CallContext& context) {
  const auto zones = cloud.nova.list_availability_zones(context);
  if (!zones.ok()) return failure(zones.status());
  std::string names;
  for (const openstack::AvailabilityZone& zone : *zones) {
    if (zone.name == look.name && zone.available) return found(zone.name, nullptr);
    if (!zone.available) continue;
    if (!names.empty()) names += ", ";
    names += zone.name;
  }
  return failure(
      refusal(absl::StatusCode::kNotFound,
              fmt::format("availability zone {}: not available; there are: {}", look.name, names),
              "ZoneNotFound"));
}

Outcome look_external_network(Cloud& cloud, const LookExternalNetwork& look,
                              const openstack::CallContext& context) {
  openstack::NeutronFilter filter;
  filter.external = true;
  auto networks = cloud.neutron.list_networks(filter, context);
  if (!networks.ok()) return failure(networks.status());
  if (!look.name.empty()) {
    const auto end = std::remove_if(networks->begin(), networks->end(), [&](const auto& network) {
      return network.name != look.name && network.id != look.name;
    });
    networks->erase(end, networks->end());
  }
  if (networks->size() == 1) {
    return found(networks->front().id, [id = networks->front().id](Findings& findings) {
      findings.external_network_id = id;
    });
  }
  if (networks->empty()) {
    return failure(refusal(absl::StatusCode::kNotFound,
                           look.name.empty()
                               ? "no external network: the project sees no network with "
                                 "router:external, so a cluster's router has no way out"
                               : fmt::format("external network {}: not found", look.name),
                           "ExternalNetworkNotFound"));
  }
  return failure(refusal(absl::StatusCode::kFailedPrecondition,
                         fmt::format("several external networks: choose one with "
                                     "defaults.external_network of the toml file: {}",
                                     names_of(*networks)),
                         "ExternalNetworkAmbiguous"));
}

Outcome look_shared_network(Cloud& cloud, const LookSharedNetwork& look,
                            const openstack::CallContext& context) {
  const auto network = find_shared_network(cloud, look.name, context);
  if (!network.ok()) return failure(with_code_if_missing(network.status(), "NetworkNotFound"));
  if (network->external) {
    return failure(
        refusal(absl::StatusCode::kFailedPrecondition,
                fmt::format("network {}: is an external network; leave the field empty, then every "
                            "cluster gets a network of its own behind a router",
                            look.name),
                "NetworkExternal"));
  }
  openstack::NeutronFilter of_network;
  of_network.network_id = network->id;
  const auto subnets = cloud.neutron.list_subnets(of_network, context);
  if (!subnets.ok()) return failure(subnets.status());
  const auto fitting = std::find_if(subnets->begin(), subnets->end(), [&](const auto& subnet) {
    return subnet.ip_version == 4 && holds_all(subnet, look.addresses);
  });
  if (fitting == subnets->end()) {
    return failure(refusal(
        absl::StatusCode::kFailedPrecondition,
        fmt::format("network {}: no IPv4 subnet of it holds the nodes' addresses", look.name),
        "SubnetNotFound"));
  }
  return found(network->id, [id = network->id, subnet = fitting->id](Findings& findings) {
    findings.shared_network_id = id;
    findings.shared_subnet_id = subnet;
  });
}

Outcome look_extensions(Cloud& cloud, const openstack::CallContext& context) {
  Outcome outcome;
  outcome.status = cloud.neutron.has_extension("tag-ports-during-bulk-creation", context).status();
  return outcome;
}

Outcome look_compute_quota(Cloud& cloud, const openstack::CallContext& context) {
  auto quotas = cloud.nova.quotas(context);
  if (!quotas.ok()) return failure(quotas.status());
  const std::string request_id = context.trace == nullptr ? "" : context.trace->request_id;
  return found({}, [value = *std::move(quotas), request_id](Findings& findings) {
    findings.compute = value;
    findings.compute_request_id = request_id;
  });
}

Outcome look_network_quota(Cloud& cloud, const openstack::CallContext& context) {
  auto quotas = cloud.neutron.quotas(context);
  if (!quotas.ok()) return failure(quotas.status());
  const std::string request_id = context.trace == nullptr ? "" : context.trace->request_id;
  return found({}, [value = *std::move(quotas), request_id](Findings& findings) {
    findings.network = value;
    findings.network_request_id = request_id;
  });
}

}  // namespace mex::cluster
