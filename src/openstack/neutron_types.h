#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mex::openstack {

// The parts of Neutron's resources that the agent uses. New… structs are what is sent: an empty or
// unset member is left to Neutron's default.

struct Network {
  std::string id;
  std::string name;
  std::string description;
  std::string project_id;
  std::string status;  // "ACTIVE", "DOWN", "BUILD", "ERROR"
  bool external = false;
  bool shared = false;
  // Whether its ports filter by security groups and allowed addresses; true where Neutron does not
  // have the extension.
  bool port_security = true;
  int mtu = 0;  // 0 = not said
  std::vector<std::string> subnet_ids;
  std::vector<std::string> tags;
};

struct NewNetwork {
  std::string name;
  std::string description;
  // Sent where Neutron has the extension, whatever the cloud's default is.
  bool port_security = true;
};

struct Subnet {
  std::string id;
  std::string name;
  std::string description;
  std::string network_id;
  std::string cidr;
  std::string gateway_ip;  // "" = none
  int ip_version = 4;
  bool dhcp = true;
  std::vector<std::string> dns_servers;
  std::vector<std::string> tags;
};

// Where packets to a block of addresses go.
struct StaticRoute {
  std::string destination;  // "10.0.0.0/8"
  std::string next_hop;
};

// Both ends belong to it.
struct AddressRange {
  std::string first;
  std::string last;
};

struct NewSubnet {
  std::string network_id;
  std::string name;
  std::string description;
  std::string cidr;
  std::string gateway_ip;
  std::vector<std::string> dns_servers;
  std::vector<AddressRange> allocation_pools{};  // what Neutron gives out by itself; empty: all
};

struct Router {
  std::string id;
  std::string name;
  std::string description;
  std::string status;
  std::string external_network_id;  // "" = no gateway
  std::vector<std::string> external_addresses;
  std::vector<StaticRoute> routes;  // that people have added
  std::vector<std::string> tags;
};

struct NewRouter {
  std::string name;
  std::string description;
  std::string external_network_id;
  // Whether the gateway translates addresses. Only false is sent: to say either is an
  // administrator's right in Neutron's default policy, and true is its default.
  bool snat = true;
};

struct SecurityGroup {
  std::string id;
  std::string name;
  std::string description;
  std::vector<std::string> tags;
};

struct NewSecurityGroup {
  std::string name;
  std::string description;
};

enum class Direction { Ingress, Egress };
enum class EtherType { IPv4, IPv6 };

struct SecurityGroupRule {
  std::string id;
  std::string security_group_id;
  std::string description;
  Direction direction = Direction::Ingress;
  EtherType ether_type = EtherType::IPv4;
  std::string protocol;         // "tcp", "udp", "icmp", a number, or "" = any
  std::optional<int> port_min;  // unset = any
  std::optional<int> port_max;
  std::string remote_cidr;      // "" = not limited by address
  std::string remote_group_id;  // "" = not limited by group
};

// A rule to make is a rule without an id.
using NewSecurityGroupRule = SecurityGroupRule;

struct FixedAddress {
  std::string subnet_id;
  std::string address;  // "" in a new port = any of the subnet
};

struct Port {
  std::string id;
  std::string name;
  std::string description;
  std::string network_id;
  std::string status;
  std::string mac_address;
  std::string device_id;     // the server's or router's id, "" = not in use
  std::string device_owner;  // "compute:nova", "network:router_interface", …
  std::vector<FixedAddress> fixed_addresses;
  std::vector<std::string> security_group_ids;
  std::vector<std::string> tags;
};

// An address of an external network that leads to one of a port's.
struct FloatingIp {
  std::string id;
  std::string address;
  std::string fixed_address;  // "" = leads nowhere
  std::string port_id;        // "" = leads nowhere
};

struct NewPort {
  std::string network_id;
  std::string name;
  std::string description;
  std::vector<FixedAddress> fixed_addresses;
  // Addresses and blocks that the port may send from besides its own: "10.244.0.0/16".
  std::vector<std::string> allowed_addresses;
  std::vector<std::string> security_group_ids;
  std::vector<std::string> tags;
};

// What a list is narrowed to; an empty member does not narrow. All must match.
struct NeutronFilter {
  std::string name;
  std::string description;
  std::vector<std::string> tags;  // all of them
  std::string project_id;
  std::string network_id;         // subnets, ports
  std::string device_id;          // ports
  std::string device_owner;       // ports
  std::string port_id;            // floating addresses
  std::string security_group_id;  // rules
  std::optional<bool> external;   // networks
};

// One kind of quota.
struct Quota {
  std::int64_t limit = -1;  // -1 = unlimited
  std::int64_t used = 0;    // reserved ones included
};

struct NeutronQuotas {
  Quota networks;
  Quota subnets;
  Quota routers;
  Quota ports;
  Quota security_groups;
  Quota security_group_rules;
};

}  // namespace mex::openstack
