#include "kubernetes/node_report.h"

#include <gtest/gtest.h>

namespace mex::kubernetes {
namespace {

constexpr const char* kConsole =
    "[    0.000000] Linux version 6.1\r\n"
    "[   12.674906] cloud-init[209]: mexosagent: demo-worker-1: starting: worker of Kubernetes "
    "1.20.2\r\n"
    "mexosagent: demo-worker-1: waiting: for the API server at api.demo.internal:6443\n"
    "mexosagent: demo-worker-10: ready: another node\n"
    "[   99.1] cloud-init[209]: mexosagent: demo-worker-1: failed: kubeadm: gave up: x\x1b[0m\xff "
    "y\r\n"
    "login: ";

TEST(NodeReportTest, IsTheLastLineOfThatNode) {
  EXPECT_EQ(last_report(kConsole, "demo-worker-1"),
            (NodeReport{.phase = "failed", .text = "kubeadm: gave up: x[0m y"}));
  EXPECT_EQ(last_report(kConsole, "demo-worker-10"),
            (NodeReport{.phase = "ready", .text = "another node"}));
}

TEST(NodeReportTest, WhatIsNoReportIsPassedOver) {
  EXPECT_EQ(last_report(kConsole, "demo-worker-2"), std::nullopt);
  EXPECT_EQ(last_report("", "n"), std::nullopt);
  EXPECT_EQ(last_report("mexosagent: n: ", "n"), std::nullopt);
  EXPECT_EQ(
      last_report("mexosagent: n: ready: yes\nmexosagent: n: NO PHASE: x\nmexosagent: n: cut", "n"),
      (NodeReport{.phase = "ready", .text = "yes"}));
  EXPECT_LE(last_report("mexosagent: n: ready: " + std::string(100'000, 'x'), "n")->text.size(),
            400U);
}

}  // namespace
}  // namespace mex::kubernetes
