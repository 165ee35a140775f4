#include "kubernetes/drain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "kubernetes/testing/test_api.h"

namespace mex::kubernetes {
namespace {

using namespace testing;  // NOLINT: the test's vocabulary
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json pod(const std::string& name) {
  return {{"metadata", {{"name", name}, {"namespace", "s"}}}, {"status", {{"phase", "Running"}}}};
}

json daemon_pod(const std::string& name) {
  json made = pod(name);
  made["metadata"]["ownerReferences"] =
      json::array({{{"kind", "DaemonSet"}, {"controller", true}}});
  return made;
}

// A server with the pods of one node; an evicted pod is ending for one list, then gone.
class DrainTest : public ::testing::Test {
 protected:
  Reaction react(const Seen& seen) {
    if (seen.target == "/version") return answer(200, R"({"gitVersion":")" + version_ + R"("})");
    if (seen.method == "PATCH") return answer(200, "{}");
    if (seen.method == "POST") return evict(seen);
    if (lose_next_list_) {
      lose_next_list_ = false;
      return {.bytes = "", .then = Then::Close};
    }
    json items = json::array();
    for (auto& [name, one] : pods_) items.push_back(one);
    std::erase_if(pods_, [](const auto& entry) {
      return entry.second["metadata"].contains("deletionTimestamp");
    });
    return answer(200, json{{"metadata", {{"resourceVersion", "1"}}}, {"items", items}}.dump());
  }

  Reaction evict(const Seen& seen) {
    const json body = json::parse(seen.body);
    eviction_versions_.push_back(body["apiVersion"]);
    const std::string name = body["metadata"]["name"];
    if (blocked_[name] > 0) {
      --blocked_[name];
      return refusal(429, "TooManyRequests", "budget web needs 2 healthy pods");
    }
    if (pods_.count(name) == 0) return refusal(404, "NotFound", "no such pod");
    pods_[name]["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z";
    return answer(201, "{}");
  }

  std::string version_ = "v1.20.2";
  std::map<std::string, json> pods_;
  std::map<std::string, int> blocked_;  // how often a pod's eviction is refused
  bool lose_next_list_ = false;
  std::vector<std::string> eviction_versions_;
  ScriptedServer server_{[this](const Seen& seen) { return react(seen); }};
  Client client_{options_for(server_)};
};

TEST_F(DrainTest, EndsWhenTheLastPodIsGone) {
  pods_ = {{"a", pod("a")}, {"b", pod("b")}};
  const auto report = drain_node(client_, "n1", a_minute());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->remaining.empty());
  EXPECT_EQ(report->evicted, 2);
  EXPECT_TRUE(pods_.empty());
  const auto seen = server_.seen();
  EXPECT_EQ(seen[1].body, R"({"spec":{"unschedulable":true}})") << "cordoned before all else";
  EXPECT_EQ(seen[2].target, "/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3Dn1");
  EXPECT_EQ(seen[3].target, "/api/v1/namespaces/s/pods/a/eviction");
  EXPECT_THAT(eviction_versions_, ElementsAre("policy/v1beta1", "policy/v1beta1"));
}

TEST_F(DrainTest, TheCallIsThatOfTheServersVersion) {
  version_ = "v1.22.0";
  pods_ = {{"a", pod("a")}};
  EXPECT_TRUE(drain_node(client_, "n1", a_minute()).ok());
  EXPECT_THAT(eviction_versions_, ElementsAre("policy/v1"));
}

TEST_F(DrainTest, DaemonsAndMirrorsStayButNotWhatHasEnded) {
  json mirror = pod("mirror");
  mirror["metadata"]["annotations"] = {{"kubernetes.io/config.mirror", "hash"}};
  json ended = daemon_pod("ended");
  ended["status"]["phase"] = "Failed";
  pods_ = {{"daemon", daemon_pod("daemon")}, {"mirror", mirror}, {"ended", ended}};
  const auto report = drain_node(client_, "n1", a_minute());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->remaining.empty());
  EXPECT_EQ(report->evicted, 1);
  EXPECT_EQ(pods_.size(), 2U);
}

TEST_F(DrainTest, ABudgetIsAskedAgainUntilItAgrees) {
  pods_ = {{"a", pod("a")}};
  blocked_["a"] = 3;
  const auto report = drain_node(client_, "n1", a_minute());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->remaining.empty());
  EXPECT_EQ(eviction_versions_.size(), 4U);
}

TEST_F(DrainTest, ABudgetThatNeverAgreesIsReportedInItsOwnWords) {
  pods_ = {{"a", pod("a")}};
  blocked_["a"] = 1'000'000;
  absl::StatusOr<DrainReport> report;
  // On a busy machine a short deadline may pass before the first round is over.
  for (std::chrono::seconds time(1); time < std::chrono::minutes(5); time *= 2) {
    report = drain_node(client_, "n1", {.deadline = base::system_clock().steady_now() + time});
    if (!absl::IsDeadlineExceeded(report.status())) break;
  }
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->remaining.size(), 1U);
  EXPECT_EQ(report->remaining[0].pod, "s/a");
  EXPECT_THAT(report->remaining[0].reason, HasSubstr("budget web needs 2 healthy pods"));
}

// The deadline may pass in the middle of a round: what is left then is what the last one saw.
TEST_F(DrainTest, ADeadlineInTheMiddleOfARoundDoesNotMakeTheNodeLookDrained) {
  pods_ = {{"a", pod("a")}};
  blocked_["a"] = 1'000'000;
  for (int milliseconds = 1; milliseconds < 60; milliseconds += 3) {
    const base::CallLimits limits{.deadline = base::system_clock().steady_now() +
                                              std::chrono::milliseconds(milliseconds)};
    const auto report = drain_node(client_, "n1", limits);
    if (!report.ok()) {
      EXPECT_TRUE(absl::IsDeadlineExceeded(report.status())) << report.status();
      continue;
    }
    EXPECT_EQ(report->remaining.size(), 1U) << milliseconds;
  }
}

TEST_F(DrainTest, AConnectionLostOnTheWayIsNoEnd) {
  pods_ = {{"a", pod("a")}};
  lose_next_list_ = true;
  // A kept connection that closes is tried anew by the transport; a second loss would be seen.
  const auto report = drain_node(client_, "n1", a_minute());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->remaining.empty());
}

TEST_F(DrainTest, APodThatIsGoneAlreadyIsEvicted) {
  const auto answered = evict_pod(client_, {1, 20, 2}, "s", "nobody", a_minute());
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(answered->eviction, Eviction::Admitted);
}

TEST(DrainErrorTest, AMissingNodeIsAnError) {
  ScriptedServer server([](const Seen& seen) {
    return seen.target == "/version" ? answer(200, R"({"gitVersion":"v1.20.2"})")
                                     : refusal(404, "NotFound", "no such node");
  });
  Client client(options_for(server));
  EXPECT_EQ(drain_node(client, "n1", a_minute()).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mex::kubernetes
