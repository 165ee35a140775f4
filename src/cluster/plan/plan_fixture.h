#pragma once

#include <string>
#include <vector>

#include "cluster/plan/discovered.h"
#include "cluster/plan/plan.h"
#include "cluster/records/inventory_fixture.h"
#include "cluster/spec/spec_fixture.h"

// For tests: the names of steps, and what the look-ups for the cluster of spec_fixture.h find.
namespace mex::cluster {

inline std::vector<std::string> names_of(const std::vector<StepKey>& keys) {
  std::vector<std::string> names;
  for (const StepKey& key : keys) names.push_back(to_string(key));
  return names;
}

inline Discovered test_discovered() {
  Discovered discovered;
  openstack::Image& image = discovered.images["debian-12"];
  image.id = "image-id";
  image.name = "debian-12";
  image.status = "active";
  openstack::Flavor& flavor = discovered.flavors["m1.small"];
  flavor.id = "flavor-id";
  flavor.name = "m1.small";
  flavor.vcpus = 2;
  flavor.ram_mib = 2048;
  flavor.disk_gib = 20;
  discovered.references.external_network.id = "public-id";
  return discovered;
}

}  // namespace mex::cluster
