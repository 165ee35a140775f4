#include "cluster/steps/ports.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "cluster/steps/make_once.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

using openstack::CallContext;
using openstack::NeutronFilter;

void note_port(const std::string& slot, const openstack::Port& port, Outcome& outcome) {
  outcome.made.emplace(ResourceKey{ResourceKind::Port, slot}, port.id);
  std::vector<std::string> addresses;
  for (const auto& fixed : port.fixed_addresses) addresses.push_back(fixed.address);
  if (std::string address = first_ipv4(addresses); !address.empty()) {
    outcome.addresses.emplace(slot, std::move(address));
  }
}

// The ports of the plan that exist.
absl::Status find_ports(Cloud& cloud, const CreatePorts& create, const Owner& owner,
                        const CallContext& context, Outcome& outcome) {
  NeutronFilter marked;
  marked.description = mark_of(owner);
  MEX_ASSIGN_OR_RETURN(auto ports, cloud.neutron.list_ports(marked, context));
  std::sort(ports.begin(), ports.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (const PlannedPort& planned : create.ports) {
    for (const openstack::Port& port : ports) {
      if (port.name == planned.body.name) note_port(planned.slot, port, outcome);
    }
  }
  return absl::OkStatus();
}

// Neutron's default policy leaves a port's further addresses to the network's owner, and says so in
// its own words.
absl::Status refused_ports(const absl::Status& status,
                           const std::vector<openstack::NewPort>& bodies) {
  const bool has_further_addresses =
      std::any_of(bodies.begin(), bodies.end(),
                  [](const openstack::NewPort& body) { return !body.allowed_addresses.empty(); });
  if (!absl::IsPermissionDenied(status) || !has_further_addresses) return status;
  return base::annotate(
      status,
      "pods of the bridge CNI send from addresses of their own, which this cloud allows on a "
      "project's own networks only: name a network of this project, or a CNI that wraps its "
      "packets "
      "as a manifest in kubernetes.cni");
}

}  // namespace

Outcome perform(Cloud& cloud, const CreatePorts& create, const Attempt& attempt,
                const CallContext& context) {
  Outcome outcome;
  if (attempt.check_existing) {
    outcome.status = find_ports(cloud, create, attempt.owner, context, outcome);
    if (!outcome.status.ok()) return outcome;
  }
  std::vector<std::string> slots;
  std::vector<openstack::NewPort> bodies;
  for (const PlannedPort& planned : create.ports) {
    if (outcome.made.count({ResourceKind::Port, planned.slot}) > 0) continue;
    openstack::NewPort body = planned.body;
    if (attempt.spec.isolated()) {
      body.network_id = id_at(attempt, ResourceKind::Network);
      for (auto& fixed : body.fixed_addresses)
        fixed.subnet_id = id_at(attempt, ResourceKind::Subnet);
    }
    if (!attempt.spec.lacks_port_security) {
      body.security_group_ids = {id_at(attempt, ResourceKind::SecurityGroup)};
    }
    slots.push_back(planned.slot);
    bodies.push_back(std::move(body));
  }
  if (bodies.empty()) return outcome;
  if (attempt.check_existing && !attempt.may_repeat) {
    outcome.not_seen = true;
    return outcome;
  }
  const auto ports = cloud.neutron.create_ports(bodies, context);
  if (ports.ok()) {
    for (std::size_t i = 0; i < ports->size() && i < slots.size(); ++i) {
      note_port(slots[i], (*ports)[i], outcome);
    }
    return outcome;
  }
  if (attempt.check_existing && !openstack::is_transient(ports.status())) {
    const absl::Status found = find_ports(cloud, create, attempt.owner, context, outcome);
    if (found.ok() && outcome.made.size() == create.ports.size()) return outcome;
  }
  outcome.status = refused_ports(ports.status(), bodies);
  return outcome;
}

}  // namespace mex::cluster
