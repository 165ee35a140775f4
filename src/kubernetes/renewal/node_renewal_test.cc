#include "kubernetes/renewal/node_renewal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "kubernetes/node_scripts.h"
#include "kubernetes/testing/command.h"
#include "kubernetes/testing/test_api.h"

namespace mex::kubernetes {
namespace {

using namespace testing;  // NOLINT: the test's vocabulary
using nlohmann::json;
using ::testing::HasSubstr;

// An API server with one node, "n1", on which a pod of the image "proxy:1" runs.
class NodeRenewalTest : public ::testing::Test {
 protected:
  Reaction react(const Seen& seen) {
    if (seen.target.find("fieldSelector=") != std::string::npos) return answer(200, pods_);
    if (seen.method == "POST") {
      made_ = json::parse(seen.body);
      pod_ = made_;
      return answer(201, "{}");
    }
    if (seen.target.find("/log") != std::string::npos) return answer(200, log_);
    if (seen.method == "DELETE") {
      pod_ = nullptr;
      return answer(200, "{}");
    }
    if (pod_.is_null()) return refusal(404, "NotFound", "pods not found");
    // It ends by itself after it was looked at twice.
    if (++looks_ > 2) pod_["status"] = {{"phase", phase_}, {"message", "said by the kubelet"}};
    return answer(200, pod_.dump());
  }

  absl::Status install() { return install_renewal(client_, "n1", a_minute()); }

  std::string pods_ =
      R"({"metadata":{},"items":[
        {"metadata":{"name":"gone"},"spec":{"containers":[{"image":"gone:1"}]},"status":{"phase":"Failed"}},
        {"metadata":{"name":"odd"},"status":{"phase":"Running"}},
        {"metadata":{"name":"p"},"spec":{"containers":[{"image":"proxy:1"}]},"status":{"phase":"Running"}}]})";
  std::string phase_ = "Succeeded";
  std::string log_ = "nsenter: \x1b[1mno systemd\n";
  json pod_;
  json made_;
  int looks_ = 0;
  ScriptedServer server_{[this](const Seen& seen) { return react(seen); }};
  Client client_{options_for(server_)};
};

TEST_F(NodeRenewalTest, APodOfAnImageThatIsThereDoesItAndGoes) {
  ASSERT_TRUE(install().ok());
  EXPECT_EQ(made_, renewal_pod("n1", "proxy:1"));
  EXPECT_TRUE(pod_.is_null());
  const json& spec = made_["spec"];
  EXPECT_EQ(spec["nodeName"], "n1");
  EXPECT_EQ(spec["tolerations"], json::parse(R"([{"operator": "Exists"}])"));
  EXPECT_EQ(spec["automountServiceAccountToken"], false);
}

TEST_F(NodeRenewalTest, WhatTheMachineIsGivenIsWhatNewNodesHave) {
  const json command = renewal_pod("n1", "proxy:1")["spec"]["containers"][0]["command"];
  ASSERT_EQ(command.size(), 15U);
  std::string text;
  ASSERT_TRUE(absl::Base64Unescape(command[12].get<std::string>(), &text));
  EXPECT_EQ(text, certificates_script());
  ASSERT_TRUE(absl::Base64Unescape(command[13].get<std::string>(), &text));
  EXPECT_EQ(text, certificates_service());
  ASSERT_TRUE(absl::Base64Unescape(command[14].get<std::string>(), &text));
  EXPECT_EQ(text, certificates_timer());
  const base::TemporaryDirectory directory;
  const std::string script = "#!/bin/sh\n" + command[10].get<std::string>();
  const std::string file = write_file(directory, "install", script);
  EXPECT_EQ(run("shellcheck " + file).output, "");
  // Kubernetes reads $(NAME) in a command as a variable.
  EXPECT_EQ(script.find("$("), std::string::npos);
}

TEST_F(NodeRenewalTest, OneThatIsThereAlreadyIsWaitedFor) {
  pod_ = renewal_pod("n1", "other:1");
  ASSERT_TRUE(install().ok());
  EXPECT_EQ(server_.count("POST"), 0U);
}

TEST_F(NodeRenewalTest, OneOfAnEarlierVersionIsNotTakenForOurs) {
  for (const char* left :
       {R"({"spec":{"containers":[{"command":["sh"]}]},"status":{"phase":"Succeeded"}})",
        R"({"spec":{"containers":[]},"status":{"phase":"Failed"}})", R"({})"}) {
    looks_ = -1;
    made_ = nullptr;
    pod_ = json::parse(left);
    ASSERT_TRUE(install().ok()) << left;
    EXPECT_EQ(made_, renewal_pod("n1", "proxy:1")) << left;
  }
}

TEST_F(NodeRenewalTest, AMachineThatRefusesIsQuotedAndCanBeTriedAgain) {
  phase_ = "Failed";
  absl::Status status = install();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(status),
              HasSubstr("node n1 refuses the renewal of certificates: nsenter: [1mno systemd"));
  EXPECT_TRUE(pod_.is_null());
  log_ = "";
  looks_ = 0;
  EXPECT_THAT(base::message_of(install()), HasSubstr("said by the kubelet"));
  phase_ = "Succeeded";
  EXPECT_TRUE(install().ok());
}

TEST_F(NodeRenewalTest, ANodeWithoutAnyPodHasNoImage) {
  pods_ = R"({"metadata":{},"items":[]})";
  const absl::Status status = install();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(status), HasSubstr("node n1 runs no pod of kube-system"));
}

TEST_F(NodeRenewalTest, APodThatNeverEndsIsLeftToTheNextCall) {
  phase_ = "Pending";
  const absl::Status status = install_renewal(
      client_, "n1", {.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1)});
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  phase_ = "Succeeded";
  EXPECT_TRUE(install().ok());
  EXPECT_EQ(server_.count("POST"), 1U);
}

}  // namespace
}  // namespace mex::kubernetes
