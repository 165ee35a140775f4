#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "cluster/engine/operation_fixture.h"
#include "cluster/observation/cluster_observations.h"
#include "cluster/observation/watched_cluster.h"

namespace mex::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A cluster that is created among many others, whose API servers are asked by the same process: in
// virtual time, with a single thread for all of them.
class Fleet final : public OperationTest {
 public:
  ~Fleet() override { time_.drop_everything(); }
  void TestBody() override {}

  enum class Kind { Answers, Silent, Stuck };  // Stuck: silent, and an operation waits for it

  // As a process that starts has them.
  void add(Kind kind, int count) {
    for (int i = 0; i < count; ++i) {
      auto& cluster = clusters_.emplace_back(
          std::make_shared<WatchedCluster>(prober_, queue_, time_, timing_, clusters_.size(),
                                           [kind]() -> std::optional<kubernetes::ProbeResult> {
                                             if (kind != Kind::Answers) return std::nullopt;
                                             return ready_answer();
                                           }));
      if (kind == Kind::Stuck) {
        cluster->await();
      } else {
        cluster->request({.pause = milliseconds(10) * clusters_.size()});
      }
    }
  }

  void run_for(milliseconds duration) {
    bool is_over = false;
    time_.in_the_world_after(duration, [&] { is_over = true; });
    while (!is_over) ASSERT_TRUE(time_.run_next());
  }

  // How long the new cluster takes.
  milliseconds create() {
    use_managed();
    const base::SteadyTime begin = time_.steady_now();
    begin_create();
    while (!has_ended(operation()) && time_.steady_now() - begin < minutes(60)) {
      if (!time_.run_next()) break;
    }
    EXPECT_EQ(operation().state, OperationState::Done) << describe_steps();
    return std::chrono::duration_cast<milliseconds>(time_.steady_now() - begin);
  }

  int calls() const { return prober_.calls(); }
  std::size_t most_under_way() const { return prober_.most_under_way; }
  // How many clusters of `count` from `first` on were not seen for longer than that.
  int unseen_for(milliseconds longest, std::size_t first, std::size_t count) const {
    int unseen = 0;
    for (std::size_t i = first; i < first + count; ++i) {
      const auto& seen = clusters_.at(i)->seen;
      if (seen.empty() || time_.steady_now() - seen.back() > longest) ++unseen;
    }
    return unseen;
  }

 private:
  // What the engine of the new cluster does.
  class NewCluster final : public KubernetesObserver,
                           public std::enable_shared_from_this<NewCluster> {
   public:
    explicit NewCluster(Fleet& fleet)
        : fleet_(fleet),
          client_(fleet.prober_.add_server([&fleet] { return fleet.answer(); })),
          observed_(fleet.timing_, fleet.time_, 0),
          monitor_(&fleet.prober_, fleet.queue_, fleet.time_, fleet.time_, fleet.timing_) {}

    void await() { monitor_.request(weak_from_this(), {.lane = SweepLane::Awaited}); }

    std::optional<absl::StatusOr<std::shared_ptr<kubernetes::Client>>> api_server() override {
      return client_;
    }
    std::optional<NextSweep> observe_kubernetes(KubernetesSweep sweep) override {
      OperationMachine& machine = fleet_.process_->machine;
      observed_.keep(std::move(sweep));
      const bool is_changed = machine.observe(*observed_.kubernetes());
      return observed_.plan_next_sweep({.is_awaited = machine.awaited().has_kubernetes(),
                                        .is_changed = is_changed,
                                        .interval = WatchedCluster::kInterval});
    }

   private:
    Fleet& fleet_;
    const std::shared_ptr<kubernetes::Client> client_;
    ClusterObservations observed_;
    KubernetesMonitor monitor_;
  };

  // Silent until its first master has booted.
  std::optional<kubernetes::ProbeResult> answer() const {
    KubernetesSweep sweep = cloud_.kubernetes();
    if (!sweep.health.ready) return std::nullopt;
    kubernetes::ProbeResult result{.status = {}, .health = sweep.health, .nodes = {}};
    for (auto& [name, node] : sweep.nodes) result.nodes.push_back(std::move(node));
    return result;
  }

  void ask_kubernetes_soon() override { new_cluster_->await(); }

  VirtualPool pool_{time_, milliseconds(1)};
  ScriptedProber prober_{time_};
  SweepQueue queue_{[this](std::function<void()> job) { pool_.submit(std::move(job)); }};
  std::vector<std::shared_ptr<WatchedCluster>> clusters_;
  std::shared_ptr<NewCluster> new_cluster_ = std::make_shared<NewCluster>(*this);
};

milliseconds time_alone() { return Fleet().create(); }

// The symptom: next to 48 clusters whose API servers are silent a new one takes 34 s, not 4 s.
TEST(FleetTest, ANewClusterAmongAThousandOfWhichHalfAreSilentIsReadyAsSoonAsAlone) {
  for (const milliseconds after_start :
       {milliseconds(0), milliseconds(seconds(5)), milliseconds(minutes(30))}) {
    Fleet fleet;
    fleet.add(Fleet::Kind::Answers, 500);
    fleet.add(Fleet::Kind::Silent, 500);
    fleet.run_for(after_start);
    EXPECT_LE(fleet.create(), time_alone() * 12 / 10) << after_start.count();
  }
}

TEST(FleetTest, FiveHundredClustersThatAreStuckInTheirOperationsDelayNoOther) {
  Fleet fleet;
  fleet.add(Fleet::Kind::Answers, 500);
  fleet.add(Fleet::Kind::Stuck, 500);
  fleet.run_for(minutes(1));
  EXPECT_LE(fleet.create(), time_alone() * 12 / 10);
  EXPECT_EQ(fleet.unseen_for(2 * WatchedCluster::kInterval, 0, 500), 0);
}

TEST(FleetTest, AThousandAreLookedAtSoonAfterTheStart) {
  Fleet fleet;
  fleet.add(Fleet::Kind::Answers, 500);
  fleet.add(Fleet::Kind::Silent, 500);
  fleet.run_for(seconds(11));
  EXPECT_EQ(fleet.unseen_for(2 * WatchedCluster::kInterval, 0, 500), 0);
  fleet.run_for(seconds(19));
  EXPECT_EQ(fleet.unseen_for(seconds(30), 500, 500), 0) << "that they are silent is known, too";
}

// What a tick costs: one sweep for each cluster that answers, hardly any for the others.
TEST(FleetTest, SilentServersAreHardlyAskedAndTheOthersAreAskedAsEver) {
  Fleet fleet;
  fleet.add(Fleet::Kind::Answers, 500);
  fleet.add(Fleet::Kind::Silent, 500);
  fleet.run_for(minutes(30));
  const int before = fleet.calls();
  fleet.run_for(minutes(10));
  const int sweeps = fleet.calls() - before;
  EXPECT_GE(sweeps, 500 * 59);
  EXPECT_LE(sweeps, 500 * 61 + 500 * 5);
  EXPECT_LE(fleet.most_under_way(), 768U);
  EXPECT_EQ(fleet.unseen_for(2 * WatchedCluster::kInterval, 0, 500), 0);
  EXPECT_EQ(fleet.unseen_for(minutes(3), 500, 500), 0);
}

}  // namespace
}  // namespace mex::cluster
