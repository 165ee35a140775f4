#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "kubernetes/bootstrap_token.h"
#include "kubernetes/kubeconfig.h"
#include "kubernetes/testing/command.h"
#include "kubernetes/yaml_text.h"

namespace mex::kubernetes {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(YamlTextTest, IsBlockStyleWithEveryStringQuoted) {
  EXPECT_EQ(yaml_text(ordered_json::parse(R"({"a": {"b-c": ["x", 1, true, null, {"d": 1, "e": []},
            ["f"]], "g": {}}, "9": "\u007f\u0085\ud83d\ude00\\ud83d\\\\", "on": 1.5})")),
            "a:\n"
            "  b-c:\n"
            "    - \"x\"\n"
            "    - 1\n"
            "    - true\n"
            "    - null\n"
            "    - d: 1\n"
            "      e: []\n"
            "    - - \"f\"\n"
            "  g: {}\n"
            "\"9\": \"\\u007f\\u0085\\U0001f600\\\\ud83d\\\\\\\\\"\n"
            "\"on\": 1.5\n");
  EXPECT_EQ(yaml_text("x"), "\"x\"\n");
  EXPECT_EQ(yaml_text(ordered_json::array()), "[]\n");
}

TEST(YamlTextTest, PythonReadsWhatWasMeant) {
  const base::TemporaryDirectory directory;
  const ordered_json value = ordered_json::parse(
      R"({"text": "a\u0000b\u001b\u007f\u0085\u2028\ud83d\ude00\ttrue: - #\"'\n--- \\u0041",
          "yes": ["no", "1e3", "0x10", "~", ""], "nested": [[[]], [{}], [[1, {"a": [2]}]]]})");
  const auto outcome = testing::run(
      "/usr/bin/python3 -c 'import json, sys, yaml; "
      "sys.exit(yaml.safe_load(open(sys.argv[1])) != json.load(open(sys.argv[2])))' " +
      testing::write_file(directory, "v.yaml", yaml_text(value)) + " " +
      testing::write_file(directory, "v.json", value.dump()));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

TEST(BootstrapTokenTest, IsOfTheFormThatKubeadmTakes) {
  const BootstrapToken token = BootstrapToken::generate();
  const std::string text = token.text().reveal();
  EXPECT_TRUE(std::regex_match(text, std::regex("[a-z0-9]{6}\\.[a-z0-9]{16}"))) << text;
  EXPECT_NE(text, BootstrapToken::generate().text().reveal());
  const auto parsed = BootstrapToken::parse(token.text());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->id(), token.id());
  EXPECT_EQ(parsed->text().reveal(), text);
}

TEST(BootstrapTokenTest, AnythingElseIsRefusedUnseen) {
  for (const char* wrong : {"", "abcdef", "abcdef.0123456789abcde", "abcdef.0123456789abcdef0",
                            "ABCDEF.0123456789abcdef", "abcde.f0123456789abcdef",
                            "abcdef-0123456789abcdef", "abcdef.0123456789abcde\n"}) {
    const auto token = BootstrapToken::parse(base::Secret(wrong));
    EXPECT_EQ(token.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(base::message_of(token.status()), Not(HasSubstr("0123456789")));
  }
}

TEST(BootstrapTokenTest, TheManifestIsThatOfKubernetes) {
  using namespace std::chrono;
  const auto token = *BootstrapToken::parse(base::Secret("abcdef.0123456789abcdef"));
  const auto manifest = bootstrap_token_manifest(token, sys_days{2026y / 11 / 22});
  EXPECT_EQ(manifest["metadata"]["name"], "bootstrap-token-abcdef");
  EXPECT_EQ(manifest["type"], "bootstrap.kubernetes.io/token");
  EXPECT_EQ(manifest["stringData"]["token-secret"], "0123456789abcdef");
  EXPECT_EQ(manifest["stringData"]["expiration"], "2026-11-22T00:00:00.000Z");
}

KubeconfigContent content() {
  return {.cluster = "demo",
          .user = "tenant-1",
          .server = "https://10.1.2.3:6443",
          .ca_certificate_pem = "CA",
          .tls_server_name = "api.demo.internal",
          .credentials = Identity{.certificate_pem = "CERT", .key_pem = base::Secret("KEY")}};
}

TEST(KubeconfigTest, HasOneContextWithAClientCertificate) {
  const YAML::Node config = YAML::Load(kubeconfig_text(content()).reveal());
  EXPECT_EQ(config["current-context"].as<std::string>(), "demo");
  EXPECT_EQ(config["contexts"][0]["name"].as<std::string>(), "demo");
  EXPECT_EQ(config["contexts"][0]["context"]["user"].as<std::string>(), "tenant-1");
  const YAML::Node cluster = config["clusters"][0]["cluster"];
  EXPECT_EQ(cluster["server"].as<std::string>(), "https://10.1.2.3:6443");
  EXPECT_EQ(cluster["tls-server-name"].as<std::string>(), "api.demo.internal");
  EXPECT_EQ(cluster["certificate-authority-data"].as<std::string>(), absl::Base64Escape("CA"));
  const YAML::Node user = config["users"][0]["user"];
  EXPECT_EQ(user["client-certificate-data"].as<std::string>(), absl::Base64Escape("CERT"));
  EXPECT_EQ(user["client-key-data"].as<std::string>(), absl::Base64Escape("KEY"));
}

TEST(KubeconfigTest, OrWithAToken) {
  KubeconfigContent request = content();
  request.tls_server_name.clear();
  request.credentials = base::Secret("bearer");
  const YAML::Node config = YAML::Load(kubeconfig_text(request).reveal());
  EXPECT_EQ(config["users"][0]["user"]["token"].as<std::string>(), "bearer");
  EXPECT_FALSE(config["users"][0]["user"]["client-key-data"]);
  EXPECT_FALSE(config["clusters"][0]["cluster"]["tls-server-name"]);
}

}  // namespace
}  // namespace mex::kubernetes
