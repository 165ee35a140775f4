#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "kubernetes/apply.h"
#include "kubernetes/bootstrap_token.h"
#include "kubernetes/drain.h"
#include "kubernetes/health.h"
#include "kubernetes/json_access.h"
#include "kubernetes/node.h"
#include "kubernetes/testing/live_control_plane.h"
#include "kubernetes/watch.h"

namespace mex::kubernetes {
namespace {

using ::testing::HasSubstr;
using testing::LiveControlPlane;

base::CallLimits within(std::chrono::milliseconds time) {
  return {.deadline = base::system_clock().steady_now() + time};
}

base::CallLimits a_minute() { return within(std::chrono::minutes(1)); }

class LiveTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    control_plane_ = new LiveControlPlane;
    const absl::Status ready = control_plane_->wait_until_ready();
    ASSERT_TRUE(ready.ok()) << ready << control_plane_->log();
  }
  static void TearDownTestSuite() { delete control_plane_; }

  // A node without a machine, and pods on it that end at once.
  void make_node(const std::string& name) {
    ASSERT_TRUE(apply("{apiVersion: v1, kind: Node, metadata: {name: " + name + "}}").ok());
  }
  std::string pod_text(const std::string& name, const std::string& node,
                       const std::string& metadata = "") {
    return "{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", labels: {app: web}" +
           metadata + "}, spec: {nodeName: " + node +
           ", terminationGracePeriodSeconds: 0, containers: [{name: c, image: i}]}}\n";
  }
  absl::Status apply(const std::string& text) { return apply_manifests(client_, text, a_minute()); }

  static LiveControlPlane* control_plane_;
  Client client_{control_plane_->options()};
};

LiveControlPlane* LiveTest::control_plane_ = nullptr;

TEST_F(LiveTest, TheServerKnowsUsAndNobodyElse) {
  EXPECT_EQ(*read_version(client_, a_minute()), (Version{1, 20, 2}));
  EXPECT_TRUE(list_nodes(client_, a_minute()).ok());
  ClientOptions options = control_plane_->options();
  options.identity = control_plane_->pki().admin;
  Client admin(options);
  EXPECT_TRUE(list_nodes(admin, a_minute()).ok());
  options.identity = make_cluster_pki("other", base::system_clock().wall_now())->agent;
  Client unknown(options);
  EXPECT_EQ(list_nodes(unknown, a_minute()).status().code(), absl::StatusCode::kUnauthenticated);
  options.identity = {};
  Client nobody(options);
  EXPECT_EQ(list_nodes(nobody, a_minute()).status().code(), absl::StatusCode::kPermissionDenied);
  options.ca_certificate_pem = control_plane_->pki().etcd_ca.certificate_pem;
  Client misled(options);
  EXPECT_EQ(list_nodes(misled, a_minute()).status().code(), absl::StatusCode::kFailedPrecondition);
  options = control_plane_->options();
  options.server_name = "other.name";
  Client elsewhere(options);
  EXPECT_EQ(list_nodes(elsewhere, a_minute()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(LiveTest, ManifestsAreAppliedInOneGoAndAgain) {
  const std::string text = R"(
apiVersion: example.org/v1
kind: Thing
metadata: {name: t, namespace: made}
spec: {mode: 0644}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: made}
data: {k: "0644"}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {mode: {type: integer}}}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: made}
)";
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = apply(text);
    EXPECT_TRUE(status.ok()) << status;
  }
  const auto thing = client_.call(
      {.what = "get", .path = "/apis/example.org/v1/namespaces/made/things/t"}, a_minute());
  ASSERT_TRUE(thing.ok()) << thing.status();
  EXPECT_EQ((*thing)["spec"]["mode"], 420);
}

TEST_F(LiveTest, ATokenForLateNodesIsAccepted) {
  const auto manifest =
      bootstrap_token_manifest(BootstrapToken::generate(), base::system_clock().wall_now());
  ASSERT_TRUE(apply("{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}").ok());
  const absl::Status status = apply_objects(client_, {manifest}, a_minute());
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(LiveTest, WhatTheServerRefusesComesWithItsWords) {
  const absl::Status invalid =
      apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: Bad_Name}}");
  EXPECT_EQ(invalid.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::detail_of(invalid).cloud_code, "Invalid");
  EXPECT_THAT(base::message_of(invalid), HasSubstr("apply ConfigMap Bad_Name: "));
  const absl::Status missing =
      apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: nowhere}}");
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: old}}").ok());
  const auto conflict = client_.call(
      {.what = "replace",
       .method = "PUT",
       .path = "/api/v1/namespaces/default/configmaps/old",
       .body =
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"old","resourceVersion":"1"}})"},
      a_minute());
  EXPECT_EQ(conflict.status().code(), absl::StatusCode::kAborted) << conflict.status();
  const auto again = client_.call({.what = "create",
                                   .method = "POST",
                                   .path = "/api/v1/namespaces/default/configmaps",
                                   .body = R"({"metadata":{"name":"old"}})"},
                                  a_minute());
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists) << again.status();
}

TEST_F(LiveTest, AWatchSeesANodeComeChangeAndGo) {
  Watch watch(client_, "/api/v1/nodes");
  const auto next = [&] {
    const auto event = watch.next(a_minute());
    EXPECT_TRUE(event.ok()) << event.status();
    return event.ok() && event->has_value() ? **event : WatchEvent{};
  };
  EXPECT_EQ(next().type, WatchEvent::Type::Restarted);
  make_node("watched");
  WatchEvent event = next();
  // Nodes of other tests may come first.
  while (object_name(event.object) != "watched") event = next();
  EXPECT_EQ(event.type, WatchEvent::Type::Added);
  EXPECT_TRUE(set_schedulable(client_, "watched", false, a_minute()).ok());
  event = next();
  while (!node_from_json(event.object)->unschedulable) event = next();
  EXPECT_EQ(event.type, WatchEvent::Type::Modified);
  EXPECT_TRUE(set_schedulable(client_, "watched", true, a_minute()).ok());
  const auto ready = client_.call(
      {.what = "ready",
       .method = "PATCH",
       .path = "/api/v1/nodes/watched/status",
       .body =
           R"({"status":{"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}})",
       .content_type = "application/merge-patch+json"},
      a_minute());
  EXPECT_TRUE(ready.ok()) << ready.status();
  while (!node_from_json(event.object)->ready()) event = next();
  EXPECT_FALSE(node_from_json(event.object)->unschedulable);
  EXPECT_TRUE(delete_node(client_, "watched", a_minute()).ok());
  while (event.type != WatchEvent::Type::Deleted) event = next();
  EXPECT_TRUE(delete_node(client_, "watched", a_minute()).ok()) << "gone is deleted";
  EXPECT_FALSE(watch.next(within(std::chrono::milliseconds(50)))->has_value());
}

TEST_F(LiveTest, ABudgetStopsADrainUntilItIsGone) {
  make_node("drained");
  ASSERT_TRUE(apply("{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: b}, "
                    "spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}\n---\n" +
                    pod_text("web", "drained") + "---\n" +
                    pod_text("daemon", "drained",
                             ", ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: d, "
                             "uid: u, controller: true}]"))
                  .ok());
  // A pod that never ran is evicted whatever a budget says.
  const auto running = client_.call({.what = "run",
                                     .method = "PATCH",
                                     .path = "/api/v1/namespaces/default/pods/web/status",
                                     .body = R"({"status":{"phase":"Running"}})",
                                     .content_type = "application/merge-patch+json"},
                                    a_minute());
  ASSERT_TRUE(running.ok()) << running.status();
  const auto blocked = drain_node(client_, "drained", within(std::chrono::seconds(2)));
  ASSERT_TRUE(blocked.ok()) << blocked.status();
  ASSERT_EQ(blocked->remaining.size(), 1U);
  EXPECT_EQ(blocked->remaining[0].pod, "default/web");
  EXPECT_THAT(blocked->remaining[0].reason, HasSubstr("TooManyRequests"));
  ASSERT_TRUE(client_
                  .call({.what = "delete budget",
                         .method = "DELETE",
                         .path = "/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets/b"},
                        a_minute())
                  .ok());
  const auto done = drain_node(client_, "drained", a_minute());
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_TRUE(done->remaining.empty());
  EXPECT_EQ(done->evicted, 1);
  const auto nodes = list_nodes(client_, a_minute());
  ASSERT_TRUE(nodes.ok()) << nodes.status();
  for (const Node& node : nodes->nodes) EXPECT_TRUE(node.unschedulable || node.name != "drained");
}

}  // namespace
}  // namespace mex::kubernetes
