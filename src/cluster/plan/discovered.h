#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/records/inventory.h"
#include "cluster/records/references.h"
#include "openstack/cinder.h"
#include "openstack/glance.h"
#include "openstack/neutron_types.h"
#include "openstack/nova.h"

namespace mex::cluster {

// What the look-ups of one operation found. Every member is set by its own look-up.
struct Discovered {
  std::map<std::string, openstack::Image> images;    // by the nodes' image_key
  std::map<std::string, openstack::Flavor> flavors;  // Nova's, by the nodes' nova_flavor_key
  CloudReferences references;
  std::string gateway;            // the router's address on the external network
  bool has_port_security = true;  // of the nodes' network
  std::string shared_subnet;      // that the nodes' addresses are in: "192.0.2.0/24"
  std::map<std::string, openstack::ServerSource> sources;  // by the server's id
  std::map<std::string, std::string> manifests;            // texts by source
  openstack::ComputeQuotas compute;
  std::string compute_request_id;
  openstack::NeutronQuotas network;
  std::string network_request_id;
  // Where it was asked for: a Nova flavor has no disk, or the cluster flavor wants volumes.
  bool has_volumes = false;  // the cloud has Cinder
  openstack::VolumeQuotas volumes;
  std::string volume_request_id;
  std::vector<std::string> volume_zones;  // Cinder's, where the cluster has zones
  int network_mtu = 0;                    // of the nodes' network; 0: not said
  Inventory inventory;
};

}  // namespace mex::cluster
