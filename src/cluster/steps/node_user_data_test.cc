// What the machines of a cluster are given, judged by those who read it: Nova's limit, cloud-init,
// openssl.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "base/status.h"
#include "cluster/steps/bootstrap_fixture.h"
#include "kubernetes/testing/command.h"

namespace mex::cluster {
namespace {

using base::TemporaryDirectory;
using kubernetes::testing::run;
using kubernetes::testing::write_file;
using nlohmann::json;
using testing::HasSubstr;

constexpr std::size_t kGoal = 24U << 10U;

// A script of so many bytes that compression can do little about.
std::string dense_script(std::size_t size) {
  std::string text = "#!/bin/sh\n# ";
  std::mt19937 random(20261122);
  while (text.size() < size) text += static_cast<char>('!' + random() % ('~' - '!' + 1));
  return text;
}

class NodeUserDataTest : public NodeBootstrapTest {
 protected:
  // As cloud-init takes it apart: src/kubernetes/user_data_judge.py.
  json judged(const NodeSpec& node, const TemporaryDirectory& directory) const {
    const auto user_data = node_user_data(input(), node);
    EXPECT_TRUE(user_data.ok()) << user_data.status();
    if (!user_data.ok()) return {};
    const std::string file = write_file(directory, "user_data", user_data->bytes.reveal());
    const auto outcome =
        run(fmt::format("/usr/bin/python3 {} {} {}", MEX_JUDGE, file, directory.path()));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return json::parse(outcome.output, nullptr, false);
  }
  std::map<std::string, std::string> files_of(const NodeSpec& node) const {
    const TemporaryDirectory directory;
    std::map<std::string, std::string> files;
    const json read = judged(node, directory);
    for (const json& file : read["merged"]["write_files"]) {
      files[file["path"]] = file["content"];
    }
    return files;
  }
};

TEST_F(NodeUserDataTest, TheUserDataOfEveryBuiltInFlavorIsSmall) {
  operator_user_data_.clear();
  for (const auto& [name, record] : built_in_flavors()) {
    use(record.flavor);
    for (const NodeSpec& node : spec_.nodes) {
      const auto user_data = node_user_data(input(), node);
      ASSERT_TRUE(user_data.ok()) << name << ": " << user_data.status();
      EXPECT_LE(user_data->base64_bytes, kGoal) << name << ' ' << node.slot;
    }
  }
}

TEST_F(NodeUserDataTest, EveryBuiltInFlavorLeavesRoomForTheOperator) {
  operator_user_data_ = dense_script(16U << 10U);
  for (const auto& [name, record] : built_in_flavors()) {
    use(record.flavor);
    for (const NodeSpec& node : spec_.nodes) {
      const auto user_data = node_user_data(input(), node);
      ASSERT_TRUE(user_data.ok()) << name << ": " << user_data.status();
      EXPECT_LE(user_data->base64_bytes, base::kMaxUserDataBase64);
    }
  }
}

TEST_F(NodeUserDataTest, WhatNovaWouldRefuseIsRefusedWithTheNode) {
  use(built_in_flavors().at("kubernetes-ha-openstack").flavor);
  operator_user_data_ = dense_script(60U << 10U);
  const absl::Status status = node_user_data(input(), spec_.nodes[2]).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr("user-data of master-3: "));
}

TEST_F(NodeUserDataTest, CloudInitAcceptsEveryCloudConfig) {
  for (const auto& [flavor, node] :
       {std::pair("kubernetes-ha-openstack", 0U), std::pair("kubernetes-ha-openstack", 2U),
        std::pair("kubernetes-gpu-openstack", 1U)}) {
    use(built_in_flavors().at(flavor).flavor);
    const TemporaryDirectory directory;
    int configs = 0;
    const json read = judged(spec_.nodes[node], directory);
    for (const json& part : read["parts"]) {
      if (part["type"] != "text/cloud-config") continue;
      const auto verdict =
          run("cloud-init schema --config-file " + part["file"].get<std::string>());
      EXPECT_EQ(verdict.exit_code, 0) << flavor << ": " << verdict.output;
      ++configs;
    }
    EXPECT_EQ(configs, 2) << "the operator's and ours";
  }
}

std::string in_key_directory(const std::string& name) { return "/var/lib/mexosagent/pki/" + name; }

TEST_F(NodeUserDataTest, OpensslVerifiesEveryChainThatMastersAreGiven) {
  use(built_in_flavors().at("kubernetes-ha-openstack").flavor);
  const TemporaryDirectory directory;
  const std::string admin = write_file(directory, "admin", secrets_.pki.admin.certificate_pem);
  const std::string agent = write_file(directory, "agent", secrets_.pki.agent.certificate_pem);
  const auto verify = [](const std::string& authority, const std::string& what) {
    const auto verdict =
        run(fmt::format("openssl verify -x509_strict -CAfile {} {}", authority, what));
    EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
  };
  for (const std::size_t master : {0U, 1U}) {
    const auto files = files_of(spec_.nodes[master]);
    for (const std::string name : {"ca", "front-proxy-ca", "etcd/ca"}) {
      const std::string authority =
          write_file(directory, "authority", files.at(in_key_directory(name + ".crt")));
      const std::string key =
          write_file(directory, "key", files.at(in_key_directory(name + ".key")));
      verify(authority, "-check_ss_sig " + authority);
      EXPECT_EQ(run("openssl pkey -pubout -in " + key).output,
                run("openssl x509 -pubkey -noout -in " + authority).output);
      if (name != "ca") continue;
      verify(authority, fmt::format("-purpose sslclient {} {}", admin, agent));
    }
    const std::string account =
        write_file(directory, "account", files.at(in_key_directory("sa.key")));
    EXPECT_EQ(run("openssl pkey -pubout -in " + account).output,
              files.at(in_key_directory("sa.pub")));
  }
}

TEST_F(NodeUserDataTest, EveryNodePinsTheAuthorityAsOpensslHashesIt) {
  use(built_in_flavors().at("kubernetes-ha-openstack").flavor);
  for (const std::size_t node : {1U, 3U}) {
    const auto files = files_of(spec_.nodes[node]);
    const TemporaryDirectory directory;
    const std::string authority =
        write_file(directory, "ca.crt", files.at("/etc/mexosagent/ca.crt"));
    const auto hash =
        run("openssl x509 -pubkey -noout -in " + authority +
            " | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1");
    EXPECT_EQ(hash.output.size(), 65U) << hash.output;
    EXPECT_THAT(files.at("/etc/mexosagent/kubeadm.yaml"),
                HasSubstr("sha256:" + hash.output.substr(0, 64)));
  }
}

}  // namespace
}  // namespace mex::cluster
