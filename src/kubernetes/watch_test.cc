#include "kubernetes/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/status.h"
#include "kubernetes/testing/test_api.h"

namespace mex::kubernetes {
namespace {

using namespace testing;  // NOLINT: the test's vocabulary
using Type = WatchEvent::Type;
using ::testing::HasSubstr;

std::string object(const std::string& name, int version) {
  return R"({"metadata":{"name":")" + name + R"(","resourceVersion":")" + std::to_string(version) +
         R"("}})";
}

std::string event(const std::string& type, const std::string& name, int version) {
  return R"({"type":")" + type + R"(","object":)" + object(name, version) + "}\n";
}

// One answer of a watch: the chunks, then the given end.
Reaction stream_of(const std::vector<std::string>& chunks, const std::string& end = "0\r\n\r\n",
                   Then then = Then::KeepOpen) {
  std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& chunk : chunks) {
    bytes += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
  }
  return {.bytes = bytes + end, .then = then};
}

Reaction list_of(const std::vector<std::string>& objects, int version) {
  return answer(200, fmt::format(R"({{"metadata":{{"resourceVersion":"{}"}},"items":[{}]}})",
                                 version, fmt::join(objects, ",")));
}

class WatchTest : public ::testing::Test {
 protected:
  // The answers to come; after the last one nothing is answered any more.
  Reaction react(const Seen&) {
    if (reactions_.empty()) return {.bytes = "", .then = Then::Hang};
    const Reaction reaction = reactions_.front();
    reactions_.pop_front();
    return reaction;
  }

  // "A node-1" for an event, "-" for none, "!" for an error.
  std::string next(const base::CallLimits& limits = a_minute()) {
    const auto got = watch_.next(limits);
    if (!got.ok()) return "!";
    if (!got->has_value()) return "-";
    const WatchEvent& found = **got;
    if (found.type == Type::Restarted) return "R";
    const std::string name = found.object["metadata"]["name"];
    return (found.type == Type::Added ? "A " : found.type == Type::Modified ? "M " : "D ") + name;
  }

  std::string target(std::size_t index) const { return server_.seen().at(index).target; }

  std::deque<Reaction> reactions_;
  ScriptedServer server_{[this](const Seen& seen) { return react(seen); }};
  Client client_{options_for(server_)};
  Watch watch_{client_, "/api/v1/nodes"};
};

TEST_F(WatchTest, FirstWhatThereIsThenEveryChange) {
  reactions_ = {
      list_of({object("n1", 3), object("n2", 4)}, 5),
      stream_of({event("MODIFIED", "n1", 6) + event("DELETED", "n2", 7), event("ADDED", "n3", 8)})};
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "A n1");
  EXPECT_EQ(next(), "A n2");
  EXPECT_EQ(next(), "M n1");
  EXPECT_EQ(next(), "D n2");
  EXPECT_EQ(next(), "A n3");
  EXPECT_THAT(target(1), HasSubstr("/api/v1/nodes?watch=1&allowWatchBookmarks=true"));
  EXPECT_THAT(target(1), HasSubstr("&resourceVersion=5&"));
}

TEST_F(WatchTest, AnAnswerCutInTheMiddleOfAnEventIsGoneOnFrom) {
  const std::string second = event("MODIFIED", "n1", 7);
  reactions_ = {list_of({}, 5),
                stream_of({event("ADDED", "n1", 6), second.substr(0, 20)}, "", Then::Close),
                stream_of({second})};
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "A n1");
  EXPECT_EQ(next(), "M n1");
  EXPECT_THAT(target(2), HasSubstr("&resourceVersion=6&"));
}

TEST_F(WatchTest, AnEventMayComeInPieces) {
  const std::string whole = event("ADDED", "n1", 6);
  std::vector<std::string> bytes;
  for (const char c : whole) bytes.emplace_back(1, c);
  reactions_ = {list_of({}, 5), stream_of(bytes)};
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "A n1");
}

TEST_F(WatchTest, AnEndedAnswerIsAskedForAgainFromTheLastBookmark) {
  reactions_ = {list_of({}, 5), stream_of({event("BOOKMARK", "", 40)}),
                stream_of({event("ADDED", "n1", 41)})};
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "A n1");
  EXPECT_THAT(target(2), HasSubstr("&resourceVersion=40&"));
}

TEST_F(WatchTest, TheListBeginsAnewWhenTheServerHasForgotten) {
  reactions_ = {list_of({object("n1", 3)}, 5), refusal(410, "Expired", "too old resource version"),
                list_of({object("n2", 90)}, 91)};
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "A n1");
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "A n2");
}

TEST_F(WatchTest, AlsoWhenItSaysSoInAnEvent) {
  reactions_ = {list_of({}, 5),
                stream_of({event("ADDED", "n1", 6) +
                           R"({"type":"ERROR","object":{"kind":"Status","code":410,)"
                           R"("reason":"Expired","message":"too old"}})" +
                           "\n"}),
                list_of({object("n2", 90)}, 91)};
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "A n1");
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "A n2");
}

TEST_F(WatchTest, NothingNewBeforeTheDeadlineIsNoError) {
  reactions_ = {list_of({}, 5), stream_of({}, "", Then::Hang)};
  EXPECT_EQ(next(), "R");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(next({.deadline = base::system_clock().steady_now() + std::chrono::milliseconds(5)}),
              "-");
  }
  EXPECT_LE(server_.seen().size(), 2U) << "the answer is kept open";
}

TEST_F(WatchTest, AnErrorIsToldAndTheWatchGoesOn) {
  reactions_ = {refusal(403, "Forbidden", "no"),
                list_of({}, 5),
                stream_of({"no JSON\n"}),
                stream_of({R"({"type":"ADDED","object":{}})"
                           "\n"}),
                stream_of({R"({"type":"ERROR","object":{"code":500,"message":"etcd"}})"
                           "\n"}),
                stream_of({event("ADDED", "n1", 6)})};
  EXPECT_EQ(next(), "!");
  EXPECT_EQ(next(), "R");
  EXPECT_EQ(next(), "!");
  EXPECT_EQ(next(), "!");
  EXPECT_EQ(next(), "!");
  EXPECT_EQ(next(), "A n1");
  EXPECT_THAT(target(5), HasSubstr("&resourceVersion=5&"));
}

TEST_F(WatchTest, AListWithoutAVersionCannotBeWatched) {
  reactions_ = {answer(200, R"({"metadata":{},"items":[]})")};
  EXPECT_EQ(next(), "!");
}

}  // namespace
}  // namespace mex::kubernetes
