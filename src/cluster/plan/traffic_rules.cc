#include "cluster/plan/traffic_rules.h"

#include <optional>
#include <utility>

#include "cluster/plan/action.h"
#include "kubernetes/api_server_port.h"

namespace mex::cluster {
namespace {

using openstack::NewSecurityGroupRule;

NewSecurityGroupRule rule(std::string protocol, std::optional<int> port_min,
                          std::optional<int> port_max, std::string remote_cidr) {
  NewSecurityGroupRule rule;
  rule.protocol = std::move(protocol);
  rule.port_min = port_min;
  rule.port_max = port_max;
  rule.remote_cidr = std::move(remote_cidr);
  return rule;
}

}  // namespace

std::vector<NewSecurityGroupRule> security_rules_of(const ClusterSpec& spec) {
  constexpr const char* kAnywhere = "0.0.0.0/0";
  NewSecurityGroupRule within;
  within.remote_group_id = kOwnGroup;
  std::vector<NewSecurityGroupRule> rules{
      within,
      rule("icmp", std::nullopt, std::nullopt, kAnywhere),
      rule("tcp", 22, 22, kAnywhere),
      rule("tcp", kubernetes::kApiServerPort, kubernetes::kApiServerPort, kAnywhere),
      rule("tcp", 30000, 32767, kAnywhere),
      rule("udp", 30000, 32767, kAnywhere),
  };
  if (!spec.proxy_address.empty()) {
    rules.push_back(rule("", std::nullopt, std::nullopt, spec.proxy_address + "/32"));
  }
  return rules;
}

std::vector<NewSecurityGroupRule> rules_in(const std::string& group_id,
                                           std::vector<NewSecurityGroupRule> rules) {
  for (NewSecurityGroupRule& rule : rules) {
    rule.security_group_id = group_id;
    if (rule.remote_group_id == kOwnGroup) rule.remote_group_id = group_id;
  }
  return rules;
}

bool is_same_rule(const openstack::SecurityGroupRule& a, const openstack::SecurityGroupRule& b) {
  // Neutron shows "any address" as no prefix at all.
  const auto cidr = [](const std::string& text) { return text == "0.0.0.0/0" ? "" : text; };
  return a.direction == b.direction && a.ether_type == b.ether_type && a.protocol == b.protocol &&
         a.port_min == b.port_min && a.port_max == b.port_max &&
         a.remote_group_id == b.remote_group_id && cidr(a.remote_cidr) == cidr(b.remote_cidr);
}

std::vector<std::string> allowed_addresses_of(const ClusterSpec& spec) {
  const bool is_bridged = spec.is_managed() && spec.flavor.kubernetes.cni == kBridgeCni;
  return is_bridged ? std::vector{spec.flavor.kubernetes.pod_network} : std::vector<std::string>{};
}

}  // namespace mex::cluster
