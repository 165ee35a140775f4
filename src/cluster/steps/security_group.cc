#include "cluster/steps/security_group.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/status.h"
#include "cluster/plan/traffic_rules.h"
#include "cluster/steps/make_once.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

using openstack::CallContext;
using openstack::NeutronFilter;

absl::Status drop_existing_rules(Cloud& cloud, const std::string& group_id,
                                 std::vector<openstack::NewSecurityGroupRule>& rules,
                                 const CallContext& context) {
  NeutronFilter of_group;
  of_group.security_group_id = group_id;
  MEX_ASSIGN_OR_RETURN(const auto existing,
                       cloud.neutron.list_security_group_rules(of_group, context));
  const auto is_there = [&](const openstack::NewSecurityGroupRule& rule) {
    return std::any_of(existing.begin(), existing.end(),
                       [&](const auto& other) { return is_same_rule(rule, other); });
  };
  rules.erase(std::remove_if(rules.begin(), rules.end(), is_there), rules.end());
  return absl::OkStatus();
}

}  // namespace

Outcome perform(Cloud& cloud, const CreateSecurityGroup& create, const Attempt& attempt,
                const CallContext& context) {
  return make_once(
      {ResourceKind::SecurityGroup, {}}, attempt,
      [&] {
        return first_of(cloud.neutron.list_security_groups(
            marked_name(create.body.name, attempt.owner), context));
      },
      [&] { return id_of(cloud.neutron.create_security_group(create.body, context)); });
}

// Neutron refuses a rule that is there, so repeating cannot double one.
Outcome perform(Cloud& cloud, const CreateRules& create, const Attempt& attempt,
                const CallContext& context) {
  const std::string& group_id = id_at(attempt, ResourceKind::SecurityGroup);
  std::vector<openstack::NewSecurityGroupRule> rules = rules_in(group_id, create.bodies);
  if (attempt.check_existing) {
    const absl::Status listed = drop_existing_rules(cloud, group_id, rules, context);
    if (!listed.ok()) return failure(listed);
  }
  if (rules.empty()) return {};
  const auto result = cloud.neutron.create_security_group_rules(rules, context);
  if (result.ok()) return {};
  if (attempt.check_existing && !openstack::is_transient(result.status())) {
    const absl::Status listed = drop_existing_rules(cloud, group_id, rules, context);
    if (listed.ok() && rules.empty()) return {};
  }
  return failure(result.status());
}

}  // namespace mex::cluster
