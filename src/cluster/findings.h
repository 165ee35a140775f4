#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/inventory.h"
#include "openstack/glance.h"
#include "openstack/neutron_types.h"
#include "openstack/nova.h"

namespace mex::cluster {

// What the look-ups of one operation found. Every member is set by its own look-up.
struct Findings {
  openstack::Image image;
  openstack::Flavor flavor;
  std::string external_network_id;
  std::string shared_network_id;
  std::string shared_subnet_id;  // of the subnet that holds the nodes' addresses
  openstack::ComputeQuotas compute;
  std::string compute_request_id;
  openstack::NeutronQuotas network;
  std::string network_request_id;
  Inventory inventory;
};

}  // namespace mex::cluster
