#include "kubernetes/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "kubernetes/testing/test_api.h"

namespace mex::kubernetes {
namespace {

using namespace testing;  // NOLINT: the test's vocabulary
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kCore = R"({"resources":[
  {"name":"namespaces","kind":"Namespace","namespaced":false},
  {"name":"configmaps","kind":"ConfigMap","namespaced":true},
  {"name":"pods","kind":"Pod","namespaced":true},
  {"name":"pods/status","kind":"Pod","namespaced":true}]})";
constexpr const char* kDefinitions = R"({"resources":[
  {"name":"customresourcedefinitions","kind":"CustomResourceDefinition","namespaced":false}]})";
constexpr const char* kThings =
    R"({"resources":[{"name":"things","kind":"Thing","namespaced":true}]})";

constexpr const char* kManifests = R"(
apiVersion: example.org/v1
kind: Thing
metadata: {name: t, namespace: s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {k: "0644"}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org}
spec: {group: example.org, names: {kind: Thing}}
---
apiVersion: v1
kind: Namespace
metadata: {name: s}
)";

// Serves the kinds above; Thing only after it was asked for `things_after` times.
class ApplyTest : public ::testing::Test {
 protected:
  Reaction react(const Seen& seen) {
    if (seen.method == "PATCH") return answer(200, "{}");
    if (seen.target == "/api/v1") return answer(200, kCore);
    if (seen.target == "/apis/apiextensions.k8s.io/v1") return answer(200, kDefinitions);
    if (seen.target == "/apis/example.org/v1" && ++asked_ > things_after_) {
      return answer(200, kThings);
    }
    return answer(404, "404 page not found\n");
  }

  std::vector<Seen> patches() const {
    std::vector<Seen> found;
    for (const Seen& seen : server_.seen()) {
      if (seen.method == "PATCH") found.push_back(seen);
    }
    return found;
  }

  int asked_ = 0;
  int things_after_ = 0;
  ScriptedServer server_{[this](const Seen& seen) { return react(seen); }};
  Client client_{options_for(server_)};
};

TEST_F(ApplyTest, NamespacesThenDefinitionsThenTheRestEachInItsPlace) {
  const absl::Status status = apply_manifests(client_, kManifests, a_minute());
  ASSERT_TRUE(status.ok()) << status;
  std::vector<std::string> targets;
  for (const Seen& seen : patches()) targets.push_back(seen.target);
  const std::string query = "?fieldManager=mexosagent&force=true";
  EXPECT_THAT(targets, ElementsAre("/api/v1/namespaces/s" + query,
                                   "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                                   "things.example.org" +
                                       query,
                                   "/apis/example.org/v1/namespaces/s/things/t" + query,
                                   "/api/v1/namespaces/default/configmaps/c" + query));
  EXPECT_EQ(patches()[3].headers.at("content-type"), "application/apply-patch+yaml");
  EXPECT_EQ(nlohmann::json::parse(patches()[3].body)["data"]["k"], "0644");
  EXPECT_EQ(server_.count("GET", "/api/v1"), 1U) << "a group is asked for once";
}

TEST_F(ApplyTest, AKindThatIsBeingDefinedIsWaitedFor) {
  things_after_ = 2;
  EXPECT_TRUE(apply_manifests(client_, kManifests, a_minute()).ok());
  EXPECT_EQ(server_.count("GET", "/apis/example.org/v1"), 3U);
}

TEST_F(ApplyTest, AKindThatNobodyDefinesIsAnErrorAtOnce) {
  const absl::Status status = apply_manifests(
      client_, "{apiVersion: v1, kind: Unknown, metadata: {name: u, namespace: s}}", a_minute());
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(base::message_of(status), "apply Unknown s/u: the API server knows no Unknown of v1");
}

TEST(ApplyErrorTest, TheObjectThatIsRefusedIsNamedAndEndsIt) {
  ScriptedServer server([](const Seen& seen) {
    return seen.method == "GET" ? answer(200, kCore) : refusal(422, "Invalid", "spec is wrong");
  });
  Client client(options_for(server));
  const absl::Status status =
      apply_manifests(client,
                      "{apiVersion: v1, kind: Pod, metadata: {name: p}}\n---\n"
                      "{apiVersion: v1, kind: Pod, metadata: {name: q}}",
                      a_minute());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::message_of(status), "apply Pod p: spec is wrong (HTTP 422 Invalid)");
  EXPECT_EQ(server.count("PATCH"), 1U);
}

TEST(ApplyErrorTest, ABrokenTextReachesNoServer) {
  ScriptedServer server([](const Seen&) { return answer(500, ""); });
  Client client(options_for(server));
  EXPECT_EQ(apply_manifests(client, "{a: [", a_minute()).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(server.seen().empty());
}

}  // namespace
}  // namespace mex::kubernetes
