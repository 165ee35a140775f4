// What an API server may say, and never says, in virtual time: no socket, no waiting.

#include "kubernetes/services/object_feed.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/status.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = ObjectFeed::Step::Kind;

std::string object(const std::string& name, const std::string& version) {
  return fmt::format(R"({{"metadata":{{"name":"{}","resourceVersion":"{}"}}}})", name, version);
}

std::string event(const std::string& type, const std::string& name, const std::string& version) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type, object(name, version)) + "\n";
}

// Keeps the names of objects; one that is called "bad" cannot be read.
class NameFeed final : public ObjectFeed {
 public:
  using ObjectFeed::ObjectFeed;
  std::set<std::string> names;

 private:
  static std::string name_in(const nlohmann::json& object) {
    return text_at(member(object, "metadata"), "name");
  }
  absl::Status replace_all(const std::vector<nlohmann::json>& objects) override {
    std::set<std::string> next;
    for (const auto& each : objects) {
      if (name_in(each) == "bad") return absl::InternalError("bad");
      next.insert(name_in(each));
    }
    names = next;
    return absl::OkStatus();
  }
  absl::Status put(const nlohmann::json& object) override {
    if (name_in(object) == "bad") return absl::InternalError("bad");
    names.insert(name_in(object));
    return absl::OkStatus();
  }
  absl::Status erase(const nlohmann::json& object) override {
    names.erase(name_in(object));
    return absl::OkStatus();
  }
  void clear() override { names.clear(); }
};

class ObjectFeedTest : public ::testing::Test {
 protected:
  ObjectFeed::Step next() { return feed_.next(now_, 0); }
  void pass(std::chrono::milliseconds time) { now_ += time; }

  void expect_wait(std::chrono::milliseconds at_least) {
    const ObjectFeed::Step step = next();
    ASSERT_EQ(step.kind, Kind::Wait);
    EXPECT_GE(step.time, at_least);
    pass(step.time);
  }
  void expect_watch(const std::string& from) {
    const ObjectFeed::Step step = next();
    ASSERT_EQ(step.kind, Kind::Watch);
    EXPECT_THAT(step.call.path, HasSubstr("&resourceVersion=" + from + "&"));
  }
  void list(const std::string& items, const std::string& version = "5") {
    ASSERT_EQ(next().kind, Kind::List);
    feed_.take_page(
        fmt::format(R"({{"metadata":{{"resourceVersion":"{}"}},"items":[{}]}})", version, items),
        now_);
  }
  void list_fails(const absl::Status& status) {
    ASSERT_EQ(next().kind, Kind::List);
    feed_.take_page(status, now_);
  }
  // What a watch says, which is answered as the feed wants.
  bool take(const std::string& bytes) { return feed_.take_bytes(bytes).ok(); }
  void end(const absl::Status& status = absl::OkStatus()) { feed_.take_end(status, now_); }

  base::SteadyTime now_{std::chrono::hours(1)};
  NameFeed feed_{"the things", "/api/v1/things", "a=b", {.max_watch_bytes = 1'000'000}};
};

TEST_F(ObjectFeedTest, FirstAListThenAWatchFromThere) {
  const ObjectFeed::Step step = next();
  EXPECT_EQ(step.kind, Kind::List);
  EXPECT_EQ(step.call.path, "/api/v1/things?limit=500&a=b");
  EXPECT_FALSE(feed_.has_list());
  EXPECT_FALSE(feed_.has_failed());
  list(object("a", "3") + "," + object("b", "4"));
  EXPECT_THAT(feed_.names, ElementsAre("a", "b"));
  EXPECT_TRUE(feed_.status().ok());
  expect_watch("5");
  EXPECT_TRUE(take(event("ADDED", "c", "6") + event("DELETED", "a", "7")));
  EXPECT_THAT(feed_.names, ElementsAre("b", "c"));
}

TEST_F(ObjectFeedTest, AListMayComeInPages) {
  ASSERT_EQ(next().kind, Kind::List);
  feed_.take_page(
      R"({"metadata":{"resourceVersion":"5","continue":"x"},"items":[)" + object("a", "1") + "]}",
      now_);
  EXPECT_THAT(feed_.names, IsEmpty()) << "half a list is none";
  EXPECT_THAT(next().call.path, HasSubstr("continue=x"));
  list(object("b", "2"));
  EXPECT_THAT(feed_.names, ElementsAre("a", "b"));
}

TEST_F(ObjectFeedTest, AListWithoutEndIsGivenUp) {
  int pages = 0;
  while (next().kind == Kind::List) {
    ASSERT_LT(++pages, 1000);
    feed_.take_page(R"({"metadata":{"resourceVersion":"5","continue":"x"},"items":[]})", now_);
  }
  EXPECT_EQ(feed_.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(ObjectFeedTest, AnEventMayComeByteByByte) {
  list("");
  expect_watch("5");
  for (const char c : event("ADDED", "c", "6")) EXPECT_TRUE(take(std::string(1, c)));
  EXPECT_THAT(feed_.names, ElementsAre("c"));
}

TEST_F(ObjectFeedTest, BookmarksMoveTheWatchOn) {
  list("");
  expect_watch("5");
  EXPECT_TRUE(take(event("BOOKMARK", "", "40")));
  pass(seconds(120));
  end();
  expect_watch("40");
}

TEST_F(ObjectFeedTest, DuplicatesAndEventsOutOfOrderChangeNothing) {
  list(object("a", "3"));
  expect_watch("5");
  EXPECT_TRUE(take(event("DELETED", "a", "7")));
  EXPECT_TRUE(take(event("MODIFIED", "a", "6") + event("ADDED", "a", "3")));
  EXPECT_THAT(feed_.names, IsEmpty()) << "it was deleted after that";
  EXPECT_TRUE(take(event("ADDED", "a", "8") + event("DELETED", "a", "7")));
  EXPECT_TRUE(take(event("ADDED", "a", "8") + event("ADDED", "a", "8")));
  EXPECT_THAT(feed_.names, ElementsAre("a")) << "deleted and made again";
}

TEST_F(ObjectFeedTest, ADeletedObjectThatIsNotKnownIsNoMatter) {
  list("");
  expect_watch("5");
  EXPECT_TRUE(take(event("DELETED", "x", "6") + event("MODIFIED", "y", "7")));
  EXPECT_THAT(feed_.names, ElementsAre("y"));
}

TEST_F(ObjectFeedTest, AnythingThatIsNoEventEndsTheWatchAndThereIsAList) {
  for (const std::string& line :
       {std::string("no JSON\n"), std::string("{}\n"), std::string("[]\n"), std::string("\n"),
        std::string(R"({"type":"ADDED","object":{}})") + "\n", event("INVENTED", "a", "9"),
        event("ADDED", "bad", "9"), std::string(R"({"type":"ADDED","obj)") + "\n"}) {
    list(object("kept", "3"));
    expect_watch("5");
    EXPECT_FALSE(take(line)) << line;
    end(absl::InternalError("what take_bytes said"));
    EXPECT_FALSE(feed_.status().ok());
    EXPECT_THAT(feed_.names, ElementsAre("kept"));
    expect_wait(seconds(1));
  }
  list(object("kept", "3"));
  EXPECT_TRUE(feed_.status().ok());
}

TEST_F(ObjectFeedTest, ALineOfAGibibyteIsNotReadToItsEnd) {
  NameFeed feed("the things", "/api/v1/things", "", {});
  const std::string piece(std::size_t{64} << 10U, 'x');
  std::size_t taken = 0;
  while (feed.take_bytes(piece).ok()) {
    ASSERT_LT(taken += piece.size(), std::size_t{4} << 20U);
  }
}

TEST_F(ObjectFeedTest, AFloodOfEventsIsNotReadToItsEnd) {
  list("");
  expect_watch("5");
  std::string piece;
  while (piece.size() < 64'000) piece += event("BOOKMARK", "", "6");
  std::size_t taken = 0;
  while (take(piece)) ASSERT_LT(taken += piece.size(), 2'000'000U);
}

TEST_F(ObjectFeedTest, AnAnswerThatEndsWithinAnEventIsFollowedByAList) {
  list("");
  expect_watch("5");
  EXPECT_TRUE(take(event("ADDED", "a", "6") + R"({"type":"ADDED")"));
  pass(seconds(120));
  end();
  EXPECT_FALSE(feed_.status().ok());
  expect_wait(seconds(1));
  list(object("a", "6") + "," + object("b", "7"), "7");
  EXPECT_THAT(feed_.names, ElementsAre("a", "b"));
}

TEST_F(ObjectFeedTest, AfterACutConnectionThereIsAListThatFindsWhatWasMissed) {
  list(object("a", "3"));
  expect_watch("5");
  pass(seconds(50));
  end(absl::UnavailableError("connection reset"));
  EXPECT_FALSE(feed_.status().ok());
  EXPECT_THAT(feed_.names, ElementsAre("a"));
  expect_wait(seconds(1));
  list(object("b", "9"), "9");
  EXPECT_THAT(feed_.names, ElementsAre("b"));
}

TEST_F(ObjectFeedTest, WhatTheServerHasForgottenIsListedAnew) {
  list(object("a", "3"));
  expect_watch("5");
  EXPECT_FALSE(take(R"({"type":"ERROR","object":{"kind":"Status","code":410,"message":"old"}})"
                    "\n"));
  end(absl::OutOfRangeError("410"));
  EXPECT_TRUE(feed_.status().ok()) << "that is how it is meant";
  expect_wait(seconds(1));
  list(object("b", "90"), "91");
  EXPECT_THAT(feed_.names, ElementsAre("b"));
}

TEST_F(ObjectFeedTest, FourHundredTenForEverIsAskedEverMoreSeldom) {
  list("");
  std::chrono::milliseconds last{};
  for (int i = 0; i < 10; ++i) {
    expect_watch("5");
    end(absl::OutOfRangeError("410"));
    const ObjectFeed::Step step = next();
    ASSERT_EQ(step.kind, Kind::Wait);
    EXPECT_GE(step.time, last);
    last = step.time;
    list("");
  }
  EXPECT_GE(last, seconds(60));
}

TEST_F(ObjectFeedTest, RefusalsAreToldAndAskedEverMoreSeldom) {
  list(object("a", "3"));
  std::chrono::milliseconds last{};
  for (const auto code : {absl::StatusCode::kUnauthenticated, absl::StatusCode::kPermissionDenied,
                          absl::StatusCode::kInternal, absl::StatusCode::kUnavailable,
                          absl::StatusCode::kUnauthenticated, absl::StatusCode::kNotFound}) {
    if (feed_.status().ok()) {
      expect_watch("5");
      end(absl::Status(code, "no"));
    } else {
      list_fails(absl::Status(code, "no"));
    }
    EXPECT_EQ(feed_.status().code(), code);
    EXPECT_THAT(feed_.names, ElementsAre("a")) << "what is known stays known";
    const ObjectFeed::Step step = next();
    ASSERT_EQ(step.kind, Kind::Wait);
    EXPECT_GE(step.time, last);
    last = step.time;
  }
  EXPECT_GE(last, seconds(30));
}

TEST_F(ObjectFeedTest, NothingOfAListThatCannotBeReadIsTaken) {
  list(object("a", "3"));
  for (const std::string& page :
       {std::string(), std::string("{"), std::string("{}"), std::string("null"),
        std::string("<html>"), std::string(R"({"metadata":{"resourceVersion":"5"}})"),
        std::string(R"({"metadata":{"resourceVersion":"5"},"items":{}})"),
        std::string(R"({"metadata":{},"items":[]})"),
        std::string(R"({"kind":"Status","code":500,"items":7})"),
        R"({"metadata":{"resourceVersion":"5"},"items":[)" + object("b", "4") + "," +
            object("bad", "4") + "]}",
        R"({"metadata":{"resourceVersion":"5"},"items":[)" + object("b", "4")}) {
    feed_.restart();
    ASSERT_EQ(next().kind, Kind::List);
    feed_.take_page(page, now_);
    EXPECT_FALSE(feed_.status().ok()) << page;
    EXPECT_THAT(feed_.names, ElementsAre("a")) << page;
  }
}

TEST_F(ObjectFeedTest, ASilentWatchIsRenewedByAList) {
  list("");
  const ObjectFeed::Step step = next();
  ASSERT_EQ(step.kind, Kind::Watch);
  EXPECT_THAT(step.call.path, HasSubstr("timeoutSeconds=120"));
  EXPECT_EQ(step.time, seconds(130)) << "longer than the server was asked for";
  pass(step.time);
  end(absl::DeadlineExceededError("silence"));
  EXPECT_FALSE(feed_.status().ok());
  expect_wait(seconds(1));
  list("");
}

TEST_F(ObjectFeedTest, AServerThatEndsEveryWatchAtOnceIsNotAskedWithoutPause) {
  list("");
  for (int i = 0; i < 3; ++i) {
    expect_watch("5");
    end();
    EXPECT_TRUE(feed_.status().ok());
    expect_wait(seconds(1));
  }
  EXPECT_EQ(next().kind, Kind::List) << "a list says more than watches that say nothing";
}

TEST_F(ObjectFeedTest, ThereIsAListFromTimeToTimeWhateverTheWatchSays) {
  list("");
  int watches = 0;
  while (next().kind == Kind::Watch) {
    ASSERT_LT(++watches, 20);
    EXPECT_TRUE(take(event("BOOKMARK", "", std::to_string(100 + watches))));
    pass(seconds(120));
    end();
  }
  EXPECT_GE(watches, 4);
  list(object("missed", "200"), "300");
  EXPECT_THAT(feed_.names, ElementsAre("missed"));
}

// The versions of a new cluster begin anew: to watch from an old one would be to wait for years.
TEST_F(ObjectFeedTest, AnotherServerIsListedAndAnotherClusterForgotten) {
  list(object("a", "3"), "900000");
  feed_.restart();
  EXPECT_EQ(next().kind, Kind::List);
  EXPECT_THAT(feed_.names, ElementsAre("a"));
  feed_.reset();
  EXPECT_EQ(next().kind, Kind::List);
  EXPECT_THAT(feed_.names, IsEmpty());
  EXPECT_FALSE(feed_.has_list());
}

TEST(ResourceVersionTest, NumbersAreComparedAsNumbersAndNothingElseIs) {
  EXPECT_TRUE(is_not_newer("9", "10"));
  EXPECT_TRUE(is_not_newer("10", "10"));
  EXPECT_FALSE(is_not_newer("11", "10"));
  EXPECT_FALSE(is_not_newer("123456789012345678901234567890", "5"));
  EXPECT_FALSE(is_not_newer("a", "b"));
  EXPECT_FALSE(is_not_newer("", "5"));
  EXPECT_FALSE(is_not_newer("5", ""));
}

}  // namespace
}  // namespace mex::kubernetes
