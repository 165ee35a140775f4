#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "openstack/neutron_types.h"

namespace mex::openstack {

// Neutron's resources as JSON, both ways. Reading never throws: Internal names the faulty member.

absl::StatusOr<Network> network_from_json(const nlohmann::json& json);
absl::StatusOr<Subnet> subnet_from_json(const nlohmann::json& json);
absl::StatusOr<Router> router_from_json(const nlohmann::json& json);
absl::StatusOr<SecurityGroup> security_group_from_json(const nlohmann::json& json);
absl::StatusOr<SecurityGroupRule> rule_from_json(const nlohmann::json& json);
absl::StatusOr<Port> port_from_json(const nlohmann::json& json);
absl::StatusOr<FloatingIp> floating_ip_from_json(const nlohmann::json& json);
absl::StatusOr<NeutronQuotas> neutron_quotas_from_json(const nlohmann::json& json);

// `with_port_security`: Neutron has the extension of that name.
nlohmann::json to_json(const NewNetwork& network, bool with_port_security);
nlohmann::json to_json(const NewSubnet& subnet);
nlohmann::json to_json(const NewRouter& router);
nlohmann::json to_json(const NewSecurityGroup& group);
nlohmann::json to_json(const NewSecurityGroupRule& rule);
// `with_tags`: Neutron takes tags in the creation of ports.
nlohmann::json to_json(const NewPort& port, bool with_tags);

}  // namespace mex::openstack
