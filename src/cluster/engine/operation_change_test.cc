#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "cluster/engine/operation_fixture.h"

// Operations that change a cluster which is there, and what becomes of it when they fail.
namespace mex::cluster {
namespace {

class ChangeOfACluster : public OperationTest {
 protected:
  void SetUp() override {
    use_managed();
    begin_create();
    run();
    expect_whole();
    server_ = cluster().resources.at({ResourceKind::Server, "worker-1"});
    wanted_ = cluster().spec;
    cloud_.calls.clear();
  }
  int removals() const {
    return static_cast<int>(
        std::count_if(cloud_.calls.begin(), cloud_.calls.end(),
                      [](const std::string& call) { return call.rfind("remove", 0) == 0; }));
  }
  // It fails, and what was wanted before is wanted again.
  void scale_in_vain(int count) {
    scale(count);
    run();
    EXPECT_EQ(operation().state, OperationState::Failed);
    EXPECT_EQ(cluster().spec, wanted_);
  }
  // What a change that failed has left is completed.
  void complete() {
    change(OperationKind::Repair, cluster());
    run();
    expect_whole();
  }

  std::string server_;  // of worker-1
  ClusterSpec wanted_;  // before any change
};

TEST_F(ChangeOfACluster, AWorkerThatWorksAgainIsNotReplaced) {
  cloud_.recovered = {"worker-1"};
  repair("worker-1");
  run();
  expect_whole();
  EXPECT_EQ(cluster().resources.at({ResourceKind::Server, "worker-1"}), server_);
  EXPECT_EQ(cloud_.calls_of("drain"), 0);
  EXPECT_EQ(removals(), 0);
}

TEST_F(ChangeOfACluster, AWorkerThatWorksAgainWhileItIsDrainedIsUncordoned) {
  cloud_.recovered = {server_};
  repair("worker-1");
  run();
  expect_whole();
  EXPECT_EQ(cluster().resources.at({ResourceKind::Server, "worker-1"}), server_);
  EXPECT_EQ(cloud_.calls_of("drain"), 1);
  EXPECT_EQ(cloud_.calls_of("uncordon"), 1);
  EXPECT_EQ(cloud_.calls_of("forget"), 0);
}

// The symptom: Nova has the server in ERROR after a failed migration, its node is Ready and at
// work, and both are deleted at once.
TEST_F(ChangeOfACluster, AWorkerInErrorWhoseNodeIsReadyIsDrainedAndThenReplaced) {
  cloud_.resources.at(server_).is_broken = true;
  repair("worker-1");
  run();
  expect_whole();
  EXPECT_NE(cluster().resources.at({ResourceKind::Server, "worker-1"}), server_);
  const auto at = [this](const char* call) {
    return std::find(cloud_.calls.begin(), cloud_.calls.end(), call) - cloud_.calls.begin();
  };
  EXPECT_LT(at("confirm fault"), at("drain"));
  EXPECT_LT(at("drain"), at("remove server worker-1"));
  EXPECT_LT(at("remove server worker-1"), at("server worker-1"));
  EXPECT_EQ(removals(), 1);
}

// The symptom: quota for three of five, and later a repair makes the other two.
TEST_F(ChangeOfACluster, AScaleThatLacksQuotaIsForgottenAndAFaultIsRepairedAllTheSame) {
  cloud_.script("server worker-4", {Fate::Refused});
  scale_in_vain(5);
  complete();
  EXPECT_EQ(cloud_.count(ResourceKind::Server), 3U);
  EXPECT_EQ(cloud_.count(ResourceKind::Port), 3U);
  cloud_.resources.at(server_).is_broken = true;
  repair("worker-1");
  run();
  expect_whole();
  EXPECT_EQ(cloud_.count(ResourceKind::Server), 3U);
}

TEST_F(ChangeOfACluster, EveryNodeIsLetRenewItsCertificatesAndNothingElseIsTouched) {
  cloud_.script("renewal", {Fate::Answered, Fate::Lost, Fate::Unreachable, Fate::Answered});
  change(OperationKind::Renew, with_renewal(cluster()));
  run();
  expect_whole();
  EXPECT_EQ(operation().kind, OperationKind::Renew);
  EXPECT_EQ(cloud_.calls_of("renewal"), static_cast<int>(cluster().spec.nodes.size()) + 2);
  EXPECT_FALSE(has_open_change(cluster()));
  EXPECT_EQ(removals(), 0);
}

TEST_F(ChangeOfACluster, ANodeThatCannotRenewIsTheReasonAndTheOthersAreLeftAsTheyAre) {
  cloud_.script("renewal", {Fate::NotFound});
  change(OperationKind::Renew, with_renewal(cluster()));
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(cloud_.calls_of("renewal"), 1);
  EXPECT_FALSE(has_open_change(cluster()));
  EXPECT_EQ(removals(), 0);
}

// The symptom: a worker's tags and description are taken off by hand, and its server is deleted.
TEST_F(ChangeOfACluster, AServerWithoutTheMarkIsLeftAloneBeforeItsNodeIsDrained) {
  cloud_.resources.at(server_).is_marked = false;
  for (const OperationKind kind : {OperationKind::Replace, OperationKind::Repair}) {
    change(kind, *with_replaced(cluster(), "worker-1"));
    run();
    EXPECT_EQ(operation().state, OperationState::Failed);
    EXPECT_EQ(operation().reason.code, "NotOwned");
  }
  scale(0);
  run();
  EXPECT_EQ(operation().reason.code, "NotOwned");
  EXPECT_EQ(cluster().resources.at({ResourceKind::Server, "worker-1"}), server_);
  EXPECT_EQ(cloud_.calls_of("drain"), 0);
  EXPECT_EQ(removals(), 0);
  cloud_.resources.at(server_).is_marked = true;
  complete();
}

// The symptom: instance quota 3, scale to 5: afterwards Ready=False for ports that were never made,
// and when the quota comes, a repair builds nodes that no one asks for any more.
TEST_F(ChangeOfACluster, AScaleThatIsRefusedLeavesWhatWasWantedBefore) {
  cloud_.script("look compute quota", {Fate::Refused});
  scale_in_vain(5);
  EXPECT_FALSE(has_open_change(*stored_cluster()));
  EXPECT_EQ(stored_cluster()->spec, wanted_);
}

TEST_F(ChangeOfACluster, UserDataThatBecameTooLargeRefusesWhatMakesAServerAndNothingElse) {
  std::mt19937 random(1);
  operator_user_data_ = "#!/bin/sh\n";
  for (int i = 0; i < 20000; ++i) operator_user_data_ += fmt::format("{:08x}", random());
  restart(Fate::Answered);
  scale_in_vain(3);
  EXPECT_NE(operation().reason.message.find("user-data"), std::string::npos)
      << operation().reason.message;
  EXPECT_EQ(cloud_.calls_of("server"), 0);
  scale(1);
  run();
  expect_whole();
}

TEST_F(ChangeOfACluster, NodesThatAFailedScaleBroughtLeaveAgain) {
  cloud_.script("server worker-4", {Fate::Refused});
  scale_in_vain(4);
  ASSERT_TRUE(has_open_change(cluster()));
  complete();
  EXPECT_EQ(cluster().spec, wanted_);
}

TEST_F(ChangeOfACluster, AFailedScaleDownLeavesItsNodesWhereTheyWere) {
  cloud_.script("remove server worker-2", {Fate::Refused});
  scale_in_vain(1);
  complete();
  EXPECT_EQ(cloud_.calls_of("uncordon"), 1);
  EXPECT_EQ(cloud_.calls_of("server worker-2"), 0);
}

TEST_F(ChangeOfACluster, AScaleDownThatFailsHalfWayIsUndone) {
  cloud_.script("remove server worker-1", {Fate::Refused});
  scale_in_vain(0);
  complete();
  EXPECT_EQ(cluster().resources.at({ResourceKind::Server, "worker-1"}), server_);
}

// The symptom: while the password of the project is changed, a scale fails and is undone.
TEST_F(ChangeOfACluster, CredentialsThatAreRefusedForAWhileBlockAChange) {
  for (int i = 0; i < 20; ++i) {
    for (const char* call : {"token", "ports"}) cloud_.script(call, {Fate::LoggedOut});
  }
  change(OperationKind::Replace, *with_replaced(cluster(), "worker-1"));
  run_until_blocked("token");
  EXPECT_EQ(find_step(operation(), "token")->reason.code, "UNAUTHENTICATED");
  run();
  expect_whole();
}

// The symptom: an hour that the wall clock skips is counted as patience with the API server.
TEST_F(ChangeOfACluster, AWallClockThatIsSetEndsNoPatience) {
  cloud_.script("join token", {Fate::Unreachable, Fate::Unreachable});
  change(OperationKind::Replace, *with_replaced(cluster(), "worker-1"));
  run_until_blocked("join token");
  time_.shift_wall_clock(std::chrono::hours(1));
  run();
  expect_whole();
}

}  // namespace
}  // namespace mex::cluster
