#include "cluster/steps/node_bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/status.h"
#include "cluster/flavor/fixture.h"
#include "cluster/steps/bootstrap_fixture.h"

namespace mex::cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(NodeBootstrapTest, OneMasterBeginsAndTheOthersJoin) {
  use(built_in_flavors().at("kubernetes-ha-openstack").flavor);
  EXPECT_EQ(boot(0).node.role, kubernetes::NodeRole::FirstMaster);
  EXPECT_EQ(boot(1).node.role, kubernetes::NodeRole::FurtherMaster);
  EXPECT_EQ(boot(2).node.role, kubernetes::NodeRole::FurtherMaster);
  EXPECT_EQ(boot(3).node.role, kubernetes::NodeRole::Worker);
  EXPECT_EQ(boot(3).node.name, "test-1-k3v9x2ab-worker-1");
  EXPECT_EQ(boot(3).node.address, "10.101.7.101");
}

TEST_F(NodeBootstrapTest, EveryNodeFindsEveryMasterUnderOneName) {
  use(built_in_flavors().at("kubernetes-ha-openstack").flavor);
  const kubernetes::NodeBoot worker = boot(4);
  std::vector<std::string> found;
  for (const kubernetes::HostEntry& host : worker.hosts) {
    EXPECT_EQ(host.name, kApiServerName);
    found.push_back(host.address);
  }
  EXPECT_THAT(found, ElementsAre("10.101.7.10", "10.101.7.11", "10.101.7.12"));
  EXPECT_EQ(worker.cluster.endpoint_host, kApiServerName);
}

TEST_F(NodeBootstrapTest, TheApiServersCertificateHasTheNamesFromOutside) {
  use(built_in_flavors().at("kubernetes-mini-openstack").flavor);
  EXPECT_THAT(boot(0).cluster.certificate_names,
              ElementsAre("10.101.7.10", "test-1.tenant-1.edge.example"));
}

TEST_F(NodeBootstrapTest, MastersKeepWorkOffUnlessTheFlavorSaysOtherwise) {
  use(built_in_flavors().at("kubernetes-mini-openstack").flavor);
  EXPECT_FALSE(boot(0).node.taints.has_value()) << "kubeadm's own taint";
  ASSERT_TRUE(boot(1).node.taints.has_value());
  EXPECT_TRUE(boot(1).node.taints->empty());
  use(built_in_flavors().at("kubernetes-single-openstack").flavor);
  ASSERT_TRUE(boot(0).node.taints.has_value());
  EXPECT_TRUE(boot(0).node.taints->empty());
}

TEST_F(NodeBootstrapTest, NodesOfAPoolHaveItsLabelsAndTaints) {
  use(built_in_flavors().at("kubernetes-gpu-openstack").flavor);
  const kubernetes::NodeBoot gpu = boot(1);
  EXPECT_THAT(gpu.node.labels, Contains(testing::Pair("mexosagent.io/gpu", "true")));
  ASSERT_EQ(gpu.node.taints->size(), 1U);
  EXPECT_EQ(gpu.node.taints->front().effect, "NoSchedule");
  EXPECT_TRUE(boot(0).node.labels.empty());
}

TEST_F(NodeBootstrapTest, PodNetworksOfNodesDoNotOverlap) {
  use(built_in_flavors().at("kubernetes-ha-openstack").flavor);
  std::set<std::string> networks;
  for (std::size_t i = 0; i < spec_.nodes.size(); ++i) {
    EXPECT_TRUE(networks.insert(boot(i).pod_cidr).second) << boot(i).pod_cidr;
  }
  EXPECT_EQ(boot(0).pod_cidr, "10.244.10.0/24");
  EXPECT_FALSE(boot(0).cluster.allocates_pod_networks);
}

TEST_F(NodeBootstrapTest, PodsHaveTheMtuOfTheNodesNetwork) {
  use(built_in_flavors().at("kubernetes-mini-openstack").flavor);
  EXPECT_EQ(boot(0).pod_mtu, 0) << "the plugin's own choice";
  mtu_ = 1450;
  EXPECT_EQ(boot(0).pod_mtu, 1450);
}

TEST_F(NodeBootstrapTest, ACniOfAManifestGetsItsNetworksFromKubernetes) {
  ClusterFlavor flavor = built_in_flavors().at("kubernetes-mini-openstack").flavor;
  flavor.kubernetes.cni = "https://cni.example.org/flannel.yaml";
  use(flavor);
  EXPECT_TRUE(boot(0).cluster.allocates_pod_networks);
  EXPECT_EQ(boot(0).pod_cidr, "");
  EXPECT_TRUE(boot(0).pod_routes.empty());
}

TEST_F(NodeBootstrapTest, SettingsOfTheFlavorReachTheNode) {
  ClusterFlavor flavor = built_in_flavors().at("kubernetes-mini-openstack").flavor;
  flavor.kubernetes.image_style = ImageStyle::Packages;
  flavor.kubernetes.apt_source = "deb [trusted=yes] https://apt.example.org/k8s stable main";
  flavor.kubernetes.registry_mirror = "https://mirror.example.org:5000";
  flavor.kubernetes.http_proxy = "http://10.0.0.3:3128";
  flavor.kubernetes.no_proxy = {".example.org"};
  flavor.kubernetes.ntp_servers = {"ntp.example.org"};
  flavor.kubernetes.kubelet_arguments = {{"max-pods", "200"}};
  flavor.health_policy.api_server_deadline = std::chrono::minutes(3);
  flavor.health_policy.nodes_ready_deadline = std::chrono::minutes(4);
  use(flavor);
  const kubernetes::NodeBoot worker = boot(1);
  ASSERT_TRUE(worker.packages.has_value());
  EXPECT_EQ(worker.packages->line, flavor.kubernetes.apt_source);
  EXPECT_EQ(worker.containers.mirrors.size(), 3U);
  EXPECT_EQ(worker.proxy.https, "http://10.0.0.3:3128");
  EXPECT_THAT(worker.proxy.exceptions, ElementsAre(".example.org"));
  EXPECT_THAT(worker.ntp_servers, ElementsAre("ntp.example.org"));
  EXPECT_EQ(worker.cluster.kubelet_arguments.at("max-pods"), "200");
  EXPECT_EQ(worker.deadline, std::chrono::minutes(7));
  EXPECT_EQ(worker.operator_user_data, "#cloud-config\ntimezone: UTC\n");
  const auto user_data = node_user_data(input(), spec_.nodes[1]);
  EXPECT_TRUE(user_data.ok()) << user_data.status();
}

TEST_F(NodeBootstrapTest, AFlavorThatSaysEverythingReachesItsNodes) {
  use(full_flavor());
  for (const NodeSpec& node : spec_.nodes) {
    const auto user_data = node_user_data(input(), node);
    EXPECT_TRUE(user_data.ok()) << node.slot << ": " << user_data.status();
  }
}

TEST_F(NodeBootstrapTest, QuirksOfTheImagesReachTheNode) {
  ClusterFlavor flavor = built_in_flavors().at("kubernetes-mini-openstack").flavor;
  use(flavor);
  EXPECT_EQ(boot(0).cluster.cgroup_driver, kubernetes::CgroupDriver::Systemd);
  EXPECT_FALSE(boot(0).cluster.conntrack_max_per_core.has_value());
  flavor.kubernetes.image_quirks = {.cgroup_driver = CgroupDriver::Cgroupfs,
                                    .conntrack_max_per_core = 0,
                                    .ignored_preflight_errors = {"NumCPU"},
                                    .skipped_phases = {"addon/coredns"}};
  use(flavor);
  for (std::size_t i = 0; i < spec_.nodes.size(); ++i) {
    const kubernetes::NodeBoot node = boot(i);
    EXPECT_EQ(node.cluster.cgroup_driver, kubernetes::CgroupDriver::Cgroupfs);
    EXPECT_EQ(node.cluster.conntrack_max_per_core, 0);
    EXPECT_THAT(node.ignored_preflight_errors, ElementsAre("NumCPU"));
    EXPECT_THAT(node.skipped_phases, ElementsAre("addon/coredns"));
  }
}

TEST_F(NodeBootstrapTest, APodNetworkThatIsTooSmallIsRefused) {
  ClusterFlavor flavor = built_in_flavors().at("kubernetes-mini-openstack").flavor;
  flavor.kubernetes.pod_network = "10.244.0.0/20";
  use(flavor);
  const auto refused = node_boot(input(), spec_.nodes[0]);
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
  EXPECT_THAT(std::string(base::message_of(refused.status())), HasSubstr("10.244.0.0/20"));
}

TEST(ClusterSecretsTest, AreReadAsTheyWereWritten) {
  const auto made = make_cluster_secrets("test-1", base::system_clock().wall_now());
  ASSERT_TRUE(made.ok()) << made.status();
  const auto read = parse_cluster_secrets(to_record(*made));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->token.text().reveal(), made->token.text().reveal());
  EXPECT_EQ(read->pki.cluster_ca.certificate_pem, made->pki.cluster_ca.certificate_pem);
  EXPECT_EQ(read->pki.admin.key_pem.reveal(), made->pki.admin.key_pem.reveal());
}

TEST(ClusterSecretsTest, WhatIsWrongIsNamedWithoutItsValue) {
  const auto made = *make_cluster_secrets("test-1", base::system_clock().wall_now());
  const std::string record = to_record(made).reveal();
  for (const std::string& broken :
       {std::string(), record.substr(0, 10), "x" + record, record.substr(0, record.size() / 2)}) {
    const absl::Status status = parse_cluster_secrets(base::Secret(broken)).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(status.ToString(), Not(HasSubstr(made.token.secret().reveal())));
  }
}

}  // namespace
}  // namespace mex::cluster
