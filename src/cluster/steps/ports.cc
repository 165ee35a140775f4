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

// True if it was missing.
bool add_missing(std::vector<std::string>& all, const std::string& one) {
  if (std::find(all.begin(), all.end(), one) != all.end()) return false;
  all.push_back(one);
  return true;
}

// Lets a port have what it lacks of these further addresses and of the group, if there is one.
absl::Status add_filters(Cloud& cloud, const openstack::Port& port,
                         const std::vector<std::string>& allowed_addresses,
                         const std::string& group, const CallContext& context) {
  openstack::PortFilters filters{.allowed_addresses = port.allowed_addresses,
                                 .security_group_ids = port.security_group_ids};
  bool is_changed = false;
  for (const std::string& address : allowed_addresses) {
    is_changed = add_missing(filters.allowed_addresses, address) || is_changed;
  }
  if (!group.empty()) is_changed = add_missing(filters.security_group_ids, group) || is_changed;
  if (!is_changed) return absl::OkStatus();
  return cloud.neutron.set_port_filters(port.id, filters, context);
}

// Neutron's ML2 forgets the address pairs of ports that are made in bulk (21.0.0: it takes them
// from its own new record instead of the request), and the answer shows it. Without them no packet
// of a pod gets through, so they are set once more.
absl::Status set_lost_pairs(Cloud& cloud, const Attempt& attempt, const PlannedPort& planned,
                            const openstack::Port& port, const CallContext& context) {
  if (planned.body.allowed_addresses.empty()) return absl::OkStatus();
  const std::string group = attempt.spec.lacks_port_security
                                ? std::string()
                                : id_at(attempt, ResourceKind::SecurityGroup);
  return add_filters(cloud, port, planned.body.allowed_addresses, group, context);
}

// The ports of the plan that exist.
absl::Status find_ports(Cloud& cloud, const CreatePorts& create, const Attempt& attempt,
                        const CallContext& context, Outcome& outcome) {
  NeutronFilter marked;
  marked.description = mark_of(attempt.owner);
  MEX_ASSIGN_OR_RETURN(auto ports, cloud.neutron.list_ports(marked, context));
  std::sort(ports.begin(), ports.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (const PlannedPort& planned : create.ports) {
    for (const openstack::Port& port : ports) {
      if (port.name != planned.body.name) continue;
      note_port(planned.slot, port, outcome);
      MEX_RETURN_IF_ERROR(set_lost_pairs(cloud, attempt, planned, port, context));
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
    outcome.status = find_ports(cloud, create, attempt, context, outcome);
    if (!outcome.status.ok()) return outcome;
  }
  std::vector<const PlannedPort*> missing;
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
    missing.push_back(&planned);
    bodies.push_back(std::move(body));
  }
  if (bodies.empty()) return outcome;
  if (attempt.check_existing && !attempt.may_repeat) {
    outcome.not_seen = true;
    return outcome;
  }
  const auto ports = cloud.neutron.create_ports(bodies, context);
  if (ports.ok()) {
    const std::size_t count = std::min(ports->size(), missing.size());
    for (std::size_t i = 0; i < count; ++i) note_port(missing[i]->slot, (*ports)[i], outcome);
    for (std::size_t i = 0; i < count && outcome.status.ok(); ++i) {
      outcome.status = set_lost_pairs(cloud, attempt, *missing[i], (*ports)[i], context);
    }
    return outcome;
  }
  if (attempt.check_existing && !openstack::is_transient(ports.status())) {
    // As in make_once(): a refusal that cannot be looked into is not the outcome.
    outcome.status = find_ports(cloud, create, attempt, context, outcome);
    if (!outcome.status.ok() || outcome.made.size() == create.ports.size()) return outcome;
  }
  outcome.status = refused_ports(ports.status(), bodies);
  return outcome;
}

Outcome perform(Cloud& cloud, const SetPortFilters& set, const Attempt& attempt,
                const CallContext& context) {
  const std::string& group = id_at(attempt, ResourceKind::SecurityGroup);
  for (const std::string& slot : set.slots) {
    const std::string& id = id_at(attempt, ResourceKind::Port, slot);
    const auto port = cloud.neutron.get_port(id, context);
    if (!port.ok()) return failure(port.status());
    const absl::Status status = add_filters(cloud, *port, set.allowed_addresses, group, context);
    if (!status.ok()) return failure(status);
  }
  return {};
}

}  // namespace mex::cluster
