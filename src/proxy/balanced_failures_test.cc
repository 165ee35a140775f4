// Origins of a set that fail: what is sent to another one, what never is, and for how long one that
// failed gets nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/balanced_fixture.h"

namespace mex::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::BalancedFixture;
using testing::get;
using ::testing::HasSubstr;
using testing::Peer;
using ::testing::StartsWith;

std::string post(std::string_view body) {
  return "POST /a HTTP/1.1\r\nHost: edge.example\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class BalancedFailuresTest : public BalancedFixture {
 protected:
  balance::Availability availability(std::size_t index) {
    return state(index).availability(clock_.steady_now());
  }
};

TEST_F(BalancedFailuresTest, NoClientNoticesAnOriginThatRefuses) {
  make_origins({1, 1, 1});
  at(1).die();
  for (int i = 0; i < 30; ++i) {
    EXPECT_NE(name_in(ask(i % 2 == 0 ? get("/a") : post("hello"))), 1U);
  }
  EXPECT_EQ(availability(1), balance::Availability::Ejected);
  EXPECT_EQ(state(1).failures(), 3U) << "it was asked no more";
  EXPECT_EQ(totals("/a").origin_errors, 0U);
}

TEST_F(BalancedFailuresTest, AnEjectedOriginComesBackByOneRequest) {
  make_origins({1, 1});
  at(0).answer_with("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n");
  for (int i = 0; i < 10; ++i) ask(get("/a"));
  EXPECT_EQ(availability(0), balance::Availability::Ejected);
  const int before = at(0).requests();
  EXPECT_EQ(before, 5);
  ask_often(10, get("/a"));
  EXPECT_EQ(at(0).requests(), before);
  at(0).answer_with("");
  pass(seconds(10));
  EXPECT_EQ(name_in(ask(get("/a"))), 0U);
  EXPECT_EQ(availability(0), balance::Availability::Healthy);
  EXPECT_EQ(ask_often(10, get("/a")), (std::vector<int>{5, 5}));
}

TEST_F(BalancedFailuresTest, WhatMayBeRepeatedIsSentAgainWhenTheConnectionBreaks) {
  make_origins({1, 1});
  at(0).break_all();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(name_in(ask(get("/a"))), 1U);
}

TEST_F(BalancedFailuresTest, WhatMayNotBeRepeatedIsNotSentTwice) {
  make_origins({1, 1});
  at(0).break_all();
  at(1).break_all();
  EXPECT_THAT(ask(post("hello")), StartsWith("HTTP/1.1 502 "));
  EXPECT_EQ(at(0).requests() + at(1).requests(), 1);
}

TEST_F(BalancedFailuresTest, OriginsThatAllBreakGetNoMultipleOfTheLoad) {
  options_.ejection.consecutive_failures = 0;
  options_.retry.budget_percent = 10;
  make_origins({1, 1, 1});
  for (std::size_t i = 0; i < 3; ++i) at(i).break_all();
  for (int i = 0; i < 100; ++i) EXPECT_THAT(ask(get("/a")), StartsWith("HTTP/1.1 502 "));
  EXPECT_LE(at(0).requests() + at(1).requests() + at(2).requests(), 100 + 10 + 10);
}

TEST_F(BalancedFailuresTest, AllRefuse) {
  make_origins({1, 1, 1});
  for (std::size_t i = 0; i < 3; ++i) at(i).die();
  for (int i = 0; i < 5; ++i) EXPECT_THAT(ask(get("/a")), StartsWith("HTTP/1.1 502 "));
}

TEST_F(BalancedFailuresTest, TheOnlyOriginIsTriedAgainAndNeverEjected) {
  make_origins({1});
  at(0).die();
  for (int i = 0; i < 10; ++i) EXPECT_THAT(ask(get("/a")), StartsWith("HTTP/1.1 502 "));
  EXPECT_EQ(state(0).failures(), 30U);
  EXPECT_EQ(availability(0), balance::Availability::Healthy);
}

TEST_F(BalancedFailuresTest, AnswersOfGatewaysArePassedOnUnlessToldOtherwise) {
  make_origins({1, 1});
  at(0).answer_with("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(ask(get("/a")), StartsWith("HTTP/1.1 503 "));
  options_.retry.gateway_errors = true;
  use_options();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(name_in(ask(get("/a"))), 1U);
  // One of these two comes to the origin that is busy, and is not repeated.
  const std::string both = ask(post("x")) + ask(post("x"));
  EXPECT_THAT(both, HasSubstr("HTTP/1.1 503 "));
}

TEST_F(BalancedFailuresTest, AGatewayErrorOfTheLastOneIsPassedOn) {
  options_.retry.gateway_errors = true;
  make_origins({1, 1});
  for (std::size_t i = 0; i < 2; ++i) {
    at(i).answer_with("HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n");
  }
  EXPECT_THAT(ask(get("/a")), StartsWith("HTTP/1.1 502 Bad"));
  EXPECT_EQ(at(0).requests() + at(1).requests(), 2);
}

TEST_F(BalancedFailuresTest, ASilentOriginIsNotAskedForTwice) {
  options_.timeouts.first_byte = milliseconds(200);
  make_origins({1, 1});
  at(0).hold();
  at(1).hold();
  Peer browser = client();
  browser.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() == 1; }));
  pass(milliseconds(300));
  EXPECT_THAT(answer_to(browser), StartsWith("HTTP/1.1 504 "));
  EXPECT_EQ(at(1).requests(), 0);
  EXPECT_EQ(state(0).failures(), 1U);
}

TEST_F(BalancedFailuresTest, AnAnswerMayPauseNoLongerThanItsRouteAllows) {
  options_.timeouts.idle = milliseconds(200);
  make_origins({1});
  at(0).answer_with("HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 9\r\n\r\npart");
  Peer browser = client();
  browser.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return browser.received().ends_with("part"); }));
  pass(milliseconds(300));
  browser.take_to_end();
}

TEST_F(BalancedFailuresTest, AWholeExchangeMayTakeNoLongerThanItsRouteAllows) {
  options_.timeouts.total = milliseconds(200);
  make_origins({1});
  at(0).hold();
  Peer browser = client();
  browser.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() == 1; }));
  pass(milliseconds(300));
  EXPECT_THAT(answer_to(browser), StartsWith("HTTP/1.1 504 "));
  EXPECT_EQ(state(0).failures(), 0U) << "its client may have been the slow one";
  EXPECT_EQ(state(0).in_flight(), 0);
}

TEST_F(BalancedFailuresTest, ARouteMayGiveItsOriginsMoreTimeThanOthersHave) {
  options_.timeouts.first_byte = context_.options.origin_timeout * 3;
  make_origins({1});
  at(0).hold();
  Peer browser = client();
  browser.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() == 1; }));
  pass(context_.options.origin_timeout * 2);
  at(0).answer_held();
  EXPECT_EQ(name_in(answer_to(browser)), 0U);
}

TEST_F(BalancedFailuresTest, ABrokenAnswerIsCutAndCountsAgainstItsOrigin) {
  make_origins({1, 1});
  at(0).answer_with("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart");
  Peer browser = client();
  browser.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return browser.received().ends_with("part"); }));
  at(0).die();
  browser.take_to_end();
  EXPECT_EQ(state(0).failures(), 1U);
  EXPECT_EQ(at(1).requests(), 0);
}

TEST_F(BalancedFailuresTest, AKeptConnectionThatWasClosedIsNoFailure) {
  make_origins({1});
  Peer browser = client();
  browser.send(get("/a"));
  answer_to(browser);
  browser.take_until(".");
  at(0).break_all();
  browser.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() == 2; }));
  EXPECT_EQ(state(0).failures(), 0U);
}

}  // namespace
}  // namespace mex::proxy
