#pragma once

#include "cluster/flavor/builtin.h"
#include "cluster/spec/resource.h"
#include "cluster/spec/spec.h"

// For tests: a cluster of one master and two workers.
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

}  // namespace mex::cluster
