#include "kubernetes/user_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>

#include "base/random_id.h"
#include "base/status.h"
#include "kubernetes/node_files.h"
#include "kubernetes/testing/command.h"
#include "kubernetes/testing/golden_file.h"
#include "kubernetes/testing/test_boot.h"

namespace mex::kubernetes {
namespace {

using base::TemporaryDirectory;
using nlohmann::json;
using testing::full_boot;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::plain_boot;
using testing::run;

constexpr NodeRole kRoles[] = {NodeRole::FirstMaster, NodeRole::FurtherMaster, NodeRole::Worker};

const ClusterPki& pki_of_demo() {
  static const ClusterPki pki = *make_cluster_pki(
      "demo", std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
  return pki;
}

std::string rendered(const NodeBoot& boot) {
  const auto data = render_user_data(boot, pki_of_demo());
  EXPECT_TRUE(data.ok()) << data.status();
  return data.ok() ? data->bytes.reveal() : "";
}

json judged(const std::string& user_data, const TemporaryDirectory& directory) {
  const auto outcome =
      run(fmt::format("/usr/bin/python3 {} {} {}", MEX_JUDGE,
                      testing::write_file(directory, "user_data", user_data), directory.path()));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  return json::parse(outcome.output, nullptr, false);
}

std::map<std::string, json> files_of(const json& cloud_config) {
  std::map<std::string, json> files;
  for (const json& file : cloud_config["write_files"]) files[file["path"]] = file;
  return files;
}

TEST(UserDataTest, CloudInitAcceptsOurPartsOfEveryRole) {
  for (const NodeBoot& boot : {full_boot(NodeRole::FirstMaster),
                               plain_boot(NodeRole::FurtherMaster), full_boot(NodeRole::Worker)}) {
    const TemporaryDirectory directory;
    int configs = 0;
    int scripts = 0;
    const json read = judged(rendered(boot), directory);
    for (const json& part : read["parts"]) {
      const std::string file = part["file"];
      if (part["name"] == "mexosagent.cfg") {
        // Programs that the nodes keep are held to what those are that run once.
        for (const auto& [path, written] : files_of(read["merged"])) {
          const std::string content = written["content"];
          if (!content.starts_with("#!/bin/sh")) continue;
          EXPECT_EQ(run("shellcheck " + testing::write_file(directory, "script", content)).output,
                    "")
              << path;
        }
        const auto verdict = run("cloud-init schema --config-file " + file);
        EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
        EXPECT_THAT(verdict.output, Not(HasSubstr("deprecat")));
        ++configs;
      } else if (part["type"] == "text/x-shellscript") {
        EXPECT_EQ(run("shellcheck " + file).output, "");
        ++scripts;
      }
    }
    EXPECT_EQ(configs, 1);
    EXPECT_EQ(scripts, 1);
  }
}

TEST(UserDataTest, TheOperatorsPartComesFirstAndLosesNothing) {
  const TemporaryDirectory directory;
  const json read = judged(rendered(full_boot(NodeRole::Worker)), directory);
  ASSERT_EQ(read["parts"].size(), 3U);
  EXPECT_EQ(read["parts"][0]["name"], "operator");
  EXPECT_EQ(read["parts"][0]["content"], full_boot(NodeRole::Worker).operator_user_data);
  EXPECT_EQ(read["parts"][2]["name"], "zz-mexosagent-bootstrap");
  const json& merged = read["merged"];
  EXPECT_EQ(merged["ssh_authorized_keys"], json::array({"ssh-ed25519 AAAA operator"}));
  EXPECT_EQ(merged["runcmd"], json::parse(R"([["echo", "operator"]])"));
  EXPECT_EQ(merged["write_files"][0]["path"], "/etc/motd");
  EXPECT_GT(merged["write_files"].size(), 10U);
  ASSERT_EQ(merged["bootcmd"].size(), 2U);
  EXPECT_EQ(merged["bootcmd"][0], json::parse(R"(["echo", "operator"])"));
}

TEST(UserDataTest, OnlyMastersGetKeysAndOnlyTheirOwnerMayReadThem) {
  const ClusterPki& pki = pki_of_demo();
  const std::map<std::string, std::string> keys = {
      {"ca.key", pki.cluster_ca.key_pem.reveal()},
      {"front-proxy-ca.key", pki.front_proxy_ca.key_pem.reveal()},
      {"etcd/ca.key", pki.etcd_ca.key_pem.reveal()},
      {"sa.key", pki.service_account.key_pem.reveal()}};
  for (const NodeRole role : kRoles) {
    const TemporaryDirectory directory;
    const json read = judged(rendered(full_boot(role)), directory);
    const auto files = files_of(read["merged"]);
    for (const auto& [name, key] : keys) {
      const auto file = files.find("/var/lib/mexosagent/pki/" + name);
      EXPECT_EQ(file != files.end(), role != NodeRole::Worker) << name;
      if (file == files.end()) continue;
      EXPECT_EQ(file->second["content"], key);
      EXPECT_EQ(file->second["permissions"], "0600");
    }
    EXPECT_EQ(files.at("/etc/mexosagent/ca.crt")["content"], pki.cluster_ca.certificate_pem);
    EXPECT_EQ(files.at("/etc/mexosagent/kubeadm.yaml")["permissions"], "0600");
    for (const auto& [path, file] : files) {
      const std::string content = file["content"];
      EXPECT_EQ(content.find("PRIVATE KEY") != std::string::npos,
                path.ends_with(".key") && role != NodeRole::Worker)
          << path;
      EXPECT_EQ(content.find(pki.admin.key_pem.reveal()), std::string::npos);
      EXPECT_EQ(content.find(pki.agent.key_pem.reveal()), std::string::npos);
    }
  }
}

TEST(UserDataTest, TheFilesOfANodeAreAsReviewed) {
  const auto reviewed = [](const NodeBoot& boot) {
    std::string text;
    const auto files = node_files(boot, pki_of_demo());
    EXPECT_TRUE(files.ok()) << files.status();
    if (!files.ok()) return text;
    for (const NodeFile& file : *files) {
      const bool varies = file.content.reveal().starts_with("-----BEGIN") ||
                          file.path.starts_with("/usr/local/lib/mexosagent/");
      text += fmt::format("=== {} {}\n{}", file.mode, file.path,
                          varies ? std::string("...\n") : file.content.reveal());
    }
    return text;
  };
  NodeBoot boot = full_boot(NodeRole::FirstMaster);
  boot.pod_routes.resize(2);
  testing::expect_golden(MEX_GOLDEN "/files_first_master_full.txt", reviewed(boot));
  boot = plain_boot(NodeRole::Worker);
  boot.pod_routes.resize(2);
  testing::expect_golden(MEX_GOLDEN "/files_worker_plain.txt", reviewed(boot));
}

TEST(UserDataTest,
     PhasesOfInitAreSkippedOnlyByInit) {  // kubeadm join refuses what it does not know
  for (const NodeRole role : kRoles) {
    const auto files = node_files(full_boot(role), pki_of_demo());
    ASSERT_TRUE(files.ok()) << files.status();
    const std::string& environment = files->at(0).content.reveal();
    EXPECT_EQ(environment.find("SKIPPED_PHASES='addon/coredns'") != std::string::npos,
              role == NodeRole::FirstMaster);
  }
}

TEST(UserDataTest, AnImagesOwnKeysServeForItsPackages) {
  NodeBoot boot = full_boot(NodeRole::Worker);
  boot.packages->key.clear();
  const auto files = node_files(boot, pki_of_demo());
  ASSERT_TRUE(files.ok()) << files.status();
  for (const NodeFile& file : *files) EXPECT_THAT(file.path, Not(HasSubstr("keyrings")));
}

TEST(UserDataTest, IsTheSameForTheSameInputAndSmall) {
  for (const NodeRole role : kRoles) {
    const auto data = render_user_data(plain_boot(role), pki_of_demo());
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_EQ(data->bytes.reveal(), rendered(plain_boot(role)));
    EXPECT_LE(data->base64_bytes, 24U * 1024U);
    EXPECT_EQ(data->base64_bytes, (data->bytes.reveal().size() + 2) / 3 * 4);
  }
}

TEST(UserDataTest, WhatNovaWouldRefuseIsRefusedWithTheSizesOfTheParts) {
  NodeBoot boot = plain_boot(NodeRole::Worker);
  boot.operator_user_data = "#!/bin/sh\n# " + base::random_hex(60'000) + "\n";
  const auto data = render_user_data(boot, pki_of_demo());
  EXPECT_EQ(data.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(base::message_of(data.status()), HasSubstr("Nova takes 65535"));
  EXPECT_THAT(base::message_of(data.status()), HasSubstr("the operator's user-data "));
  EXPECT_THAT(base::message_of(data.status()), HasSubstr(boot.node.name));
}

TEST(UserDataTest, AnErrorNamesTheField) {
  NodeBoot boot = plain_boot(NodeRole::Worker);
  boot.operator_user_data = "hello";
  EXPECT_EQ(base::detail_of(render_user_data(boot, pki_of_demo()).status()).field,
            "operator_user_data");
  boot = plain_boot(NodeRole::Worker);
  boot.cluster.version = {1, 19, 0};
  EXPECT_EQ(base::detail_of(render_user_data(boot, pki_of_demo()).status()).field, "version");
  boot = plain_boot(NodeRole::Worker);
  boot.node.name = "a b";
  EXPECT_EQ(base::detail_of(render_user_data(boot, pki_of_demo()).status()).field, "node.name");
}

}  // namespace
}  // namespace mex::kubernetes
