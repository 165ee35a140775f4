#include "cluster/observation/server_sweeper.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "cluster/observation/virtual_time.h"
#include "openstack/scripted_nova.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Calls take real time; the pause between two looks is the clock's.
class ServerSweeperTest : public testing::Test {
 protected:
  ServerSweep sweep(const std::vector<ExpectedServer>& expected) {
    return sweeper_.sweep(expected, {});
  }
  void let_pass(std::chrono::milliseconds time) { clock_.offset += time; }

  static std::vector<std::string> ids_of(const ServerSweep& sweep) {
    std::vector<std::string> ids;
    for (const auto& [id, server] : sweep.servers) ids.push_back(id);
    return ids;
  }

  // The real one, and what a test adds to it.
  struct ShiftedClock final : base::Clock {
    base::WallTime wall_now() const override { return base::system_clock().wall_now() + offset; }
    base::SteadyTime steady_now() const override {
      return base::system_clock().steady_now() + offset;
    }
    std::chrono::milliseconds offset{0};
  };

  openstack::ScriptedNova nova_;
  Cloud cloud_{nova_.config(), {.max_attempts = 1}};
  ShiftedClock clock_;
  const Timing timing_{};
  ServerSweeper sweeper_{cloud_, "agent-id", clock_, timing_};
};

TEST_F(ServerSweeperTest, WhatTheListHasIsNotReadAgain) {
  nova_.listed = {"a", "b", "a"};
  const ServerSweep seen = sweep({{"a"}, {"b"}});
  EXPECT_THAT(ids_of(seen), ElementsAre("a", "b"));
  EXPECT_EQ(nova_.count("GET", "/servers/"), 1U) << "the list alone";
}

// The symptom: Nova answers the list of servers with an empty 200 and each GET with 500, and both
// workers of a healthy cluster are deleted.
TEST_F(ServerSweeperTest, AnEmptyListAndNoAnswersProveNothing) {
  nova_.unreadable = {"a", "b"};
  for (int look = 0; look < 5; ++look) {
    const ServerSweep seen = sweep({{"a"}, {"b"}});
    EXPECT_TRUE(seen.status.ok()) << seen.status;
    EXPECT_THAT(ids_of(seen), IsEmpty());
    EXPECT_THAT(seen.gone, IsEmpty());
    let_pass(timing_.vanished);
  }
}

TEST_F(ServerSweeperTest, AServerThatTheListLacksIsReadByItsId) {
  nova_.listed = {"a"};
  nova_.there = {"b"};
  EXPECT_THAT(ids_of(sweep({{"a"}, {"b"}})), UnorderedElementsAre("a", "b"));
}

TEST_F(ServerSweeperTest, AServerIsGoneWhenThatIsSaidTwiceAndAnotherAnswers) {
  nova_.listed = {"a"};
  EXPECT_THAT(sweep({{"a"}, {"b"}}).gone, IsEmpty());
  let_pass(timing_.vanished);
  EXPECT_THAT(sweep({{"a"}, {"b"}}).gone, ElementsAre("b"));
}

// The symptom: the catalogue of another region, where no server of this agent is.
TEST_F(ServerSweeperTest, WhereNoneAnswersNoneIsGone) {
  for (int look = 0; look < 5; ++look) {
    EXPECT_THAT(sweep({{"a"}, {"b"}}).gone, IsEmpty());
    let_pass(timing_.vanished);
  }
}

TEST_F(ServerSweeperTest, OneThatTheAgentDeletesIsGoneAtOnce) {
  const ServerSweep seen = sweep({{.id = "a", .is_being_removed = true}});
  EXPECT_THAT(seen.gone, ElementsAre("a"));
}

// A list without a thousand servers makes a sweep little longer, and in the end all are read.
TEST_F(ServerSweeperTest, ReadsAFewOfManyInEachSweep) {
  std::vector<ExpectedServer> expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back({.id = fmt::format("s{:03}", i)});
    nova_.there.insert(expected.back().id);
  }
  std::set<std::string> read;
  for (int look = 0; look < 4; ++look) {
    const std::vector<std::string> ids = ids_of(sweep(expected));
    EXPECT_LE(ids.size(), 32U);
    read.insert(ids.begin(), ids.end());
  }
  EXPECT_EQ(read.size(), 100U);
}

TEST_F(ServerSweeperTest, OneThatIsNeverReadableHidesNoOther) {
  nova_.listed = {"a"};
  nova_.there = {"c"};
  nova_.unreadable = {"b"};
  std::set<std::string> read;
  for (int look = 0; look < 3; ++look) {
    const std::vector<std::string> ids = ids_of(sweep({{"a"}, {"b"}, {"c"}}));
    read.insert(ids.begin(), ids.end());
  }
  EXPECT_THAT(read, UnorderedElementsAre("a", "c"));
}

}  // namespace
}  // namespace mex::cluster
