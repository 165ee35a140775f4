// Requests that find their origin full: they wait, and what only waits for its client makes room.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/balanced_fixture.h"
#include "proxy/service_fixture.h"

namespace mex::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::get;
using ::testing::HasSubstr;
using testing::ok;
using testing::Peer;
using testing::run_until;
using ::testing::StartsWith;

class QueuedExchangeTest : public testing::ServiceFixture {
 protected:
  // Its kernel buffers take little, so that a large answer is held up soon.
  Peer small_client() {
    start();
    return Peer::connect_to(*loop_, server_->local_address(), 4096);
  }
  bool is_waiting(std::size_t count) {
    return run_until(*loop_, [&] { return service_->queue().waiting() == count; });
  }
  void pass_in_ticks(milliseconds time) {
    for (milliseconds passed{0}; passed < time; passed += milliseconds(50)) {
      pass(milliseconds(50));
    }
  }
};

TEST_F(QueuedExchangeTest, ARequestWaitsForAConnection) {
  context_.options.max_origin_connections = 1;
  add_route("/a", origin_.url());
  Peer first = client();
  Peer second = client();
  Peer origin = forward(first, get("/a/1"));
  second.send(get("/a/2"));
  ASSERT_TRUE(is_waiting(1));
  EXPECT_EQ(second.received(), "");
  origin.send(ok("one"));
  first.take_until("one");
  EXPECT_THAT(origin.take_until("\r\n\r\n"), StartsWith("GET /2 "));
  origin.send(ok("two"));
  EXPECT_THAT(second.take_until("two"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(QueuedExchangeTest, ItsBodyIsAskedForWhenItsTurnComes) {
  context_.options.max_origin_connections = 1;
  add_route("/a", origin_.url());
  Peer first = client();
  Peer second = client();
  Peer origin = forward(first, get("/a"));
  second.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(is_waiting(1));
  // Longer than a client may take between two pieces of a body: it is not its turn.
  pass(seconds(9));
  EXPECT_EQ(second.received(), "");
  origin.send(ok("one"));
  first.take_until("one");
  origin.take_until("\r\n\r\n");
  pass(context_.options.continue_timeout + milliseconds(100));
  EXPECT_EQ(second.take_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  second.send("hello");
  origin.take_until("hello");
  origin.send(ok("two"));
  second.take_until("two");
}

TEST_F(QueuedExchangeTest, WhoWaitsTooLongIsTold) {
  context_.options.max_origin_connections = 1;
  add_route("/a", origin_.url());
  Peer first = client();
  Peer second = client();
  Peer origin = forward(first, get("/a"));
  second.send(get("/a"));
  ASSERT_TRUE(is_waiting(1));
  pass(context_.options.queue_timeout + milliseconds(100));
  EXPECT_THAT(second.take_until("may)\n"),
              ::testing::AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("queue_timeout")));
  EXPECT_EQ(service_->queue().waiting(), 0U);
  origin.send(ok("one"));
  first.take_until("one");
}

TEST_F(QueuedExchangeTest, AQueueThatIsFullSaysSo) {
  context_.options.max_origin_connections = 1;
  context_.options.max_queue = 1;
  add_route("/a", origin_.url());
  Peer first = client();
  Peer second = client();
  Peer third = client();
  Peer origin = forward(first, get("/a"));
  second.send(get("/a"));
  ASSERT_TRUE(is_waiting(1));
  third.send(get("/a"));
  EXPECT_THAT(third.take_until("may)\n"),
              ::testing::AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("queue_full")));
  origin.send(ok("one"));
  first.take_until("one");
  origin.take_until("\r\n\r\n");
}

TEST_F(QueuedExchangeTest, AClientThatLeavesGivesItsPlaceBack) {
  context_.options.max_origin_connections = 1;
  add_route("/a", origin_.url());
  Peer first = client();
  Peer second = client();
  Peer origin = forward(first, get("/a"));
  second.send(get("/a"));
  ASSERT_TRUE(is_waiting(1));
  second.reset();
  EXPECT_TRUE(is_waiting(0));
  EXPECT_EQ(service_->exchanges(), 1U);
  origin.send(ok("one"));
  first.take_until("one");
  turns();
  EXPECT_EQ(origin.received(), "") << "nothing is sent for one who is gone";
}

TEST_F(QueuedExchangeTest, AnAnswerThatNoOneTakesMakesRoom) {
  context_.options.max_origin_connections = 1;
  server_options_.output_high_water = 16U << 10U;
  add_route("/a", origin_.url());
  Peer stalled = small_client();
  Peer origin = forward(stalled, get("/a"));
  const std::string body(8U << 20U, 'b');
  const std::string answer = ok(body);
  std::string_view left = answer;
  for (int idle = 0; idle < 50; ++idle) {
    const std::size_t sent = origin.send_some(left);
    left.remove_prefix(sent);
    if (sent > 0) idle = 0;
    loop_->run_once(milliseconds(1));
  }
  ASSERT_FALSE(left.empty()) << "the kernel has taken all";
  pass(seconds(5));
  EXPECT_FALSE(origin.closed()) << "no one waits";
  Peer other = client();
  other.send(get("/a/other"));
  ASSERT_TRUE(is_waiting(1));
  pass_in_ticks(milliseconds(1500));
  Peer next = origin_.accept();
  EXPECT_THAT(next.take_until("\r\n\r\n"), StartsWith("GET /other "));
  next.send(ok("two"));
  EXPECT_THAT(other.take_until("two"), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(run_until(*loop_, [&] {
    stalled.received();
    return stalled.was_reset();
  })) << "a truncated answer does not look whole";
}

TEST_F(QueuedExchangeTest, ABodyThatDoesNotComeMakesRoom) {
  context_.options.max_origin_connections = 1;
  add_route("/a", origin_.url());
  Peer stalled = client();
  Peer origin = forward(stalled, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nbegin");
  Peer other = client();
  other.send(get("/a/other"));
  ASSERT_TRUE(is_waiting(1));
  pass_in_ticks(milliseconds(1500));
  EXPECT_THAT(stalled.take_until("no byte\n"), StartsWith("HTTP/1.1 408 "));
  Peer next = origin_.accept();
  next.take_until("\r\n\r\n");
  next.send(ok("two"));
  other.take_until("two");
}

TEST_F(QueuedExchangeTest, AnOriginThatIsSlowIsNotTheClientsFault) {
  context_.options.max_origin_connections = 1;
  context_.options.queue_timeout = seconds(30);
  add_route("/a", origin_.url());
  Peer first = client();
  Peer origin = forward(first, get("/a"));
  Peer other = client();
  other.send(get("/a/other"));
  ASSERT_TRUE(is_waiting(1));
  pass_in_ticks(seconds(5));
  origin.send(ok("one"));
  first.take_until("one");
  origin.take_until("\r\n\r\n");
}

class QueuedSetTest : public testing::BalancedFixture {
 protected:
  Peer ask_behind(Peer& first) {
    first.send(get("/a"));
    EXPECT_TRUE(serve_until([&] { return at(0).requests() == 1; }));
    Peer second = client();
    second.send(get("/a"));
    EXPECT_TRUE(serve_until([&] { return service_->queue().waiting() == 1; }));
    return second;
  }
};

TEST_F(QueuedSetTest, ARouteWithAQueueWaitsForItsOwnLimits) {
  for (const bool is_requests : {true, false}) {
    SCOPED_TRACE(is_requests);
    stop();
    server_.reset();
    origins_.clear();
    options_ = {};
    options_.queue.timeout = seconds(3);
    (is_requests ? options_.limits.max_requests : options_.limits.max_connections) = 1;
    make_origins({1});
    at(0).hold();
    Peer first = client();
    Peer second = ask_behind(first);
    EXPECT_EQ(state(0).requests(), 1U) << "what waits was not sent";
    at(0).answer_held();
    answer_to(first);
    EXPECT_EQ(name_in(answer_to(second)), 0U);
    EXPECT_EQ(state(0).requests(), 2U);
    EXPECT_EQ(state(0).in_flight(), 0);
  }
}

TEST_F(QueuedSetTest, ItsTimeIsTheRoutes) {
  options_.queue.timeout = milliseconds(700);
  options_.limits.max_requests = 1;
  make_origins({1});
  at(0).hold();
  Peer first = client();
  Peer second = ask_behind(first);
  pass(milliseconds(600));
  EXPECT_EQ(second.received(), "");
  pass(milliseconds(200));
  EXPECT_THAT(answer_to(second), HasSubstr("queue_timeout"));
  EXPECT_EQ(state(0).failures(), 0U);
}

TEST_F(QueuedSetTest, AnOriginThatIsAddedServesWhoWaits) {
  options_.queue.timeout = seconds(30);
  options_.limits.max_requests = 1;
  make_origins({1, 1});
  at(0).hold();
  at(1).hold();
  Peer first = client();
  Peer second = client();
  first.send(get("/a"));
  second.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() + at(1).requests() == 2; }));
  Peer third = client();
  third.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return service_->queue().waiting() == 1; }));
  at(1).answer_held();
  EXPECT_EQ(name_in(answer_to(second)), 1U);
  EXPECT_EQ(name_in(answer_to(third)), 1U);
}

}  // namespace
}  // namespace mex::proxy
