#include "kubernetes/node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "kubernetes/testing/test_api.h"

namespace mex::kubernetes {
namespace {

using namespace testing;  // NOLINT: the test's vocabulary
using nlohmann::json;

constexpr const char* kNode = R"({
  "metadata": {"name": "n1", "uid": "u", "creationTimestamp": "2026-11-22T13:28:25Z",
               "labels": {"kubernetes.io/hostname": "n1", "odd": 1}},
  "spec": {"podCIDR": "10.244.1.0/24", "unschedulable": true},
  "status": {
    "addresses": [{"type": "Hostname", "address": "n1"}, {"type": "InternalIP", "address": "10.0.0.1"}],
    "nodeInfo": {"kubeletVersion": "v1.20.2"},
    "conditions": [
      {"type": "MemoryPressure", "status": "False"},
      {"type": "Ready", "status": "False", "reason": "KubeletNotReady",
       "message": "network plugin is not ready", "lastTransitionTime": "2026-11-22T13:28:30Z"}]}})";

TEST(NodeTest, IsReadWithItsConditions) {
  using namespace std::chrono;
  const auto node = node_from_json(json::parse(kNode));
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->name, "n1");
  EXPECT_EQ(node->uid, "u");
  EXPECT_EQ(node->internal_address, "10.0.0.1");
  EXPECT_EQ(node->kubelet_version, "v1.20.2");
  EXPECT_EQ(node->pod_network, "10.244.1.0/24");
  EXPECT_TRUE(node->unschedulable);
  EXPECT_THAT(node->labels, ::testing::ElementsAre(std::pair("kubernetes.io/hostname", "n1")));
  EXPECT_EQ(node->created, sys_days(2026y / 11 / 22) + 13h + 28min + 25s);
  EXPECT_FALSE(node->ready());
  ASSERT_NE(node->condition("Ready"), nullptr);
  EXPECT_EQ(node->condition("Ready")->reason, "KubeletNotReady");
  EXPECT_EQ(node->condition("Ready")->message, "network plugin is not ready");
  EXPECT_EQ(node->condition("Ready")->last_transition,
            sys_days(2026y / 11 / 22) + 13h + 28min + 30s);
  EXPECT_EQ(node->condition("DiskPressure"), nullptr);
}

TEST(NodeTest, IsReadyOnlyIfItSaysSo) {
  json object = json::parse(kNode);
  for (const auto& [status, ready] : {std::pair("True", true), std::pair("False", false),
                                      std::pair("Unknown", false), std::pair("", false)}) {
    object["status"]["conditions"][1]["status"] = status;
    EXPECT_EQ(node_from_json(object)->ready(), ready) << status;
  }
  object["status"].erase("conditions");
  EXPECT_FALSE(node_from_json(object)->ready());
}

TEST(NodeTest, WhatIsMissingReadsAsEmptyButNotTheName) {
  const auto node = node_from_json(json::parse(R"({"metadata": {"name": "n"}, "status": 7})"));
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->internal_address, "");
  EXPECT_EQ(node->created, base::WallTime());
  for (const char* wrong : {"{}", "[]", "null", R"({"metadata": {"name": 1}})", R"("text")"}) {
    EXPECT_EQ(node_from_json(json::parse(wrong)).status().code(), absl::StatusCode::kInternal);
  }
}

TEST(NodeTest, TimesAreThoseOfKubernetes) {
  using namespace std::chrono;
  EXPECT_EQ(parse_time("2026-02-28T23:59:59Z"), sys_days(2026y / 2 / 28) + 23h + 59min + 59s);
  EXPECT_EQ(parse_time("2026-02-28T23:59:59.123456Z"),
            sys_days(2026y / 2 / 28) + 23h + 59min + 59s);
  for (const char* wrong : {"", "null", "2026-02-30T00:00:00Z", "2026-02-28 23:59:59Z",
                            "2026-02-28T23:59:59", "2026-02-28T23:59:59+01:00"}) {
    EXPECT_EQ(parse_time(wrong), base::WallTime()) << wrong;
  }
}

TEST(NodeTest, AreListedWithTheVersionForAWatch) {
  ScriptedServer server([](const Seen&) {
    return answer(200,
                  std::string(R"({"metadata":{"resourceVersion":"7"},"items":[)") + kNode + "]}");
  });
  Client client(options_for(server));
  const auto list = list_nodes(client, a_minute());
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->nodes.size(), 1U);
  EXPECT_EQ(list->resource_version, "7");
}

TEST(NodeTest, CordonAndUncordonAreMergePatches) {
  ScriptedServer server([](const Seen&) { return answer(200, "{}"); });
  Client client(options_for(server));
  EXPECT_TRUE(set_schedulable(client, "n1", false, a_minute()).ok());
  EXPECT_TRUE(set_schedulable(client, "n1", true, a_minute()).ok());
  const auto seen = server.seen();
  EXPECT_EQ(seen[0].method, "PATCH");
  EXPECT_EQ(seen[0].target, "/api/v1/nodes/n1");
  EXPECT_EQ(seen[0].headers.at("content-type"), "application/merge-patch+json");
  EXPECT_EQ(seen[0].body, R"({"spec":{"unschedulable":true}})");
  EXPECT_EQ(seen[1].body, R"({"spec":{"unschedulable":null}})");
}

TEST(NodeTest, ANodeThatIsGoneIsDeleted) {
  int status = 200;
  ScriptedServer server([&](const Seen&) { return refusal(status, "x", "y"); });
  Client client(options_for(server));
  EXPECT_TRUE(delete_node(client, "n1", a_minute()).ok());
  EXPECT_EQ(server.seen()[0].method, "DELETE");
  status = 404;
  EXPECT_TRUE(delete_node(client, "n1", a_minute()).ok());
  status = 403;
  EXPECT_EQ(delete_node(client, "n1", a_minute()).code(), absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace mex::kubernetes
