#pragma once

#include "cluster/plan/findings.h"
#include "cluster/records/inventory_fixture.h"
#include "cluster/spec/spec_fixture.h"

// For tests: what the look-ups for the cluster of spec_fixture.h would find.
namespace mex::cluster {

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

}  // namespace mex::cluster
