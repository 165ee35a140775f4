#include <gtest/gtest.h>

#include <string>

#include "cluster/engine/operation_fixture.h"

// The process is killed at every step of every kind of operation, and the next one goes on from
// what is stored.
namespace mex::cluster {
namespace {

struct Death {
  const char* step;  // its call has just gone out, or it waits
  Fate in_flight;    // of the calls that were on their way
};

std::string case_name(const testing::TestParamInfo<Death>& info) {
  const std::string name = camel_case(info.param.step);
  switch (info.param.in_flight) {
    case Fate::Late:
      return name + "TakesEffectLate";
    case Fate::LostWithoutEffect:
      return name + "HasNoEffect";
    default:
      return name + "TakesEffect";
  }
}

std::vector<Death> deaths_at(std::initializer_list<const char*> steps) {
  std::vector<Death> deaths;
  for (const char* step : steps) {
    for (const Fate fate : {Fate::Answered, Fate::LostWithoutEffect, Fate::Late}) {
      deaths.push_back({step, fate});
    }
  }
  return deaths;
}

class RestartTest : public OperationTest, public testing::WithParamInterface<Death> {
 protected:
  RestartTest() { use_managed(); }

  void SetUp() override {
    begin_create();
    run();
    expect_whole();
  }
  void die() {
    run_until_moment(GetParam().step);
    restart(GetParam().in_flight);
  }
};

class RestartOfACreate : public RestartTest {
 protected:
  void SetUp() override {}
};

TEST_P(RestartOfACreate, EndsInAWholeCluster) {
  begin_create();
  die();
  run();
  expect_whole();
}
INSTANTIATE_TEST_SUITE_P(
    At, RestartOfACreate,
    testing::ValuesIn(deaths_at({"token", "look image debian-12", "network", "subnet",
                                 "security group", "rules", "ports", "router", "router interface",
                                 "tags network", "server master-1", "server worker-2",
                                 "boot master-1", "api server", "ready worker-1"})),
    case_name);

class RestartOfAScale : public RestartTest {};

TEST_P(RestartOfAScale, EndsInAWholeCluster) {
  scale(3);
  die();
  run();
  expect_whole();
  EXPECT_EQ(cloud_.count(ResourceKind::Server), 4U);
}
INSTANTIATE_TEST_SUITE_P(At, RestartOfAScale,
                         testing::ValuesIn(deaths_at({"token", "join token", "ports",
                                                      "server worker-3", "boot worker-3",
                                                      "ready worker-3"})),
                         case_name);

class RestartOfAScaleDown : public RestartTest {};

TEST_P(RestartOfAScaleDown, EndsInAWholeCluster) {
  scale(1);
  die();
  run();
  expect_whole();
  EXPECT_EQ(cloud_.count(ResourceKind::Server), 2U);
}
INSTANTIATE_TEST_SUITE_P(At, RestartOfAScaleDown,
                         testing::ValuesIn(deaths_at({"drain", "forget", "remove server worker-2",
                                                      "remove port worker-2"})),
                         case_name);

class RestartOfAReplace : public RestartTest {};

TEST_P(RestartOfAReplace, EndsInAWholeClusterWithAnotherServer) {
  const std::string before = cluster().resources.at({ResourceKind::Server, "worker-1"});
  replace("worker-1");
  die();
  run();
  expect_whole();
  EXPECT_NE(cluster().resources.at({ResourceKind::Server, "worker-1"}), before);
}
INSTANTIATE_TEST_SUITE_P(At, RestartOfAReplace,
                         testing::ValuesIn(deaths_at({"drain", "forget", "remove server worker-1",
                                                      "join token", "server worker-1",
                                                      "boot worker-1", "ready worker-1"})),
                         case_name);

class RestartOfARepair : public RestartTest {};

TEST_P(RestartOfARepair, EndsInAWholeClusterWithAnotherServer) {
  const std::string before = cluster().resources.at({ResourceKind::Server, "worker-2"});
  repair("worker-2");
  die();
  run();
  expect_whole();
  EXPECT_NE(cluster().resources.at({ResourceKind::Server, "worker-2"}), before);
  EXPECT_GE(cloud_.calls_of("confirm fault"), 1);
  EXPECT_EQ(cluster().repairs.size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(At, RestartOfARepair,
                         testing::ValuesIn(deaths_at({"forget", "remove server worker-2",
                                                      "server worker-2", "ready worker-2"})),
                         case_name);

class RestartOfADestroy : public RestartTest {};

TEST_P(RestartOfADestroy, LeavesNothing) {
  destroy();
  die();
  run();
  expect_destroyed();
}
INSTANTIATE_TEST_SUITE_P(
    At, RestartOfADestroy,
    testing::ValuesIn(deaths_at({"token", "list servers", "remove server master-1",
                                 "remove port worker-1", "remove router interface",
                                 "remove security-group", "remove router", "remove subnet",
                                 "remove network"})),
    case_name);

// ---- an earlier process's open calls, and a destroy ----

class DestroyAfterARestart : public RestartTest {
 protected:
  void SetUp() override {}
};

TEST_P(DestroyAfterARestart, WaitsForWhatMayComeLateAndLeavesNothing) {
  begin_create();
  die();
  destroy();
  run_until([this] { return is_destroyed_; });
  expect_destroyed();
}
INSTANTIATE_TEST_SUITE_P(Of, DestroyAfterARestart,
                         testing::ValuesIn(deaths_at({"network", "ports", "server worker-1"})),
                         case_name);

TEST_F(OperationTest, ManyRestartsInARowMakeNothingTwice) {
  use_unmanaged();
  begin_create();
  for (const char* step : {"network", "ports", "server master-1", "router", "router interface"}) {
    run_until_moment(step);
    restart(Fate::Answered);
  }
  run();
  expect_whole();
  for (const auto& [call, times] : cloud_.creations) {
    EXPECT_LE(times.size(), call == "ports" ? 3U : 1U) << call;
  }
}

}  // namespace
}  // namespace mex::cluster
