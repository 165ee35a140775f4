#include "cluster/plan/quota.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/status.h"

namespace mex::cluster {
namespace {

// Neutron gives every new security group two rules: egress for IPv4 and IPv6.
constexpr std::int64_t kDefaultRules = 2;

struct Need {
  std::int64_t servers = 0;
  std::int64_t cores = 0;
  std::int64_t ram_mib = 0;
  std::int64_t server_groups = 0;
  std::int64_t group_members = 0;  // of the largest server group
  std::int64_t networks = 0;
  std::int64_t subnets = 0;
  std::int64_t routers = 0;
  std::int64_t ports = 0;
  std::int64_t groups = 0;
  std::int64_t rules = 0;
  std::int64_t volumes = 0;
  std::int64_t volume_gib = 0;
};

class Counter {
 public:
  Counter(const ClusterSpec& spec, const Discovered& discovered) : discovered_(discovered) {
    for (const NodeSpec& node : spec.nodes) nova_flavors_[node.slot] = nova_flavor_key(node);
  }

  Need count(const Plan& plan) {
    for (const PlannedStep& step : plan.steps) {
      // A server that is there is a member of its group, too.
      if (const auto* server = std::get_if<CreateServer>(&step.action)) add_member(*server);
      if (step.is_done) continue;
      add_compute(step.action);
      add_network(step);
    }
    return need_;
  }

 private:
  void add_member(const CreateServer& server) {
    if (server.group.empty()) return;
    need_.group_members = std::max(need_.group_members, ++members_[server.group]);
  }

  void add_server(const std::string& slot, std::int64_t count) {
    const auto name = nova_flavors_.find(slot);
    if (name == nova_flavors_.end()) return;
    const openstack::Flavor& flavor = discovered_.flavors.at(name->second);
    need_.servers += count;
    need_.cores += count * flavor.vcpus;
    need_.ram_mib += count * flavor.ram_mib;
  }

  void add_compute(const Action& action) {
    if (std::holds_alternative<CreateServerGroup>(action)) ++need_.server_groups;
    if (const auto* server = std::get_if<CreateServer>(&action)) add_server(server->slot, 1);
    if (const auto* volume = std::get_if<CreateVolume>(&action)) {
      // One that is removed before is as large.
      if (leaving_volumes_.count(volume->slot) > 0) return;
      ++need_.volumes;
      need_.volume_gib += volume->body.size_gib;
    }
    // A broken server goes before the one that takes its place comes.
    const auto* removal = std::get_if<Remove>(&action);
    if (removal != nullptr && removal->resource.key().kind == ResourceKind::Server) {
      add_server(removal->resource.key().node, -1);
    }
    if (removal != nullptr && removal->resource.key().kind == ResourceKind::Volume) {
      leaving_volumes_.insert(removal->resource.key().node);
    }
  }

  void add_network(const PlannedStep& step) {
    const Action& action = step.action;
    if (std::holds_alternative<CreateNetwork>(action)) ++need_.networks;
    if (std::holds_alternative<CreateSubnet>(action)) ++need_.subnets;
    if (std::holds_alternative<CreateRouter>(action)) ++need_.routers;
    if (std::holds_alternative<CreateSecurityGroup>(action)) {
      ++need_.groups;
      need_.rules += kDefaultRules;
    }
    if (const auto* ports = std::get_if<CreatePorts>(&action)) {
      need_.ports += static_cast<std::int64_t>(ports->ports.size());
    }
    // The inventory does not show interfaces and rules: in a later attempt they may be there.
    if (step.check_existing) return;
    if (std::holds_alternative<AttachRouter>(action)) ++need_.ports;
    if (const auto* rules = std::get_if<CreateRules>(&action)) {
      need_.rules += static_cast<std::int64_t>(rules->bodies.size());
    }
  }

  const Discovered& discovered_;
  std::map<std::string, std::string> nova_flavors_;  // by slot
  std::map<std::string, std::int64_t> members_;      // by group of nodes
  std::set<std::string> leaving_volumes_;            // slots; their removals are planned first
  Need need_;
};

class Shortages {
 public:
  void check(std::string_view what, std::int64_t needed, const openstack::Quota& quota) {
    if (needed <= 0 || quota.limit < 0 || quota.used + needed <= quota.limit) return;
    if (!text_.empty()) text_ += "; ";
    text_ += fmt::format("{}: {} needed, {} of {} left", what, needed,
                         std::max<std::int64_t>(quota.limit - quota.used, 0), quota.limit);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

absl::Status check_quota(const Plan& plan, const ClusterSpec& spec, const Discovered& discovered) {
  const Need need = Counter(spec, discovered).count(plan);
  Shortages shortages;
  shortages.check("instances", need.servers, discovered.compute.instances);
  shortages.check("cores", need.cores, discovered.compute.cores);
  shortages.check("ram (MiB)", need.ram_mib, discovered.compute.ram_mib);
  shortages.check("server groups", need.server_groups, discovered.compute.server_groups);
  shortages.check("members of a server group", need.group_members,
                  {.limit = discovered.compute.server_group_members, .used = 0});
  const bool lacks_compute = !shortages.text().empty();
  shortages.check("networks", need.networks, discovered.network.networks);
  shortages.check("subnets", need.subnets, discovered.network.subnets);
  shortages.check("routers", need.routers, discovered.network.routers);
  shortages.check("ports", need.ports, discovered.network.ports);
  shortages.check("security groups", need.groups, discovered.network.security_groups);
  shortages.check("security group rules", need.rules, discovered.network.security_group_rules);
  const bool lacks_network = !lacks_compute && !shortages.text().empty();
  shortages.check("volumes", need.volumes, discovered.volumes.volumes);
  shortages.check("volume gigabytes", need.volume_gib, discovered.volumes.gigabytes);
  if (shortages.text().empty()) return absl::OkStatus();
  const std::string& request_id = lacks_compute   ? discovered.compute_request_id
                                  : lacks_network ? discovered.network_request_id
                                                  : discovered.volume_request_id;
  return base::with_detail(
      base::error(absl::StatusCode::kResourceExhausted, "quota: {}", shortages.text()),
      {.field = {}, .request_id = request_id, .cloud_code = "QuotaExceeded"});
}

}  // namespace mex::cluster
