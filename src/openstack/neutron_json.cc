#include "openstack/neutron_json.h"

#include "base/status.h"
#include "openstack/json_reader.h"

namespace mex::openstack {
namespace {

using nlohmann::json;

void put(json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

std::optional<int> small_integer(JsonReader& reader, const char* key) {
  const auto value = reader.integer(key);
  if (!value) return std::nullopt;
  if (*value < -1 || *value > 65535) {
    reader.reject(key, "is out of range");
    return std::nullopt;
  }
  return static_cast<int>(*value);
}

Quota quota_from_json(JsonReader& quotas, const char* key) {
  JsonReader reader(quotas.object(key), key);
  Quota quota;
  quota.limit = reader.integer("limit").value_or(-1);
  quota.used = reader.integer("used").value_or(0) + reader.integer("reserved").value_or(0);
  if (!reader.status().ok()) quotas.reject(key, "is not a quota");
  return quota;
}

absl::StatusOr<FixedAddress> fixed_address_from_json(const json& object) {
  JsonReader reader(object, "fixed IP");
  FixedAddress address{.subnet_id = reader.text("subnet_id"),
                       .address = reader.required_text("ip_address")};
  MEX_RETURN_IF_ERROR(reader.status());
  return address;
}

}  // namespace

absl::StatusOr<Network> network_from_json(const json& object) {
  JsonReader reader(object, "network");
  Network network;
  network.id = reader.required_text("id");
  network.name = reader.text("name");
  network.description = reader.text("description");
  network.project_id = reader.text("project_id");
  network.status = reader.text("status");
  network.external = reader.boolean("router:external");
  network.shared = reader.boolean("shared");
  const bool says_port_security = object.is_object() && object.contains("port_security_enabled");
  network.port_security = !says_port_security || reader.boolean("port_security_enabled");
  network.mtu = small_integer(reader, "mtu").value_or(0);
  network.subnet_ids = reader.texts("subnets");
  network.tags = reader.texts("tags");
  MEX_RETURN_IF_ERROR(reader.status());
  return network;
}

absl::StatusOr<Subnet> subnet_from_json(const json& object) {
  JsonReader reader(object, "subnet");
  Subnet subnet;
  subnet.id = reader.required_text("id");
  subnet.name = reader.text("name");
  subnet.description = reader.text("description");
  subnet.network_id = reader.required_text("network_id");
  subnet.cidr = reader.required_text("cidr");
  subnet.gateway_ip = reader.text("gateway_ip");
  subnet.ip_version = small_integer(reader, "ip_version").value_or(4);
  const bool says_dhcp = object.is_object() && object.contains("enable_dhcp");
  subnet.dhcp = !says_dhcp || reader.boolean("enable_dhcp");
  subnet.dns_servers = reader.texts("dns_nameservers");
  subnet.tags = reader.texts("tags");
  MEX_RETURN_IF_ERROR(reader.status());
  return subnet;
}

absl::StatusOr<Router> router_from_json(const json& object) {
  JsonReader reader(object, "router");
  Router router;
  router.id = reader.required_text("id");
  router.name = reader.text("name");
  router.description = reader.text("description");
  router.status = reader.text("status");
  JsonReader gateway(reader.object("external_gateway_info"), "router gateway");
  router.external_network_id = gateway.text("network_id");
  for (const json& element : gateway.array("external_fixed_ips")) {
    MEX_ASSIGN_OR_RETURN(const FixedAddress address, fixed_address_from_json(element));
    router.external_addresses.push_back(address.address);
  }
  for (const json& element : reader.array("routes")) {
    JsonReader route(element, "router's route");
    router.routes.push_back(
        {.destination = route.required_text("destination"), .next_hop = route.text("nexthop")});
    MEX_RETURN_IF_ERROR(route.status());
  }
  router.tags = reader.texts("tags");
  MEX_RETURN_IF_ERROR(gateway.status());
  MEX_RETURN_IF_ERROR(reader.status());
  return router;
}

absl::StatusOr<SecurityGroup> security_group_from_json(const json& object) {
  JsonReader reader(object, "security group");
  SecurityGroup group;
  group.id = reader.required_text("id");
  group.name = reader.text("name");
  group.description = reader.text("description");
  group.tags = reader.texts("tags");
  MEX_RETURN_IF_ERROR(reader.status());
  return group;
}

absl::StatusOr<SecurityGroupRule> rule_from_json(const json& object) {
  JsonReader reader(object, "security group rule");
  SecurityGroupRule rule;
  rule.id = reader.required_text("id");
  rule.security_group_id = reader.required_text("security_group_id");
  rule.description = reader.text("description");
  rule.direction =
      reader.required_text("direction") == "egress" ? Direction::Egress : Direction::Ingress;
  rule.ether_type = reader.text("ethertype") == "IPv6" ? EtherType::IPv6 : EtherType::IPv4;
  rule.protocol = reader.text("protocol");
  rule.port_min = small_integer(reader, "port_range_min");
  rule.port_max = small_integer(reader, "port_range_max");
  rule.remote_cidr = reader.text("remote_ip_prefix");
  rule.remote_group_id = reader.text("remote_group_id");
  MEX_RETURN_IF_ERROR(reader.status());
  return rule;
}

absl::StatusOr<Port> port_from_json(const json& object) {
  JsonReader reader(object, "port");
  Port port;
  port.id = reader.required_text("id");
  port.name = reader.text("name");
  port.description = reader.text("description");
  port.network_id = reader.required_text("network_id");
  port.status = reader.text("status");
  port.mac_address = reader.text("mac_address");
  port.device_id = reader.text("device_id");
  port.device_owner = reader.text("device_owner");
  for (const json& element : reader.array("fixed_ips")) {
    MEX_ASSIGN_OR_RETURN(FixedAddress address, fixed_address_from_json(element));
    port.fixed_addresses.push_back(std::move(address));
  }
  port.security_group_ids = reader.texts("security_groups");
  port.tags = reader.texts("tags");
  MEX_RETURN_IF_ERROR(reader.status());
  return port;
}

absl::StatusOr<FloatingIp> floating_ip_from_json(const json& object) {
  JsonReader reader(object, "floating ip");
  FloatingIp floating;
  floating.id = reader.required_text("id");
  floating.address = reader.required_text("floating_ip_address");
  floating.fixed_address = reader.text("fixed_ip_address");
  floating.port_id = reader.text("port_id");
  MEX_RETURN_IF_ERROR(reader.status());
  return floating;
}

absl::StatusOr<NeutronQuotas> neutron_quotas_from_json(const json& object) {
  JsonReader reader(object, "network quotas");
  NeutronQuotas quotas;
  quotas.networks = quota_from_json(reader, "network");
  quotas.subnets = quota_from_json(reader, "subnet");
  quotas.routers = quota_from_json(reader, "router");
  quotas.ports = quota_from_json(reader, "port");
  quotas.security_groups = quota_from_json(reader, "security_group");
  quotas.security_group_rules = quota_from_json(reader, "security_group_rule");
  MEX_RETURN_IF_ERROR(reader.status());
  return quotas;
}

json to_json(const NewNetwork& network, bool with_port_security) {
  json object = json::object();
  put(object, "name", network.name);
  if (with_port_security) object["port_security_enabled"] = network.port_security;
  put(object, "description", network.description);
  return object;
}

json to_json(const NewSubnet& subnet) {
  json object = {{"network_id", subnet.network_id}, {"cidr", subnet.cidr}};
  object["ip_version"] = subnet.cidr.find(':') == std::string::npos ? 4 : 6;
  put(object, "name", subnet.name);
  put(object, "description", subnet.description);
  put(object, "gateway_ip", subnet.gateway_ip);
  if (!subnet.dns_servers.empty()) object["dns_nameservers"] = subnet.dns_servers;
  for (const AddressRange& range : subnet.allocation_pools) {
    object["allocation_pools"].push_back({{"start", range.first}, {"end", range.last}});
  }
  return object;
}

json to_json(const NewRouter& router) {
  json object = json::object();
  put(object, "name", router.name);
  put(object, "description", router.description);
  if (!router.external_network_id.empty()) {
    object["external_gateway_info"] = {{"network_id", router.external_network_id}};
    if (!router.snat) object["external_gateway_info"]["enable_snat"] = false;
  }
  return object;
}

json to_json(const NewSecurityGroup& group) {
  json object = {{"name", group.name}};
  put(object, "description", group.description);
  return object;
}

json to_json(const NewSecurityGroupRule& rule) {
  json object = {{"security_group_id", rule.security_group_id},
                 {"direction", rule.direction == Direction::Egress ? "egress" : "ingress"},
                 {"ethertype", rule.ether_type == EtherType::IPv6 ? "IPv6" : "IPv4"}};
  put(object, "description", rule.description);
  put(object, "protocol", rule.protocol);
  put(object, "remote_ip_prefix", rule.remote_cidr);
  put(object, "remote_group_id", rule.remote_group_id);
  if (rule.port_min) object["port_range_min"] = *rule.port_min;
  if (rule.port_max) object["port_range_max"] = *rule.port_max;
  return object;
}

json to_json(const NewPort& port, bool with_tags) {
  json object = {{"network_id", port.network_id}};
  put(object, "name", port.name);
  put(object, "description", port.description);
  for (const FixedAddress& address : port.fixed_addresses) {
    json fixed = json::object();
    put(fixed, "subnet_id", address.subnet_id);
    put(fixed, "ip_address", address.address);
    object["fixed_ips"].push_back(std::move(fixed));
  }
  // api-ref network v2, "allowed_address_pairs": without a MAC address it is the port's own.
  for (const std::string& address : port.allowed_addresses) {
    object["allowed_address_pairs"].push_back({{"ip_address", address}});
  }
  if (!port.security_group_ids.empty()) object["security_groups"] = port.security_group_ids;
  if (with_tags && !port.tags.empty()) object["tags"] = port.tags;
  return object;
}

}  // namespace mex::openstack
