#include "certificates/lego_outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::certificates {
namespace {

using ::testing::HasSubstr;

// As lego 4.9.1 says it.
TEST(LegoOutcome, TheAuthoritysOwnWordsAreTheReason) {
  const LegoFailure failure = read_lego_failure(
      "2026/11/23 00:02:12 [INFO] [a.test] acme: Trying to solve HTTP-01\n"
      "2026/11/23 00:02:12 [INFO] Deactivating auth: https://ca.test/authZ/5\n"
      "2026/11/23 00:02:12 Could not obtain certificates:\n"
      "\terror: one or more domains had a problem:\n"
      "[a.test] acme: error: 400 :: urn:ietf:params:acme:error:connection :: Get "
      "\"http://a.test\": "
      "connection refused\n");
  EXPECT_EQ(failure.reason,
            "Could not obtain certificates: error: one or more domains had a problem: [a.test] "
            "acme: error: 400 :: urn:ietf:params:acme:error:connection :: Get \"http://a.test\": "
            "connection refused");
  EXPECT_FALSE(failure.is_rate_limited);
  EXPECT_FALSE(failure.is_account_unknown);
}

TEST(LegoOutcome, AFullAuthorityMaySayWhenItIsNot) {
  const LegoFailure failure = read_lego_failure(
      "2026/11/23 00:02:12 Could not obtain certificates:\n\tacme: error: 429 :: POST :: "
      "https://ca.test/new-order :: urn:ietf:params:acme:error:rateLimited :: too many failed "
      "authorizations recently, retry after 2026-11-23 01:00:00 UTC: see https://ca.test/\n");
  EXPECT_TRUE(failure.is_rate_limited);
  ASSERT_TRUE(failure.not_before);
  EXPECT_EQ(base::format_rfc3339(*failure.not_before), "2026-11-23T01:00:00.000Z");
  EXPECT_EQ(base::format_rfc3339(
                *read_lego_failure("error: 429 :: x, retry after 2026-11-23T01:02:03Z").not_before),
            "2026-11-23T01:02:03.000Z");
}

TEST(LegoOutcome, ItNeedNotSayWhen) {
  for (const char* text :
       {"error: 429 :: x", "error: 429 :: retry after tomorrow", "error: 429 :: retry after "}) {
    EXPECT_TRUE(read_lego_failure(text).is_rate_limited);
    EXPECT_FALSE(read_lego_failure(text).not_before) << text;
  }
  EXPECT_FALSE(read_lego_failure("retry after 2026-11-23 01:00:00").not_before);
}

TEST(LegoOutcome, AnAccountMayBeUnknown) {
  EXPECT_TRUE(
      read_lego_failure("2026/11/23 00:02:12 urn:ietf:params:acme:error:accountDoesNotExist")
          .is_account_unknown);
}

TEST(LegoOutcome, WhateverItSaidBecomesOneLine) {
  EXPECT_EQ(read_lego_failure("").reason, "lego ended without a word");
  EXPECT_EQ(read_lego_failure("panic:\x01\n\t\xFF nil").reason, "panic: ? nil");
  EXPECT_LE(read_lego_failure(std::string(100'000, 'x')).reason.size(), 1000U);
  EXPECT_EQ(read_lego_failure("2026/11/23 00:02:12 [INFO] only this\n").reason,
            "2026/11/23 00:02:12 [INFO] only this");
}

}  // namespace
}  // namespace mex::certificates
