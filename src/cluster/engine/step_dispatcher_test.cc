#include "cluster/engine/step_dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "cluster/observation/scripted_prober.h"
#include "cluster/plan/plan_fixture.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// Keeps what it is given, and succeeds at once.
struct RecordingExecutor final : StepExecutor {
  void execute(Attempt attempt, Done done) override {
    attempts.push_back(std::move(attempt));
    done(Outcome());
  }
  std::vector<Attempt> attempts;
};

class StepDispatcherTest : public testing::Test {
 protected:
  std::shared_ptr<kubernetes::Client> server(bool is_silent) {
    return prober_.add_server([is_silent]() -> std::optional<kubernetes::ProbeResult> {
      if (is_silent) return std::nullopt;
      return kubernetes::ProbeResult();
    });
  }

  void execute(Action action, std::shared_ptr<kubernetes::Client> api_server) {
    Attempt attempt;
    attempt.action = std::move(action);
    attempt.api_server = std::move(api_server);
    dispatcher_.execute(std::move(attempt),
                        [this](const Outcome& outcome) { outcomes_.push_back(outcome.status); });
  }
  void run() {
    while (time_.run_next()) {
    }
  }

  static ConfirmFault confirm(bool needs_answer) {
    return {.slot = "worker-1",
            .node = "n",
            .removal = {.resource = owned_at({ResourceKind::Server, "worker-1"}, "server-id")},
            .needs_answer = needs_answer};
  }

  VirtualTime time_;
  ScriptedProber prober_{time_};
  RecordingExecutor cloud_;
  RecordingExecutor api_servers_;
  RecordingExecutor drains_;
  const Timing timing_{};
  StepDispatcher dispatcher_{
      {cloud_, api_servers_, drains_}, prober_, time_, timing_.kubernetes_call};
  std::vector<absl::Status> outcomes_;
};

TEST_F(StepDispatcherTest, CallsToTheCloudAskNoApiServer) {
  execute(LogIn{}, nullptr);
  EXPECT_THAT(cloud_.attempts, SizeIs(1));
  EXPECT_EQ(prober_.calls(), 0);
}

TEST_F(StepDispatcherTest, ACallToAnApiServerIsMadeWhenItAnswers) {
  execute(ForgetNode{"n"}, server(false));
  EXPECT_THAT(api_servers_.attempts, IsEmpty()) << "not yet";
  run();
  EXPECT_THAT(api_servers_.attempts, SizeIs(1));
  EXPECT_THAT(cloud_.attempts, IsEmpty());
  ASSERT_THAT(outcomes_, SizeIs(1));
  EXPECT_TRUE(outcomes_[0].ok());
}

TEST_F(StepDispatcherTest, DrainsKeepNoOtherCallWaiting) {
  execute(DrainNode{"worker-1", "n"}, server(false));
  run();
  EXPECT_THAT(drains_.attempts, SizeIs(1));
  EXPECT_THAT(api_servers_.attempts, IsEmpty());
}

// The symptom: operations of clusters whose API servers are silent hold all threads, and the
// networks and servers of a new one are not asked for.
TEST_F(StepDispatcherTest, CallsToSilentApiServersTakeNoThread) {
  for (int i = 0; i < 500; ++i) execute(ForgetNode{"n"}, server(true));
  execute(ForgetNode{"n"}, server(false));
  const base::SteadyTime begin = time_.steady_now();
  run();
  EXPECT_EQ(time_.steady_now() - begin, timing_.kubernetes_call);
  EXPECT_THAT(api_servers_.attempts, SizeIs(1));
  ASSERT_THAT(outcomes_, SizeIs(501));
  EXPECT_TRUE(outcomes_[0].ok()) << "the one that answers was not kept waiting";
  EXPECT_TRUE(absl::IsDeadlineExceeded(outcomes_[1]));
}

TEST_F(StepDispatcherTest, AFaultThatNeedsNoAnswerIsConfirmedByTheCloudAlone) {
  execute(confirm(/*needs_answer=*/false), server(true));
  execute(confirm(/*needs_answer=*/true), server(true));
  run();
  ASSERT_THAT(cloud_.attempts, SizeIs(1));
  EXPECT_EQ(cloud_.attempts[0].api_server, nullptr);
  EXPECT_THAT(api_servers_.attempts, IsEmpty());
  ASSERT_THAT(outcomes_, SizeIs(2));
  EXPECT_NE(outcomes_[0].ok(), outcomes_[1].ok());
}

}  // namespace
}  // namespace mex::cluster
