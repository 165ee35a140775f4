#include "cluster/health/awaited_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

using State = AwaitedVerdict::State;
using std::chrono::seconds;
using testing::HasSubstr;

openstack::Server server(const char* id, const char* status, const char* fault = "") {
  openstack::Server made;
  made.id = id;
  made.name = "test-1-k3v9x2ab-worker-1";
  made.status = status;
  made.fault = fault;
  return made;
}

class AwaitedServerTest : public testing::Test {
 protected:
  AwaitedVerdict judged(seconds waited) {
    return judge_boot({.id = "s1",
                       .name = "test-1-k3v9x2ab-worker-1",
                       .reason = because("Before", "before"),
                       .waited = waited,
                       .deadline = seconds(600)},
                      sweep_);
  }

  void see(const std::vector<openstack::Server>& servers) {
    sweep_.servers.clear();
    for (const openstack::Server& one : servers) sweep_.servers[one.id] = one;
  }

  ServerSweep sweep_;
};

TEST_F(AwaitedServerTest, AnActiveServerIsDone) {
  see({server("s1", "ACTIVE")});
  EXPECT_EQ(judged(seconds(9999)).state, State::Done);
}

TEST_F(AwaitedServerTest, AHostIsChosenBeforeTheServerHasBooted) {
  openstack::Server one = server("s1", "BUILD");
  see({one});
  EXPECT_FALSE(has_host("s1", sweep_));
  EXPECT_FALSE(has_host("s2", sweep_));
  one.host_id = "7f3a";
  see({one});
  EXPECT_TRUE(has_host("s1", sweep_));
  sweep_.status = absl::UnavailableError("later");
  EXPECT_FALSE(has_host("s1", sweep_));
}

TEST_F(AwaitedServerTest, OneThatNoHostTookHasNone) {
  see({server("s1", "ERROR", "No valid host was found")});
  EXPECT_FALSE(has_host("s1", sweep_));
  see({server("s1", "UNKNOWN")});
  EXPECT_FALSE(has_host("s1", sweep_));
}

TEST_F(AwaitedServerTest, OneThatBuildsIsWaitedForUntilTheDeadline) {
  see({server("s1", "BUILD")});
  EXPECT_EQ(judged(seconds(599)).state, State::Waiting);
  EXPECT_TRUE(judged(seconds(599)).reason.empty());
  const AwaitedVerdict late = judged(seconds(600));
  EXPECT_EQ(late.state, State::Failed);
  EXPECT_EQ(late.reason.code, "BootDeadline");
  EXPECT_THAT(late.reason.message, HasSubstr("after 10 minutes: it is BUILD"));
}

TEST_F(AwaitedServerTest, OneOfACellThatIsDownIsNotKnownHoweverLongThatTakes) {
  see({server("s1", "UNKNOWN")});
  EXPECT_EQ(judged(seconds(6000)).state, State::Waiting);
  EXPECT_EQ(judged(seconds(6000)).reason.code, "CellDown");
}

TEST_F(AwaitedServerTest, OneInErrorFailsWithNovasReason) {
  see({server("s1", "ERROR", "No valid host was found")});
  EXPECT_EQ(judged(seconds(1)).reason.code, "ServerError");
  EXPECT_THAT(judged(seconds(1)).reason.message, HasSubstr("No valid host was found"));
  see({server("s1", "ERROR")});
  EXPECT_THAT(judged(seconds(1)).reason.message, HasSubstr("Nova gives no reason"));
}

TEST_F(AwaitedServerTest, OneThatTheListLacksIsWaitedForUnlessItIsProvedGone) {
  EXPECT_EQ(judged(seconds(599)).state, State::Waiting);
  EXPECT_EQ(judged(seconds(599)).reason.code, "Before");
  EXPECT_EQ(judged(seconds(600)).reason.code, "BootDeadline");
  sweep_.gone = {"s1"};
  EXPECT_EQ(judged(seconds(1)).reason.code, "ServerGone");
}

// The symptom: the cloud's API is away while servers boot, and the create fails although no one
// could look.
TEST_F(AwaitedServerTest, WithoutAListItIsWaitedForAndSaysWhy) {
  sweep_.status = absl::UnavailableError("no connection");
  EXPECT_EQ(judged(seconds(600)).state, State::Waiting);
  EXPECT_EQ(judged(seconds(600)).reason.code, "UNAVAILABLE");
  EXPECT_FALSE(has_disappeared("s1", sweep_));
}

TEST_F(AwaitedServerTest, AServerIsNotGoneBecauseAListLacksIt) {
  EXPECT_FALSE(has_disappeared("s1", sweep_));
  sweep_.gone = {"s1"};
  EXPECT_TRUE(has_disappeared("s1", sweep_));
}

TEST_F(AwaitedServerTest, AnotherServerOfTheNameReplacesABrokenOne) {
  see({server("s1", "ERROR"), server("s3", "ERROR"), server("s2", "BUILD")});
  EXPECT_EQ(replacement_of("s1", "test-1-k3v9x2ab-worker-1", sweep_), "s2");
  EXPECT_EQ(replacement_of("s1", "test-1-k3v9x2ab-worker-2", sweep_), std::nullopt);
}

}  // namespace
}  // namespace mex::cluster
