#include "server/http2/frame_budget.h"

#include <gtest/gtest.h>

namespace mex::server::http2 {
namespace {

using http::Http2FrameHeader;
using http::Http2FrameType;

class FrameBudgetTest : public ::testing::Test {
 protected:
  // How many of these come before it is too much; at most `most`.
  std::uint32_t until_too_many(const Http2FrameHeader& header, std::uint32_t most = 100'000) {
    for (std::uint32_t i = 0; i < most; ++i) {
      verdict_ = budget_->on_frame(header, now_);
      if (verdict_) return i;
    }
    return most;
  }

  const Http2Options options_{};
  std::optional<FrameBudget> budget_{options_};
  base::SteadyTime now_{std::chrono::hours(1)};
  std::optional<Abuse> verdict_;
};

TEST_F(FrameBudgetTest, FramesThatBringNothingAreCounted) {
  for (const Http2FrameType type :
       {Http2FrameType::Ping, Http2FrameType::WindowUpdate, Http2FrameType::ResetStream,
        Http2FrameType::Data, static_cast<Http2FrameType>(0x55)}) {
    budget_.emplace(options_);
    EXPECT_EQ(until_too_many({.length = 0, .type = type}), 1'000U) << static_cast<int>(type);
    EXPECT_EQ(verdict_, Abuse::IdleFrames);
  }
}

TEST_F(FrameBudgetTest, PrioritiesAreLookedAtNoFurther) {
  EXPECT_EQ(until_too_many({.length = 5, .type = Http2FrameType::Priority, .stream = 1}), 1'000U);
  EXPECT_EQ(verdict_, Abuse::IdleFrames);
  EXPECT_EQ(until_too_many({.length = 5, .type = Http2FrameType::Priority}), 0U);
  EXPECT_EQ(verdict_, Abuse::Protocol);
  EXPECT_EQ(until_too_many({.length = 4, .type = Http2FrameType::Priority, .stream = 1}), 0U);
  EXPECT_EQ(verdict_, Abuse::Protocol);
}

TEST_F(FrameBudgetTest, TimeGivesTenASecond) {
  EXPECT_EQ(until_too_many({.type = Http2FrameType::Ping}), 1'000U);
  now_ += std::chrono::seconds(5);
  EXPECT_EQ(until_too_many({.type = Http2FrameType::Ping}), 50U);
}

TEST_F(FrameBudgetTest, WhatWasSentMayBeAcknowledged) {
  EXPECT_EQ(until_too_many({.type = Http2FrameType::Ping}), 1'000U);
  for (int i = 0; i < 10; ++i) budget_->on_data_sent();
  EXPECT_EQ(until_too_many({.type = Http2FrameType::WindowUpdate}), 20U);
}

TEST_F(FrameBudgetTest, CreditIsNotHoardedWithoutEnd) {
  for (int i = 0; i < 100'000; ++i) budget_->on_data_sent();
  EXPECT_EQ(until_too_many({.type = Http2FrameType::Ping}), 2'000U);
}

TEST_F(FrameBudgetTest, BodiesAreNotLimited) {
  EXPECT_EQ(until_too_many({.length = 1, .type = Http2FrameType::Data}, 20'000), 20'000U);
  EXPECT_EQ(until_too_many({.flags = Http2FrameHeader::kEndStream}, 20'000), 20'000U);
}

TEST_F(FrameBudgetTest, SettingsAreLimitedForTheConnection) {
  for (int i = 0; i < 100; ++i) {
    now_ += std::chrono::hours(1);
    EXPECT_EQ(budget_->on_frame({.type = Http2FrameType::Settings}, now_), std::nullopt);
  }
  EXPECT_EQ(budget_->on_frame({.type = Http2FrameType::Settings}, now_), Abuse::Settings);
}

TEST_F(FrameBudgetTest, ResetsBeyondAnswersAreLimited) {
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(budget_->on_reset(), std::nullopt);
    budget_->on_answered();
  }
  for (int i = 0; i < 128; ++i) EXPECT_EQ(budget_->on_reset(), std::nullopt);
  EXPECT_EQ(budget_->on_reset(), Abuse::Resets);
}

}  // namespace
}  // namespace mex::server::http2
