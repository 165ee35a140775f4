#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "cluster/engine/operation_fixture.h"

// Clusters whose servers boot from volumes: none is left, and none is booted from twice.
namespace mex::cluster {
namespace {

using testing::Contains;
using testing::HasSubstr;

const ResourceKey kVolume{ResourceKind::Volume, "worker-1"};

class OperationsWithVolumes : public OperationTest {
 protected:
  void SetUp() override {
    use_managed();
    spec_.flavor.masters.shape.root_volume_gib = 30;
    for (WorkerPool& pool : spec_.flavor.worker_pools) pool.shape.root_volume_gib = 20;
    begin_create();
  }
  void create() {
    run();
    expect_whole();
  }
  void destroy_all() {
    destroy();
    run_until([this] { return is_destroyed_; });
    expect_destroyed();
  }
};

TEST_F(OperationsWithVolumes, NoneIsLeftAlsoWhereNovaLeavesThem) {
  cloud_.keeps_volumes = true;
  create();
  EXPECT_EQ(cloud_.count(ResourceKind::Volume), 3U);
  EXPECT_TRUE(stored_cluster()->resources.count(kVolume));
  destroy_all();
  EXPECT_THAT(operation().audit.removed, Contains(HasSubstr("volume worker-1")));
}

TEST_F(OperationsWithVolumes, OneThatIsBeingMadeIsWaitedForWithoutComplaint) {
  cloud_.volume_looks = 10;
  run_until([this] {
    const StepView* step = find_step(operation(), "volume ready worker-1");
    return step != nullptr && step->attempts == 2 && step->retry_at.has_value();
  });
  EXPECT_EQ(find_step(operation(), "volume ready worker-1")->state, StepState::Running);
  EXPECT_THAT(find_step(operation(), "volume ready worker-1")->reason.message,
              HasSubstr("downloading"));
  EXPECT_EQ(blocked_step(operation()), nullptr);
  EXPECT_EQ(cloud_.calls_of("server worker-1"), 0);
  create();
}

TEST_F(OperationsWithVolumes, OneThatTakesLongerThanAnyIsShownAsTheReasonToWait) {
  cloud_.volume_looks = 10000;
  run_until_blocked("volume ready worker-1");
  cloud_.volume_looks = 0;
  create();
}

TEST_F(OperationsWithVolumes, OneThatCannotBeMadeEndsTheCreateAndIsMadeAnewByTheNext) {
  cloud_.broken_volumes = {"test-1-k3v9x2ab-worker-1"};
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  create_again();
  create();
  EXPECT_THAT(operation().audit.removed, Contains(HasSubstr("volume worker-1")));
}

TEST_F(OperationsWithVolumes, AServerThatTakesTheBrokenOnesPlaceBootsFromAnotherVolume) {
  cloud_.keeps_volumes = true;
  cloud_.broken_servers = {"test-1-k3v9x2ab-worker-1"};
  run();
  const std::string before = cluster().resources.at(kVolume);
  create_again();
  create();
  EXPECT_NE(cluster().resources.at(kVolume), before);
}

TEST_F(OperationsWithVolumes, AServerThatVanishedLeavesNoVolumeToBootFrom) {
  cloud_.keeps_volumes = true;
  create();
  cloud_.lose_server("test-1-k3v9x2ab-worker-1");
  repair("worker-1");
  create();
}

TEST_F(OperationsWithVolumes, AReplacementGetsAnotherVolumeAlsoWhereTheAgentDiesInBetween) {
  cloud_.keeps_volumes = true;
  create();
  replace("worker-1");
  run_until_moment("remove volume worker-1");
  restart(Fate::LostWithoutEffect);
  create();
}

TEST_F(OperationsWithVolumes, AWorkerThatGoesTakesItsVolumeAlong) {
  cloud_.keeps_volumes = true;
  create();
  scale(1);
  create();
  EXPECT_EQ(cloud_.count(ResourceKind::Volume), 2U);
}

TEST_F(OperationsWithVolumes, AScaleForWhichTheyDoNotSufficeLeavesNothingAndIsNotResumed) {
  create();
  const ClusterSpec wanted = cluster().spec;
  cloud_.script("volume worker-4", {Fate::Refused});
  scale(5);
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(cluster().spec, wanted);
  change(OperationKind::Repair, cluster());
  create();
  EXPECT_EQ(cloud_.count(ResourceKind::Volume), 3U);
}

// What becomes of the call's answer.
class LostVolume : public OperationsWithVolumes, public testing::WithParamInterface<Fate> {};

TEST_P(LostVolume, IsFoundAndNotMadeTwice) {
  cloud_.script("volume worker-1", {GetParam()});
  create();
  destroy_all();
}

INSTANTIATE_TEST_SUITE_P(As, LostVolume,
                         testing::Values(Fate::Lost, Fate::LostWithoutEffect, Fate::Late,
                                         Fate::HalfWay));

// The moment of the kill, and what becomes of the calls that are on their way.
class KilledWithVolumes : public OperationsWithVolumes,
                          public testing::WithParamInterface<std::tuple<const char*, Fate>> {};

TEST_P(KilledWithVolumes, GoesOnAndLeavesNothing) {
  cloud_.keeps_volumes = true;
  run_until_moment(std::get<0>(GetParam()));
  restart(std::get<1>(GetParam()));
  create();
  destroy_all();
}

INSTANTIATE_TEST_SUITE_P(
    At, KilledWithVolumes,
    testing::Combine(testing::Values("volume worker-1", "volume ready worker-1", "server worker-1",
                                     "boot worker-1"),
                     testing::Values(Fate::Answered, Fate::LostWithoutEffect, Fate::Late)));

}  // namespace
}  // namespace mex::cluster
