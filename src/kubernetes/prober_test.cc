#include "kubernetes/prober.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "base/status.h"
#include "http_client/silent_server.h"
#include "kubernetes/testing/test_api.h"

namespace mex::kubernetes {
namespace {

using namespace testing;  // NOLINT: the test's vocabulary
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kOneNode = R"({"metadata":{},"items":[{"metadata":{"name":"master-1"}}]})";

bool is_health(const Seen& seen) { return seen.target.starts_with("/readyz"); }

Reaction healthy(const Seen& seen) {
  return is_health(seen) ? answer(200, "ok") : answer(200, kOneNode);
}

class ProberTest : public ::testing::Test {
 protected:
  static std::shared_ptr<Client> client_for(std::vector<std::string> servers) {
    ClientOptions options;
    options.servers = std::move(servers);
    return std::make_shared<Client>(options);
  }

  std::future<ProbeResult> probe(std::vector<std::string> servers,
                                 const base::CallLimits& limits = a_minute()) {
    auto promise = std::make_shared<std::promise<ProbeResult>>();
    prober_.probe(client_for(std::move(servers)), limits,
                  [promise](ProbeResult result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }

  // So short that it passes in a test, whatever the machine does.
  static base::CallLimits soon() { return base::within(std::chrono::milliseconds(50), a_minute()); }

  // One thread is enough, since it never waits.
  base::ThreadPool pool_{1};
  http_client::SilentServer silent_;
  AsyncProber prober_{pool_, 1000};
};

TEST_F(ProberTest, TellsHealthAndNodes) {
  ScriptedServer server(healthy);
  const ProbeResult result = probe({server.url()}).get();
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(result.health.ready);
  ASSERT_THAT(result.nodes, SizeIs(1));
  EXPECT_EQ(result.nodes[0].name, "master-1");
}

TEST_F(ProberTest, TwoHundredSilentServersHoldNoThread) {
  std::vector<std::future<ProbeResult>> unanswered;
  unanswered.reserve(200);
  for (int i = 0; i < 200; ++i) unanswered.push_back(probe({silent_.url()}));
  ScriptedServer server(healthy);
  EXPECT_TRUE(probe({server.url()}).get().status.ok());
  for (const auto& result : unanswered) {
    EXPECT_EQ(result.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  }
}

TEST_F(ProberTest, AServerThatIsReadyAndThenStallsAtItsNodesHoldsNoThread) {
  ScriptedServer stalls([](const Seen& seen) {
    return is_health(seen) ? answer(200, "ok") : Reaction{.bytes = "", .then = Then::Hang};
  });
  std::vector<std::future<ProbeResult>> unanswered;
  unanswered.reserve(20);
  for (int i = 0; i < 20; ++i) unanswered.push_back(probe({stalls.url()}));
  ScriptedServer server(healthy);
  EXPECT_TRUE(probe({server.url()}).get().status.ok());
  EXPECT_EQ(probe({stalls.url()}, soon()).get().status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ProberTest, ASilentServerIsToldAtTheDeadline) {
  const ProbeResult result = probe({silent_.url()}, soon()).get();
  EXPECT_EQ(result.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(base::message_of(result.status), HasSubstr("readiness of the API server: http://"));
}

TEST_F(ProberTest, ASilentMasterLeavesTimeToAskTheOthers) {
  ScriptedServer server(healthy);
  absl::Status status;
  // On a busy machine the other's share of a short time may pass, too.
  for (std::chrono::milliseconds time(100); time < std::chrono::minutes(5); time *= 2) {
    status = probe({silent_.url(), server.url()}, base::within(time, a_minute())).get().status;
    if (status.ok()) break;
  }
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ProberTest, AServerThatAnswersAnythingIsReached) {
  const auto reach = [this](const std::string& url, const base::CallLimits& limits) {
    auto promise = std::make_shared<std::promise<absl::Status>>();
    prober_.reach(client_for({url}), limits,
                  [promise](const absl::Status& status) { promise->set_value(status); });
    return promise->get_future().get();
  };
  ScriptedServer refuses([](const Seen&) { return refusal(403, "Forbidden", "no"); });
  EXPECT_TRUE(reach(refuses.url(), a_minute()).ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(reach(silent_.url(), soon())));
}

TEST_F(ProberTest, AServerThatIsNotReadyIsNotAskedForNodes) {
  ScriptedServer server([](const Seen&) { return answer(500, "[-]etcd failed: reason withheld"); });
  const ProbeResult result = probe({server.url()}).get();
  EXPECT_TRUE(result.status.ok());
  EXPECT_FALSE(result.health.ready);
  EXPECT_THAT(result.health.failing, ElementsAre("etcd: reason withheld"));
  EXPECT_THAT(server.seen(), SizeIs(1));
}

TEST_F(ProberTest, ARefusalIsAnError) {
  ScriptedServer server([](const Seen& seen) {
    return is_health(seen) ? answer(200, "ok") : refusal(403, "Forbidden", "no nodes for you");
  });
  const ProbeResult result = probe({server.url()}).get();
  EXPECT_EQ(result.status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(result.nodes, IsEmpty());
}

TEST_F(ProberTest, ReadsAllPages) {
  ScriptedServer server([](const Seen& seen) {
    if (is_health(seen)) return answer(200, "ok");
    if (seen.target.find("continue=") != std::string::npos) return answer(200, kOneNode);
    return answer(200, R"({"metadata":{"continue":"c"},"items":[{"metadata":{"name":"w"}}]})");
  });
  EXPECT_THAT(probe({server.url()}).get().nodes, SizeIs(2));
}

TEST_F(ProberTest, AnAnswerThatIsTooLongIsGivenUp) {
  ScriptedServer server([&](const Seen&) { return answer(503, std::string(100'000, 'x')); });
  EXPECT_EQ(probe({server.url()}).get().status.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(ProberTest, WhatIsNoListOfNodesIsRefused) {
  for (const char* body :
       {"<html>", "[]", R"({"items":3})", R"({"items":[{"metadata":{}}]})", "{\"items\":[", ""}) {
    ScriptedServer server(
        [&](const Seen& seen) { return is_health(seen) ? answer(200, "ok") : answer(200, body); });
    EXPECT_EQ(probe({server.url()}).get().status.code(), absl::StatusCode::kInternal) << body;
  }
}

TEST_F(ProberTest, WithoutAServerThereIsNothingToAsk) {
  EXPECT_EQ(probe({}).get().status.code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ProberTest, AfterStopNothingIsAnsweredAndNothingIsHeld) {
  const auto held = std::make_shared<int>(0);
  prober_.probe(client_for({silent_.url()}), a_minute(),
                [held](const ProbeResult&) { ADD_FAILURE() << "answered"; });
  prober_.stop();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace mex::kubernetes
