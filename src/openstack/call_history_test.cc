#include "openstack/call_history.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace mex::openstack {
namespace {

constexpr std::chrono::hours kLong{1};

class CallHistoryTest : public ::testing::Test {
 protected:
  base::SteadyTime later() const { return base::system_clock().steady_now() + kLong; }

  std::stop_source stop_;
  CallHistory history_{base::system_clock()};
};

TEST_F(CallHistoryTest, WhatIsMissingOrGivenUpIsNoError) {
  history_.ended(absl::NotFoundError("no such server"));
  history_.ended(absl::CancelledError("stopped"));
  EXPECT_FALSE(history_.view().last_error);
  EXPECT_EQ(history_.view().successes, 0U);
  history_.ended(absl::ResourceExhaustedError("quota"));
  EXPECT_EQ(history_.view().last_error->status, absl::ResourceExhaustedError("quota"));
  EXPECT_EQ(history_.view().failures, 0U) << "the cloud is well";
  history_.ended(absl::UnavailableError("no connection"));
  EXPECT_EQ(history_.view().failures, 1U);
  history_.ended(absl::OkStatus());
  EXPECT_EQ(history_.view().successes, 1U);
  EXPECT_EQ(history_.view().last_error->status, absl::UnavailableError("no connection"));
}

TEST_F(CallHistoryTest, WaitingEndsWithAFailureOrASuccess) {
  const CallHistory::View before = history_.view();
  std::thread caller([&] {
    history_.ended(absl::OkStatus());
    history_.ended(absl::UnavailableError("no connection"));
  });
  EXPECT_TRUE(history_.wait(before, false, later(), stop_.get_token()));
  EXPECT_EQ(history_.view().failures, 1U);
  EXPECT_TRUE(history_.wait(before, true, later(), stop_.get_token()));
  caller.join();
}

TEST_F(CallHistoryTest, WaitingEndsWithTheDeadlineOrTheStop) {
  EXPECT_TRUE(
      history_.wait(history_.view(), true, base::system_clock().steady_now(), stop_.get_token()));
  stop_.request_stop();
  EXPECT_FALSE(history_.wait(history_.view(), true, later(), stop_.get_token()));
}

}  // namespace
}  // namespace mex::openstack
