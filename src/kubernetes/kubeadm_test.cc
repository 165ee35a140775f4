#include "kubernetes/kubeadm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "kubernetes/testing/golden_file.h"
#include "kubernetes/testing/test_cluster.h"

namespace mex::kubernetes {
namespace {

using testing::expect_golden;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::test_cluster;
using testing::test_node;

std::string config(const KubeadmCluster& cluster, const KubeadmNode& node) {
  const auto text = kubeadm_config(cluster, node);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.ok() ? text->reveal() : "";
}

TEST(KubeadmTest, EveryConfigurationApiAndRoleIsAsReviewed) {
  for (const auto& [version, api] :
       {std::pair(Version{1, 20, 2}, "v1beta2"), std::pair(Version{1, 30, 14}, "v1beta3"),
        std::pair(Version{1, 31, 0}, "v1beta4")}) {
    for (const auto& [role, name] : {std::pair(NodeRole::FirstMaster, "init"),
                                     std::pair(NodeRole::FurtherMaster, "join_master"),
                                     std::pair(NodeRole::Worker, "join_worker")}) {
      KubeadmCluster cluster = test_cluster();
      cluster.version = version;
      expect_golden(fmt::format("{}/kubeadm_{}_{}.yaml", MEX_GOLDEN, api, name),
                    config(cluster, test_node(role)));
    }
  }
}

TEST(KubeadmTest, TheApiChangesAtTheRightVersions) {
  EXPECT_EQ(kubeadm_api_version({1, 20, 0}), "kubeadm.k8s.io/v1beta2");
  EXPECT_EQ(kubeadm_api_version({1, 21, 99}), "kubeadm.k8s.io/v1beta2");
  EXPECT_EQ(kubeadm_api_version({1, 22, 0}), "kubeadm.k8s.io/v1beta3");
  EXPECT_EQ(kubeadm_api_version({1, 30, 99}), "kubeadm.k8s.io/v1beta3");
  EXPECT_EQ(kubeadm_api_version({1, 31, 0}), "kubeadm.k8s.io/v1beta4");
  EXPECT_EQ(kubeadm_api_version({2, 0, 0}), "kubeadm.k8s.io/v1beta4");
  EXPECT_EQ(cri_socket({1, 23, 9}), "/run/containerd/containerd.sock");
  EXPECT_EQ(cri_socket({1, 24, 0}), "unix:///run/containerd/containerd.sock");
}

TEST(KubeadmTest, NoTextBecomesAnythingButText) {
  KubeadmCluster cluster = test_cluster();
  cluster.name = "\"}\nkind: Evil # \\";
  cluster.image_repository = "x\n---\nkind: Evil";
  cluster.certificate_names = {"true", "1.20", "- x", "\xf0\x9f\x98\x80", "\xff"};
  const std::string text = config(cluster, test_node(NodeRole::FirstMaster));
  EXPECT_THAT(text, Not(HasSubstr("\nkind: Evil")));
  EXPECT_THAT(text, HasSubstr(R"(clusterName: "\"}\nkind: Evil # \\")"));
  EXPECT_THAT(text, HasSubstr("\n    - \"true\"\n    - \"1.20\"\n    - \"- x\"\n"));
  EXPECT_THAT(text, HasSubstr(R"(- "\U0001f600")"));
  EXPECT_THAT(text, HasSubstr(R"(- "\ufffd")"));
}

TEST(KubeadmTest, AnEmptyListOfTaintsIsNotTheSameAsNone) {
  KubeadmNode node = test_node(NodeRole::FirstMaster);
  node.taints.reset();
  EXPECT_THAT(config(test_cluster(), node), Not(HasSubstr("taints")));
  node.taints.emplace();
  EXPECT_THAT(config(test_cluster(), node), HasSubstr("\n  taints: []\n"));
}

TEST(KubeadmTest, TheNodesOwnArgumentsComeFirst) {
  KubeadmCluster cluster = test_cluster();
  KubeadmNode node = test_node(NodeRole::Worker);
  cluster.kubelet_arguments = {{"v", "2"}, {"max-pods", "50"}};
  node.kubelet_arguments = {{"v", "4"}};
  const std::string text = config(cluster, node);
  EXPECT_THAT(text, HasSubstr("    v: \"4\"\n"));
  EXPECT_THAT(text, HasSubstr("    max-pods: \"50\"\n"));
}

TEST(KubeadmTest, WhatCannotBePassedOnIsRefusedWithItsField) {
  const auto refused = [](const KubeadmCluster& cluster, const KubeadmNode& node) {
    const absl::Status status = kubeadm_config(cluster, node).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return base::detail_of(status).field;
  };
  const KubeadmNode node = test_node(NodeRole::Worker);
  KubeadmCluster cluster = test_cluster();
  cluster.version = {1, 19, 16};
  EXPECT_EQ(refused(cluster, node), "version");
  for (const char* name : {"", "--v", "V", "v=1", "a b", "v\n"}) {
    cluster = test_cluster();
    cluster.api_server_arguments = {{name, "1"}};
    EXPECT_EQ(refused(cluster, node), "api_server_arguments") << name;
  }
  for (const char* value : {"a\nb", "\"", "$(reboot)", "`reboot`", "\\", "'"}) {
    cluster = test_cluster();
    cluster.kubelet_arguments = {{"v", value}};
    EXPECT_EQ(refused(cluster, node), "kubelet_arguments") << value;
  }
  for (const auto& [key, value] : {std::pair("", "v"), std::pair("a,b", "v"), std::pair("a=b", "v"),
                                   std::pair("k", "v,x=y"), std::pair("k", "v\n")}) {
    KubeadmNode labelled = node;
    labelled.labels = {{key, value}};
    EXPECT_EQ(refused(test_cluster(), labelled), "labels") << key;
  }
}

}  // namespace
}  // namespace mex::kubernetes
