#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/records/inventory.h"
#include "openstack/glance.h"
#include "openstack/neutron_types.h"
#include "openstack/nova.h"

namespace mex::cluster {

// What the look-ups of one operation found. Every member is set by its own look-up.
struct Discovered {
  std::map<std::string, openstack::Image> images;    // by the names that the nodes have
  std::map<std::string, openstack::Flavor> flavors;  // Nova's, likewise
  std::string external_network_id;
  std::string router_id;  // of an existing router that is to be used
  std::string gateway;    // the router's address on the external network
  std::string shared_network_id;
  std::string shared_subnet_id;                  // of the subnet that holds the nodes' addresses
  std::string shared_subnet;                     // the same, as "192.0.2.0/24"
  std::map<std::string, std::string> manifests;  // texts by source
  openstack::ComputeQuotas compute;
  std::string compute_request_id;
  openstack::NeutronQuotas network;
  std::string network_request_id;
  Inventory inventory;
};

}  // namespace mex::cluster
