// Checks of origins in virtual time over real sockets.

#include "proxy/health/origin_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/balanced_fixture.h"
#include "proxy/health/health_checks.h"
#include "proxy/observed_origin.h"

namespace mex::proxy::health {
namespace {

using balance::CheckResult;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr milliseconds kInterval = seconds(5);
constexpr milliseconds kTick{16};  // timers are never early, but so much late

class OriginCheckTest : public testing::BalancedFixture {
 protected:
  OriginCheckTest() {
    options_.health_check.type = balance::CheckType::Http;
    options_.health_check.path = "/healthz?full=1";
    options_.health_check.interval = kInterval;
    options_.health_check.jitter_percent = 0;
  }

  void start_checks(const std::vector<int>& weights = {1}) {
    make_origins(weights);
    checks_ = std::make_unique<HealthChecks>(
        CheckContext{*loop_, service_->origins(), "agent-under-test"});
    use_sets();
  }
  void use_sets() {
    checks_->use({set("/a")});
    pass(kTick);
  }
  CheckResult result(std::size_t index = 0) { return state(index).check_result(); }
  void expect_result(CheckResult expected, std::size_t index = 0) {
    EXPECT_TRUE(serve_until([&] { return result(index) == expected; }));
  }
  // The next check, to the end of it.
  void check_again() {
    const int before = at(0).requests();
    pass(kInterval + kTick);
    ASSERT_TRUE(serve_until([&] { return at(0).requests() > before; }));
    turns();
  }
  std::string reason(std::size_t index = 0) { return observe(*set("/a"), clock_)[index].reason; }

  std::unique_ptr<HealthChecks> checks_;
};

constexpr const char* kBusy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";

TEST_F(OriginCheckTest, AsksForThePathOfTheOriginItself) {
  options_.health_check.host = "inner.example";
  start_checks();
  expect_result(CheckResult::Passed);
  EXPECT_THAT(at(0).last_head(),
              StartsWith("GET /healthz?full=1 HTTP/1.1\r\nHost: inner.example\r\n"
                         "User-Agent: mexosagent-health-check\r\n"));
  EXPECT_THAT(at(0).last_head(), Not(HasSubstr("127.0.0.1\r\nX-Forwarded-Host")))
      << "it does not pretend to be a client of this machine";
}

TEST_F(OriginCheckTest, TheFirstResultDecidesAndLaterOnesInARow) {
  start_checks();
  expect_result(CheckResult::Passed);
  at(0).answer_with(kBusy);
  check_again();
  check_again();
  EXPECT_EQ(result(), CheckResult::Passed) << "two are not enough";
  check_again();
  EXPECT_EQ(result(), CheckResult::Failed);
  EXPECT_EQ(reason(), "it answered its health check with 503");
  at(0).answer_with("");
  check_again();
  EXPECT_EQ(result(), CheckResult::Failed);
  check_again();
  EXPECT_EQ(result(), CheckResult::Passed);
  EXPECT_EQ(reason(), "");
}

TEST_F(OriginCheckTest, ASuccessBetweenFailuresBeginsTheCountAnew) {
  start_checks();
  expect_result(CheckResult::Passed);
  for (int round = 0; round < 3; ++round) {
    at(0).answer_with(kBusy);
    check_again();
    check_again();
    at(0).answer_with("");
    check_again();
  }
  EXPECT_EQ(result(), CheckResult::Passed);
}

TEST_F(OriginCheckTest, OnlyTheExpectedStatusesPass) {
  options_.health_check.min_status = 204;
  options_.health_check.max_status = 204;
  start_checks();
  expect_result(CheckResult::Failed);
  EXPECT_EQ(state(0).check_status(), 200);
}

TEST_F(OriginCheckTest, AnOriginThatRefusesFails) {
  make_origins({1});
  at(0).die();
  checks_ =
      std::make_unique<HealthChecks>(CheckContext{*loop_, service_->origins(), "agent-under-test"});
  use_sets();
  expect_result(CheckResult::Failed);
  EXPECT_EQ(reason(), "when it was checked, it cannot be connected to");
}

TEST_F(OriginCheckTest, ASilentOriginFails) {
  start_checks();
  at(0).hold();
  ASSERT_TRUE(serve_until([&] { return at(0).requests() == 1; }));
  pass(options_.health_check.timeout + kTick);
  expect_result(CheckResult::Failed);
  EXPECT_EQ(reason(), "when it was checked, it did not answer in time");
}

TEST_F(OriginCheckTest, AnAnswerWithoutEndCostsItsHeadOnly) {
  start_checks();
  at(0).answer_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n" +
                    std::string(100'000, 'x'));
  expect_result(CheckResult::Passed);
  EXPECT_EQ(service_->busy_origin_connections(), 0U);
}

TEST_F(OriginCheckTest, WhatIsNoAnswerFails) {
  start_checks();
  at(0).answer_with("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  expect_result(CheckResult::Failed);
}

TEST_F(OriginCheckTest, ATcpCheckSaysNothingAndPasses) {
  options_.health_check.type = balance::CheckType::Tcp;
  start_checks();
  expect_result(CheckResult::Passed);
  EXPECT_EQ(at(0).requests(), 0);
  at(0).die();
  for (int i = 0; i < 3; ++i) {
    pass(kInterval + kTick);
    turns();
  }
  expect_result(CheckResult::Failed);
}

TEST_F(OriginCheckTest, AFailingOriginGetsNoRequestsAndAChangeOfTheSetKeepsThat) {
  start_checks({1, 1});
  at(0).answer_with(kBusy);
  expect_result(CheckResult::Failed, 0);
  expect_result(CheckResult::Passed, 1);
  EXPECT_EQ(ask_often(6, testing::get("/a"))[1], 6);
  options_.origins[1].weight = 5;
  use_options();
  use_sets();
  EXPECT_EQ(result(0), CheckResult::Failed);
  options_.health_check.healthy_threshold = 5;
  use_options();
  use_sets();
  EXPECT_EQ(result(0), CheckResult::Failed) << "another way of checking knows nothing better yet";
  EXPECT_EQ(checks_->size(), 2U);
}

TEST_F(OriginCheckTest, WhatIsCheckedNoMoreCountsAsHealthy) {
  start_checks({1, 1});
  at(0).answer_with(kBusy);
  expect_result(CheckResult::Failed, 0);
  const auto before = set("/a");
  options_.health_check.type = balance::CheckType::None;
  use_options();
  use_sets();
  EXPECT_EQ(result(0), CheckResult::None);
  EXPECT_EQ(checks_->size(), 0U);
}

TEST_F(OriginCheckTest, ChecksOfManyOriginsDoNotComeTogether) {
  options_.health_check.jitter_percent = 50;
  start_checks(std::vector<int>(20, 1));
  turns();
  int at_once = 0;
  for (std::size_t i = 0; i < 20; ++i) at_once += result(i) == CheckResult::None ? 0 : 1;
  EXPECT_LT(at_once, 5);
  for (int i = 0; i < 30; ++i) {
    pass(milliseconds(100));
    ASSERT_TRUE(serve_until([] { return true; }));
  }
  for (std::size_t i = 0; i < 20; ++i) expect_result(CheckResult::Passed, i);
}

}  // namespace
}  // namespace mex::proxy::health
