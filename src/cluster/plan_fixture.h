#pragma once

#include <string>

#include "cluster/address_pool.h"
#include "cluster/findings.h"
#include "cluster/flavor_builtin.h"
#include "cluster/inventory.h"
#include "cluster/resource.h"
#include "cluster/spec.h"

// For tests: a cluster of one master and two workers, and what its look-ups would find.
namespace mex::cluster {

inline constexpr const char* kTestClusterId = "k3v9x2ab";

inline Owner test_owner() { return {"ag3ntid1", kTestClusterId}; }

inline ClusterSpec test_spec() {
  ClusterSpec spec;
  spec.tenant = "tenant-1";
  spec.name = "test-1";
  spec.flavor = built_in_flavors().at("kubernetes-mini-openstack").flavor;
  spec.subnet = "10.101.7.0/24";
  spec.master_address = "10.101.7.10";
  const auto add = [&spec](const char* slot, NodeRole role, const char* group,
                           const char* address) {
    spec.nodes.push_back({.slot = slot,
                          .role = role,
                          .group = group,
                          .nova_flavor = "m1.small",
                          .image = "debian-12",
                          .zone = {},
                          .address = address});
  };
  add("master-1", NodeRole::Master, "master", "10.101.7.10");
  add("worker-1", NodeRole::Worker, "worker", "10.101.7.101");
  add("worker-2", NodeRole::Worker, "worker", "10.101.7.102");
  return spec;
}

inline Findings test_findings() {
  Findings findings;
  openstack::Image& image = findings.images["debian-12"];
  image.id = "image-id";
  image.name = "debian-12";
  image.status = "active";
  openstack::Flavor& flavor = findings.flavors["m1.small"];
  flavor.id = "flavor-id";
  flavor.name = "m1.small";
  flavor.vcpus = 2;
  flavor.ram_mib = 2048;
  flavor.disk_gib = 20;
  findings.external_network_id = "public-id";
  return findings;
}

inline SeenResource seen_at(const ResourceKey& key, std::string id, std::string status = "ACTIVE") {
  return {key.kind, std::move(id), resource_name("test-1", kTestClusterId, key), std::move(status),
          true};
}

// Everything of the cluster, with ids "id of network", "id of server master-1", ….
inline Inventory whole_inventory() {
  Inventory inventory;
  for (const ResourceKey& key : resource_keys(test_spec())) {
    inventory.push_back(seen_at(key, "id of " + to_text(key)));
  }
  return inventory;
}

inline ResourceIds whole_journal() {
  ResourceIds journal;
  for (const ResourceKey& key : resource_keys(test_spec())) journal[key] = "id of " + to_text(key);
  return journal;
}

}  // namespace mex::cluster
