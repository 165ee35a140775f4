#include "openstack/retry.h"

#include <gtest/gtest.h>

#include "http_client/sent_mark.h"

namespace mex::openstack {
namespace {

using std::chrono::milliseconds;

Attempt answered(int status, std::string retry_after = "") {
  http_client::Response response;
  response.status = status;
  if (!retry_after.empty()) {
    response.headers.push_back({.name = "Retry-After", .value = std::move(retry_after)});
  }
  return response;
}

TEST(RetryTest, IdempotentCallsAreRepeatedAfterTransientFailures) {
  for (const int status : {429, 500, 502, 503, 504}) {
    EXPECT_TRUE(worth_repeating(answered(status), true)) << status;
  }
  for (const int status : {200, 202, 204, 301, 400, 401, 403, 404, 409, 413, 501}) {
    EXPECT_FALSE(worth_repeating(answered(status), true)) << status;
  }
  EXPECT_TRUE(worth_repeating(absl::UnavailableError("lost"), true));
}

TEST(RetryTest, OthersOnlyIfTheyDidNothing) {
  for (const int status : {200, 400, 409, 429, 500, 502, 503, 504}) {
    EXPECT_FALSE(worth_repeating(answered(status), false)) << status;
  }
  EXPECT_TRUE(worth_repeating(answered(429, "1"), false));
  EXPECT_TRUE(worth_repeating(answered(503, "1"), false));
  EXPECT_TRUE(worth_repeating(answered(413, "1"), false)) << "Nova's rate limit";
  EXPECT_FALSE(worth_repeating(answered(413, "0"), true)) << "a quota of an old Nova";
  EXPECT_FALSE(worth_repeating(answered(500, "1"), false));
  EXPECT_FALSE(worth_repeating(absl::UnavailableError("lost"), false));
  EXPECT_TRUE(worth_repeating(http_client::mark_nothing_sent(absl::UnavailableError("")), false));
}

TEST(RetryTest, EndsOfTheCallersOwnAreFinal) {
  for (const absl::Status& status :
       {absl::DeadlineExceededError(""), absl::CancelledError(""), absl::InvalidArgumentError(""),
        absl::FailedPreconditionError(""), absl::ResourceExhaustedError("")}) {
    EXPECT_FALSE(worth_repeating(http_client::mark_nothing_sent(status), true)) << status;
  }
}

TEST(RetryTest, WhatMayHaveBeenDone) {
  EXPECT_TRUE(may_have_been_done(absl::UnavailableError("lost")));
  EXPECT_TRUE(may_have_been_done(absl::DeadlineExceededError("late")));
  EXPECT_FALSE(may_have_been_done(http_client::mark_nothing_sent(absl::UnavailableError(""))));
  for (const int status : {500, 502, 503, 504}) EXPECT_TRUE(may_have_been_done(answered(status)));
  for (const int status : {400, 401, 403, 404, 409, 429, 501}) {
    EXPECT_FALSE(may_have_been_done(answered(status))) << status;
  }
  EXPECT_FALSE(may_have_been_done(answered(503, "1")));
}

TEST(RetryTest, RetryAfterInSeconds) {
  EXPECT_EQ(retry_after(answered(503, "0")), milliseconds(0));
  EXPECT_EQ(retry_after(answered(503, "7")), milliseconds(7000));
  EXPECT_EQ(retry_after(answered(503, "2000000000")), std::chrono::hours(24));
  for (const std::string text : {"", "-1", "1.5", "7s", "Sun, 22 Nov 2026 13:00:00 GMT"}) {
    EXPECT_EQ(retry_after(answered(503, text)), std::nullopt) << text;
  }
  EXPECT_EQ(retry_after(absl::UnavailableError("")), std::nullopt);
}

}  // namespace
}  // namespace mex::openstack
