#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cluster/flavor/builtin.h"
#include "cluster/plan/plan_fixture.h"
#include "cluster/steps/node_bootstrap.h"

// For tests.
namespace mex::cluster {

// Made once: an RSA key takes up to a second.
inline const ClusterSecrets& shared_secrets() {
  static const ClusterSecrets secrets =
      *make_cluster_secrets("test-1", base::system_clock().wall_now());
  return secrets;
}

// A cluster of each flavor, placed as the agent places it: masters from .10 on, workers from .101.
class NodeBootstrapTest : public testing::Test {
 protected:
  void use(const ClusterFlavor& flavor) {
    spec_ = ClusterSpec();
    spec_.tenant = "tenant-1";
    spec_.name = "test-1";
    spec_.flavor = flavor;
    spec_.subnet = "10.101.7.0/24";
    for (int i = 1; i <= flavor.masters.count; ++i) {
      add(fmt::format("master-{}", i), NodeRole::Master, std::string(kMasterGroup),
          fmt::format("10.101.7.{}", 9 + i));
    }
    int offset = 101;
    for (const WorkerPool& pool : flavor.worker_pools) {
      for (int i = 1; i <= pool.count; ++i) {
        add(fmt::format("{}-{}", pool.name, i), NodeRole::Worker, pool.name,
            fmt::format("10.101.7.{}", offset++));
      }
    }
  }
  void add(std::string slot, NodeRole role, std::string group, const std::string& address) {
    addresses_[slot] = address;
    NodeSpec node;
    node.slot = std::move(slot);
    node.role = role;
    node.group = std::move(group);
    node.address = address;
    spec_.nodes.push_back(std::move(node));
  }
  BootstrapInput input() const {
    return {.spec = spec_,
            .cluster_id = kTestClusterId,
            .secrets = secrets_,
            .subnet = spec_.subnet,
            .mtu = mtu_,
            .addresses = addresses_,
            .api_server_names = names_,
            .operator_user_data = operator_user_data_};
  }
  kubernetes::NodeBoot boot(std::size_t index) const {
    auto made = node_boot(input(), spec_.nodes.at(index));
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }

  ClusterSpec spec_;
  int mtu_ = 0;
  std::map<std::string, std::string> addresses_;
  std::string operator_user_data_ = "#cloud-config\ntimezone: UTC\n";
  const std::vector<std::string> names_{"test-1.tenant-1.edge.example"};
  const ClusterSecrets& secrets_ = shared_secrets();
};

}  // namespace mex::cluster
