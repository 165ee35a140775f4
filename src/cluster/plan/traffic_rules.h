#pragma once

#include <string>
#include <vector>

#include "cluster/spec/spec.h"
#include "openstack/neutron_types.h"

// What the ports of a cluster's nodes let pass. Pure.
namespace mex::cluster {

// Within the cluster everything; from outside what a cluster is reached by (ssh, the Kubernetes API
// and its node ports, ping), and everything from the edge proxy where the operator names it. An
// isolated network has no way in from the Internet in any case: its router only translates outward.
std::vector<openstack::NewSecurityGroupRule> security_rules_of(const ClusterSpec& spec);

// The same rules as they are in the group with that id.
std::vector<openstack::NewSecurityGroupRule> rules_in(
    const std::string& group_id, std::vector<openstack::NewSecurityGroupRule> rules);

// Whether two rules let the same pass, whichever of them Neutron has written.
bool is_same_rule(const openstack::SecurityGroupRule& a, const openstack::SecurityGroupRule& b);

// What nodes may send from besides their own addresses: pods of the bridge CNI have others.
std::vector<std::string> allowed_addresses_of(const ClusterSpec& spec);

}  // namespace mex::cluster
