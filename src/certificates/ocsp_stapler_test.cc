#include "certificates/ocsp_stapler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "certificates/ocsp_schedule.h"
#include "tls/testing.h"

namespace mex::certificates {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::HasSubstr;

constexpr base::WallTime kNow{std::chrono::hours(24 * 20'000)};

TEST(OcspSchedule, ANewAnswerIsAskedForWhenHalfOfTheTimeIsOver) {
  tls::OcspAnswer answer;
  answer.next_update = kNow + hours(100);
  EXPECT_EQ(next_ocsp_fetch(answer, kNow, 0), kNow + hours(50));
  EXPECT_EQ(next_ocsp_fetch(answer, kNow, 1), kNow + hours(40));
  answer.next_update = kNow + std::chrono::seconds(1);
  EXPECT_EQ(next_ocsp_fetch(answer, kNow, 0), kNow + minutes(1)) << "never in a loop";
}

TEST(OcspSchedule, FailuresMakeThePausesLonger) {
  EXPECT_EQ(next_ocsp_attempt(1, kNow, 0), kNow + minutes(1));
  EXPECT_EQ(next_ocsp_attempt(3, kNow, 0), kNow + minutes(4));
  EXPECT_EQ(next_ocsp_attempt(3, kNow, 1), kNow + minutes(6));
  EXPECT_EQ(next_ocsp_attempt(1'000, kNow, 0), kNow + hours(1));
}

TEST(OcspAnswerTest, WhatIsNoAnswerIsNone) {
  const tls::Certificate certificate = tls::testing::certificate_of(tls::testing::make_pem_pair());
  EXPECT_EQ(tls::ocsp_responder(certificate), "");
  EXPECT_FALSE(tls::must_staple(certificate));
  const struct {
    std::string_view der;
    const char* problem;
  } rows[] = {{"", "it is no answer"},
              {"<html>", "it is no answer"},
              {{"\x30\x03\x0a\x01\x06", 5}, "the responder says: unauthorized"},
              {{"\x30\x03\x0a\x01\x03", 5}, "the responder says: trylater"},
              {{"\x30\x03\x0a\x01\x00", 5}, "of a kind that is not known"},
              {{"\x30\x03\x0a\x01\x06\x00", 6}, "it is no answer"}};
  for (const auto& row : rows) {
    const auto answer = tls::check_ocsp_answer(certificate, row.der, kNow);
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(std::string(base::message_of(answer.status())), HasSubstr(row.problem));
  }
}

TEST(OcspStaplerTest, ACertificateThatNamesNoResponderIsNotAskedAbout) {
  OcspStapler stapler({.fetch = [](const std::string&, const std::string&,
                                   const std::stop_token&) -> absl::StatusOr<std::string> {
                         ADD_FAILURE() << "asked";
                         return absl::InternalError("");
                       },
                       .on_change = [] { ADD_FAILURE() << "changed"; }});
  const tls::Certificate certificate = tls::testing::certificate_of(tls::testing::make_pem_pair());
  stapler.follow({.fallback = certificate});
  stapler.ask_due({});
  EXPECT_TRUE(stapler.staples().empty());
  EXPECT_FALSE(stapler.view(certificate.fingerprint()).has_value());
}

}  // namespace
}  // namespace mex::certificates
