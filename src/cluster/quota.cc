#include "cluster/quota.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace mex::cluster {
namespace {

// Neutron gives every new security group two rules of its own: egress for IPv4 and IPv6.
constexpr std::int64_t kDefaultRules = 2;

struct Need {
  std::int64_t servers = 0;
  std::int64_t networks = 0;
  std::int64_t subnets = 0;
  std::int64_t routers = 0;
  std::int64_t ports = 0;
  std::int64_t groups = 0;
  std::int64_t rules = 0;
};

Need need_of(const Plan& plan) {
  Need need;
  for (const PlannedStep& step : plan.steps) {
    if (step.is_done) continue;
    const Action& action = step.action;
    if (std::holds_alternative<CreateNetwork>(action)) ++need.networks;
    if (std::holds_alternative<CreateSubnet>(action)) ++need.subnets;
    if (std::holds_alternative<CreateRouter>(action)) ++need.routers;
    if (std::holds_alternative<CreateServer>(action)) ++need.servers;
    // A broken server goes before the one that takes its place comes.
    const auto* removal = std::get_if<Remove>(&action);
    if (removal != nullptr && removal->key.kind == ResourceKind::Server) --need.servers;
    if (std::holds_alternative<CreateSecurityGroup>(action)) {
      ++need.groups;
      need.rules += kDefaultRules;
    }
    if (const auto* ports = std::get_if<CreatePorts>(&action)) {
      need.ports += static_cast<std::int64_t>(ports->ports.size());
    }
    // The inventory does not show interfaces and rules: in a later attempt they may be there.
    if (step.look_first) continue;
    if (std::holds_alternative<AttachRouter>(action)) ++need.ports;
    if (const auto* rules = std::get_if<CreateRules>(&action)) {
      need.rules += static_cast<std::int64_t>(rules->bodies.size());
    }
  }
  return need;
}

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

absl::Status check_quota(const Plan& plan, const Findings& findings) {
  const Need need = need_of(plan);
  Shortages shortages;
  shortages.check("instances", need.servers, findings.compute.instances);
  shortages.check("cores", need.servers * findings.flavor.vcpus, findings.compute.cores);
  shortages.check("ram (MiB)", need.servers * findings.flavor.ram_mib, findings.compute.ram_mib);
  const bool lacks_compute = !shortages.text().empty();
  shortages.check("networks", need.networks, findings.network.networks);
  shortages.check("subnets", need.subnets, findings.network.subnets);
  shortages.check("routers", need.routers, findings.network.routers);
  shortages.check("ports", need.ports, findings.network.ports);
  shortages.check("security groups", need.groups, findings.network.security_groups);
  shortages.check("security group rules", need.rules, findings.network.security_group_rules);
  if (shortages.text().empty()) return absl::OkStatus();
  return base::with_detail(
      base::error(absl::StatusCode::kResourceExhausted, "quota: {}", shortages.text()),
      {.field = {},
       .request_id = lacks_compute ? findings.compute_request_id : findings.network_request_id,
       .cloud_code = "QuotaExceeded"});
}

}  // namespace mex::cluster
