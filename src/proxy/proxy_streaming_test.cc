// Long bodies against slow readers: everything arrives, and only a bounded part of it is ever held.

#include <gtest/gtest.h>

#include "proxy/service_fixture.h"

namespace mex::proxy {
namespace {

using std::chrono::seconds;
using testing::get;
using testing::Peer;
using testing::run_until;
using testing::ScriptedOrigin;
using testing::ServiceFixture;

// High-water marks of both sides with the blocks they are kept in, and one read of input each.
constexpr std::size_t kBound = 320U << 10U;
constexpr std::size_t kLong = 24U << 20U;

std::string long_text() {
  std::string text;
  text.reserve(kLong);
  while (text.size() < kLong) text += std::to_string(text.size()) + ",";
  return text;
}

class ProxyStreamingTest : public ServiceFixture {
 protected:
  void SetUp() override { add_route("/a", origin_.url()); }

  // Feeds `from` until nothing moves any more, with no reader at the other end.
  void feed_until_stuck(Peer& from, std::string_view& left) {
    for (int idle_turns = 0; idle_turns < 100; ++idle_turns) {
      const std::size_t sent = from.send_some(left);
      if (sent > 0) idle_turns = 0;
      left.remove_prefix(sent);
      most_held_ = std::max(most_held_, buffers_.bytes_in_use());
      turn();
    }
  }
  void feed_while_read(Peer& from, std::string_view& left, Peer& to, std::size_t wanted) {
    ASSERT_TRUE(run_until(*loop_, [&] {
      left.remove_prefix(from.send_some(left));
      most_held_ = std::max(most_held_, buffers_.bytes_in_use());
      return to.received().size() >= wanted;
    }));
  }

  const std::string text_ = long_text();
  std::size_t most_held_ = 0;
};

TEST_F(ProxyStreamingTest, ASlowClientPausesTheOrigin) {
  for (const bool chunked : {false, true}) {
    Peer browser = client();
    browser.send(get("/a"));
    Peer origin = origin_.accept();
    origin.take_until("\r\n\r\n");
    origin.send(chunked ? "HTTP/1.1 200 OK\r\n\r\n"
                        : "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text_.size()) +
                              "\r\n\r\n");
    std::string_view left = text_;
    feed_until_stuck(origin, left);
    EXPECT_FALSE(left.empty()) << "all of it went into memory";
    browser.take_until("\r\n\r\n");
    if (!chunked) {
      feed_while_read(origin, left, browser, text_.size());
      EXPECT_TRUE(browser.received() == text_);
    }
  }
  EXPECT_LE(most_held_, 2 * kBound);
}

TEST_F(ProxyStreamingTest, ASlowOriginPausesTheClient) {
  Peer browser = client();
  browser.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(text_.size()) +
               "\r\n\r\n");
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  std::string_view left = text_;
  feed_until_stuck(browser, left);
  EXPECT_FALSE(left.empty()) << "all of it went into memory";
  feed_while_read(browser, left, origin, text_.size());
  EXPECT_TRUE(origin.received() == text_);
  EXPECT_LE(most_held_, kBound);
  origin.send(testing::ok("done"));
  browser.take_until("done");
}

TEST_F(ProxyStreamingTest, ATunnelIsBoundedBothWays) {
  Peer browser = client();
  browser.send(get("/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  origin.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "\r\n");
  browser.take_until("\r\n\r\n");
  std::string_view up = text_;
  std::string_view down = text_;
  feed_until_stuck(browser, up);
  feed_until_stuck(origin, down);
  EXPECT_FALSE(up.empty());
  EXPECT_FALSE(down.empty());
  EXPECT_LE(most_held_, 2 * kBound);
  feed_while_read(browser, up, origin, text_.size());
  feed_while_read(origin, down, browser, text_.size());
  EXPECT_TRUE(origin.received() == text_);
  EXPECT_TRUE(browser.received() == text_);
}

// An idle proxy holds no buffers, neither for clients nor for origins that it keeps.
TEST_F(ProxyStreamingTest, IdleConnectionsHoldNoBuffers) {
  Peer browser = client();
  browser.send(get("/a"));
  Peer origin = origin_.accept();
  origin.send(testing::ok("one"));
  browser.take_until("one");
  turns();
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

}  // namespace
}  // namespace mex::proxy
