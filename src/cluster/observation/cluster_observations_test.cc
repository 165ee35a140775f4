#include "cluster/observation/cluster_observations.h"

#include <gtest/gtest.h>

#include "cluster/observation/virtual_time.h"
#include "cluster/plan/plan_fixture.h"

namespace mex::cluster {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class ClusterObservationsTest : public testing::Test {
 protected:
  ClusterObservationsTest() {
    cluster_.id = kTestClusterId;
    cluster_.spec = test_spec();
    cluster_.resources = whole_journal();
  }

  void let_pass(std::chrono::milliseconds time) {
    time_.call_after(time, [] {});
    time_.run_next();
  }

  bool list(const std::string& slot, const std::string& status) {
    ServerSweep sweep;
    sweep.seen = time_.wall_now();
    sweep.seen_steady = time_.steady_now();
    for (const auto& [key, id] : cluster_.resources) {
      if (key.kind != ResourceKind::Server) continue;
      openstack::Server server;
      server.id = id;
      server.status = key.node == slot ? status : "ACTIVE";
      sweep.servers.emplace(id, std::move(server));
    }
    return observed_.keep(sweep, cluster_, test_owner());
  }
  bool list_fails() {
    ServerSweep sweep;
    sweep.seen = time_.wall_now();
    sweep.seen_steady = time_.steady_now();
    sweep.status = absl::UnavailableError("no answer");
    return observed_.keep(sweep, cluster_, test_owner());
  }

  NextSweep ask(bool is_answered) {
    KubernetesSweep sweep;
    if (!is_answered) sweep.status = absl::DeadlineExceededError("no answer");
    sweep.seen = time_.wall_now();
    sweep.seen_steady = time_.steady_now();
    observed_.keep(std::move(sweep));
    return observed_.plan_next_sweep({.interval = kInterval});
  }
  bool is_kubernetes_old() {
    observed_.mark_old();
    return observed_.view().is_kubernetes_old;
  }

  static constexpr seconds kInterval{10};
  const Timing timing_{};
  VirtualTime time_;
  ClusterObservations observed_{timing_, time_, 0};
  ClusterRecord cluster_;
};

TEST_F(ClusterObservationsTest, AnApiServerThatWasNotAskedForThreeTicksIsNotKnown) {
  ask(true);
  let_pass(3 * kInterval + timing_.kubernetes_call);
  EXPECT_FALSE(is_kubernetes_old());
  let_pass(seconds(1));
  EXPECT_TRUE(is_kubernetes_old());
  ask(true);
  EXPECT_FALSE(is_kubernetes_old());
}

// Between two questions it is still what it was at the last: silent. It is not known any more when
// the questions stop.
TEST_F(ClusterObservationsTest, TheTickOfASilentServerIsThePauseThatWasPlanned) {
  NextSweep next;
  for (int i = 0; i < 10; ++i) next = ask(false);
  EXPECT_EQ(next.lane, SweepLane::Silent);
  EXPECT_GE(next.pause, timing_.silent_tick);
  EXPECT_EQ(*observed_.view().next_kubernetes, time_.wall_now() + next.pause);
  let_pass(3 * next.pause);
  EXPECT_FALSE(is_kubernetes_old());
  let_pass(timing_.kubernetes_call + seconds(1));
  EXPECT_TRUE(is_kubernetes_old());
  ask(true);
  let_pass(3 * kInterval + timing_.kubernetes_call + seconds(1));
  EXPECT_TRUE(is_kubernetes_old()) << "it answers, so its tick is short again";
}

TEST_F(ClusterObservationsTest, AnAwaitedServerIsAskedAmongTheAwaitedWhetherItAnswersOrNot) {
  for (const bool is_answered : {true, false}) {
    ask(is_answered);
    const auto next = observed_.plan_next_sweep({.is_awaited = true, .interval = kInterval});
    EXPECT_EQ(next.lane, SweepLane::Awaited);
    EXPECT_LE(next.pause, timing_.longest_kubernetes_tick);
  }
  EXPECT_EQ(ask(true).lane, SweepLane::Regular);
}

TEST_F(ClusterObservationsTest, AMasterThatIsActiveAgainIsALifeSign) {
  EXPECT_FALSE(list("", "")) << "nothing was known before";
  EXPECT_FALSE(list("master-1", "SHUTOFF"));
  EXPECT_FALSE(list_fails()) << "what is not seen is not new";
  EXPECT_TRUE(list("", ""));
  EXPECT_FALSE(list("", ""));
  EXPECT_FALSE(list("worker-1", "SHUTOFF"));
  EXPECT_FALSE(list("", "")) << "a worker has no API server";
}

TEST_F(ClusterObservationsTest, AgesAreThoseOfTheServerSeenLongestAgoAndOfTheLastAnswer) {
  const base::SteadyTime begin = time_.steady_now();
  let_pass(seconds(5));
  auto ages = observed_.ages(cluster_, true);
  EXPECT_EQ(ages.servers, begin) << "never seen";
  EXPECT_EQ(ages.api_server, begin);
  EXPECT_FALSE(ages.is_silent);
  list("", "");
  ask(true);
  const base::SteadyTime seen = time_.steady_now();
  let_pass(minutes(5));
  list_fails();
  ask(false);
  ages = observed_.ages(cluster_, true);
  EXPECT_EQ(ages.servers, seen);
  EXPECT_EQ(ages.api_server, seen) << "it was asked, but it did not answer";
  EXPECT_TRUE(ages.is_silent);
  EXPECT_FALSE(observed_.ages(cluster_, false).api_server);
  cluster_.resources.clear();
  EXPECT_FALSE(observed_.ages(cluster_, true).servers);
}

}  // namespace
}  // namespace mex::cluster
