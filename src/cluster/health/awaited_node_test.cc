#include "cluster/health/awaited_node.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using State = AwaitedVerdict::State;

constexpr const char* kName = "test-1-k3v9x2ab-worker-1";
constexpr const char* kMasters = "master-1 (10.101.7.10)";

class AwaitedNodeTest : public testing::Test {
 protected:
  AwaitedNodeTest() {
    node_.name = kName;
    node_.slot = "worker-1";
    node_.address = "10.101.7.101";
    node_.deadline = seconds(90);
    sweep_.health.ready = true;
  }

  void join(const char* ready, const char* message) {
    kubernetes::Node& node = sweep_.nodes[kName];
    node.name = kName;
    node.conditions = {{.type = "Ready",
                        .status = ready,
                        .reason = "KubeletNotReady",
                        .message = message,
                        .last_transition = {}}};
  }
  void lose_api_server() {
    sweep_ = {};
    sweep_.status = absl::UnavailableError("connect to 10.101.7.10:6443: refused");
  }
  AwaitedVerdict judge(int waited) {
    node_.waited = seconds(waited);
    return judge_node(node_, kMasters, sweep_);
  }

  AwaitedNode node_;
  KubernetesSweep sweep_;
};

TEST_F(AwaitedNodeTest, IsDoneWhenTheNodeIsReady) {
  EXPECT_EQ(judge(1).reason.code, "NodeNotJoined");
  join("False", "cni plugin not initialized");
  const AwaitedVerdict waiting = judge(2);
  EXPECT_EQ(waiting.state, State::Waiting);
  EXPECT_EQ(waiting.reason.code, "NodeNotReady");
  EXPECT_THAT(waiting.reason.message, HasSubstr("cni plugin not initialized"));
  join("True", "");
  EXPECT_EQ(judge(3).state, State::Done);
  EXPECT_TRUE(judge(3).reason.empty());
  // Late is better than never.
  EXPECT_EQ(judge(1'000).state, State::Done);
}

TEST_F(AwaitedNodeTest, TheApiServerDiesWhileNodesAreAwaited) {
  join("False", "cni plugin not initialized");
  EXPECT_EQ(judge(10).reason.code, "NodeNotReady");
  lose_api_server();
  AwaitedVerdict verdict = judge(20);
  EXPECT_EQ(verdict.state, State::Waiting);
  EXPECT_EQ(verdict.reason.code, "ApiServerNotReady");
  EXPECT_THAT(verdict.reason.message, HasSubstr("10.101.7.10:6443: refused"));
  EXPECT_THAT(verdict.reason.message, Not(HasSubstr("cni")));
  verdict = judge(90);
  EXPECT_EQ(verdict.state, State::Failed);
  EXPECT_EQ(verdict.reason.code, "ApiServerNotReady");
  // The reader has to see to the master, and the worker is not to be made anew.
  EXPECT_THAT(verdict.reason.next, HasSubstr("master-1 (10.101.7.10)"));
  EXPECT_THAT(verdict.reason.next, Not(HasSubstr("worker-1")));
  EXPECT_FALSE(verdict.is_machine_at_fault);
}

TEST_F(AwaitedNodeTest, TheApiServerComesBackInTime) {
  join("False", "cni plugin not initialized");
  lose_api_server();
  EXPECT_EQ(judge(80).state, State::Waiting);
  sweep_ = {};
  sweep_.health.ready = true;
  join("True", "");
  EXPECT_EQ(judge(89).state, State::Done);
}

TEST_F(AwaitedNodeTest, AnApiServerThatAnswersButIsNotReadyIsNamedByWhatFails) {
  sweep_.health = {.ready = false, .failing = {"etcd: reason withheld"}};
  EXPECT_THAT(judge(1).reason.message, HasSubstr("etcd: reason withheld"));
}

// The symptom: "waited for 1 minutes", with a deadline of 90 s.
TEST_F(AwaitedNodeTest, ADeadlineOf90SecondsIsShownAs90Seconds) {
  EXPECT_EQ(judge(89).state, State::Waiting);
  const AwaitedVerdict verdict = judge(90);
  EXPECT_EQ(verdict.state, State::Failed);
  EXPECT_EQ(verdict.reason.code, "NodeNotJoined");
  EXPECT_THAT(verdict.reason.message, EndsWith("; waited for 90 seconds"));
  EXPECT_THAT(verdict.reason.next, HasSubstr("reaches 10.101.7.101"));
  EXPECT_TRUE(verdict.is_machine_at_fault);
}

TEST_F(AwaitedNodeTest, AMachineThatGaveUpIsNotWaitedFor) {
  node_.console = fmt::format("mexosagent: {}: failed: no kubeadm in this image\n", kName);
  AwaitedVerdict verdict = judge(1);
  EXPECT_EQ(verdict.state, State::Failed);
  EXPECT_EQ(verdict.reason.code, "NodeGaveUp");
  EXPECT_THAT(verdict.reason.message, HasSubstr("no kubeadm in this image"));
  EXPECT_TRUE(verdict.is_machine_at_fault);
  lose_api_server();
  verdict = judge(1);
  EXPECT_EQ(verdict.reason.code, "NodeGaveUp");
  EXPECT_TRUE(verdict.is_machine_at_fault);
}

TEST_F(AwaitedNodeTest, TheConsolesTailBeginsWithALine) {
  node_.console = std::string(5'000, 'x') + "\n" + std::string(4'000, 'y') + "\nlast\n";
  const AwaitedVerdict verdict = judge(90);
  EXPECT_THAT(verdict.reason.console, StartsWith("yyy"));
  EXPECT_THAT(verdict.reason.console, EndsWith("\nlast\n"));
}

TEST_F(AwaitedNodeTest, AnApiServerThatNeverComesIsTheFirstMastersFault) {
  lose_api_server();
  node_.waited = node_.deadline;
  const AwaitedVerdict verdict = judge_api_server(node_, sweep_);
  EXPECT_EQ(verdict.state, State::Failed);
  EXPECT_EQ(verdict.reason.code, "ApiServerNotReady");
  EXPECT_THAT(verdict.reason.next, HasSubstr(kName));
  EXPECT_TRUE(verdict.is_machine_at_fault);
  sweep_ = {};
  sweep_.health.ready = true;
  EXPECT_EQ(judge_api_server(node_, sweep_).state, State::Done);
}

}  // namespace
}  // namespace mex::cluster
