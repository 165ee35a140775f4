#include "net/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "net/testing.h"

namespace mex::net {
namespace {

using std::chrono::milliseconds;

struct SocketPair {
  SocketPair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  void send() const { EXPECT_EQ(::write(theirs.get(), "x", 1), 1); }
  base::Descriptor ours;
  base::Descriptor theirs;
};

class Recorder final : public IoHandler {
 public:
  explicit Recorder(std::function<void(Readiness)> call) : call_(std::move(call)) {}
  void on_ready(Readiness readiness) override { call_(readiness); }

 private:
  std::function<void(Readiness)> call_;
};

class EventLoopTest : public ::testing::Test {
 protected:
  void turn() { loop_->run_once(milliseconds(0)); }

  testing::ManualClock clock_;
  std::unique_ptr<EventLoop> loop_ = *EventLoop::create(clock_);
};

TEST_F(EventLoopTest, TellsEveryEdgeOnce) {
  const SocketPair pair;
  std::vector<Readiness> seen;
  Recorder recorder([&](Readiness readiness) { seen.push_back(readiness); });
  const EventLoop::WatchId id = loop_->watch(pair.ours.get(), recorder);
  ASSERT_NE(id, 0U);
  turn();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_TRUE(seen[0].writable);
  EXPECT_FALSE(seen[0].readable);
  pair.send();
  turn();
  turn();
  ASSERT_EQ(seen.size(), 2U) << "unread data is not reported again";
  EXPECT_TRUE(seen[1].readable);
  EXPECT_FALSE(seen[1].peer_closed);
  ::shutdown(pair.theirs.get(), SHUT_WR);
  turn();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_TRUE(seen[2].peer_closed);
  loop_->unwatch(id);
}

TEST_F(EventLoopTest, RefusesWhatCannotBeWatched) {
  Recorder recorder([](Readiness) {});
  EXPECT_EQ(loop_->watch(-1, recorder), 0U);
  const SocketPair pair;
  EXPECT_NE(loop_->watch(pair.ours.get(), recorder), 0U);
}

TEST_F(EventLoopTest, DropsEventsOfHandlersThatAnotherOneRemoved) {
  const SocketPair first;
  const SocketPair second;
  EventLoop::WatchId first_id = 0;
  EventLoop::WatchId second_id = 0;
  int calls = 0;
  const auto remove_both = [&](Readiness) {
    ++calls;
    loop_->unwatch(first_id);
    loop_->unwatch(second_id);
  };
  auto first_handler = std::make_unique<Recorder>(remove_both);
  auto second_handler = std::make_unique<Recorder>(remove_both);
  first_id = loop_->watch(first.ours.get(), *first_handler);
  second_id = loop_->watch(second.ours.get(), *second_handler);
  turn();
  EXPECT_EQ(calls, 1);
  first_handler.reset();
  second_handler.reset();
  first.send();
  second.send();
  turn();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, AReusedSlotDoesNotGetOldEvents) {
  const SocketPair first;
  const SocketPair second;
  SocketPair third;
  int third_calls = 0;
  Recorder third_handler([&](Readiness) { ++third_calls; });
  std::array<EventLoop::WatchId, 2> ids{};
  EventLoop::WatchId third_id = 0;
  Recorder replace([&](Readiness) {
    if (third_id != 0) return;
    loop_->unwatch(ids[0]);
    loop_->unwatch(ids[1]);
    third_id = loop_->watch(third.ours.get(), third_handler);
  });
  ids = {loop_->watch(first.ours.get(), replace), loop_->watch(second.ours.get(), replace)};
  turn();
  EXPECT_EQ(third_calls, 0) << "the second socket's event must not reach its successor";
  turn();
  EXPECT_EQ(third_calls, 1);
  loop_->unwatch(third_id);
  loop_->unwatch(third_id);  // once more is harmless
}

TEST_F(EventLoopTest, TimersFollowTheClock) {
  int fired = 0;
  Timer timer(loop_->timers(), [&] { ++fired; });
  timer.arm(std::chrono::seconds(10));
  turn();
  EXPECT_EQ(fired, 0);
  clock_.advance(std::chrono::seconds(11));
  turn();
  EXPECT_EQ(fired, 1);
}

TEST_F(EventLoopTest, AfterEventRunsOnceBeforeTheNextHandler) {
  const SocketPair first;
  const SocketPair second;
  std::string order;
  Deferred flush([&] { order += 'f'; });
  Recorder handler([&](Readiness) {
    order += 'h';
    loop_->after_event(flush);
    loop_->after_event(flush);
  });
  const EventLoop::WatchId first_id = loop_->watch(first.ours.get(), handler);
  const EventLoop::WatchId second_id = loop_->watch(second.ours.get(), handler);
  turn();
  EXPECT_EQ(order, "hfhf");
  loop_->unwatch(first_id);
  loop_->unwatch(second_id);
}

TEST_F(EventLoopTest, NextTurnRunsOncePerTurnAndDoesNotWait) {
  int runs = 0;
  std::unique_ptr<Deferred> again;
  again = std::make_unique<Deferred>([&] {
    if (++runs < 3) loop_->next_turn(*again);
  });
  loop_->next_turn(*again);
  loop_->run_once(std::chrono::hours(1));
  EXPECT_EQ(runs, 1);
  loop_->run_once(std::chrono::hours(1));
  EXPECT_EQ(runs, 2);
  loop_->run_once(std::chrono::hours(1));
  EXPECT_EQ(runs, 3);
}

TEST_F(EventLoopTest, ADestroyedDeferredIsNotCalled) {
  std::string order;
  Deferred first([&] { order += '1'; });
  auto second = std::make_unique<Deferred>([&] { order += '2'; });
  auto third = std::make_unique<Deferred>([&] { order += '3'; });
  Deferred fourth([&] { order += '4'; });
  for (Deferred* deferred : {&first, second.get(), third.get()}) loop_->next_turn(*deferred);
  third.reset();
  loop_->next_turn(fourth);
  second.reset();
  turn();
  EXPECT_EQ(order, "14");
}

TEST_F(EventLoopTest, DestroysAtTheEndOfTheTurn) {
  struct Tracked final : Disposable {
    Tracked(EventLoop& owner, int& destroyed, int successors)
        : loop(owner), count(destroyed), left(successors) {}
    ~Tracked() override {
      ++count;
      if (left > 0) loop.destroy_later(std::make_unique<Tracked>(loop, count, left - 1));
    }
    EventLoop& loop;
    int& count;
    int left;
  };
  int destroyed = 0;
  int seen_in_turn = -1;
  Deferred task([&] {
    loop_->destroy_later(std::make_unique<Tracked>(*loop_, destroyed, 1));
    loop_->destroy_later(std::make_unique<Tracked>(*loop_, destroyed, 0));
    loop_->destroy_later(nullptr);
    seen_in_turn = destroyed;
  });
  loop_->next_turn(task);
  turn();
  EXPECT_EQ(seen_in_turn, 0);
  EXPECT_EQ(destroyed, 3) << "also what a destructor disposed of";
}

TEST_F(EventLoopTest, PostedTasksRunInOrderAndUnrunOnesAreDestroyed) {
  std::string order;
  loop_->post([&] {
    order += 'a';
    loop_->post([&] { order += 'c'; });
  });
  loop_->post([&] { order += 'b'; });
  turn();
  turn();
  EXPECT_EQ(order, "abc");
  const auto token = std::make_shared<int>(0);
  loop_->post([token] {});
  EXPECT_EQ(token.use_count(), 2);
  loop_.reset();
  EXPECT_EQ(token.use_count(), 1);
}

TEST(EventLoopThreads, TakesMessagesFromManyThreads) {
  const std::unique_ptr<EventLoop> loop = *EventLoop::create();
  constexpr int kThreads = 4;
  constexpr int kMessages = 2'000;
  int received = 0;  // touched by the loop's thread only: what the sanitizer checks
  std::thread runner([&] { loop->run(); });
  std::vector<std::thread> senders;
  senders.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    senders.emplace_back([&] {
      for (int j = 0; j < kMessages; ++j) {
        loop->post([&] {
          if (++received == kThreads * kMessages) loop->stop();
        });
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  runner.join();
  EXPECT_EQ(received, kThreads * kMessages);
}

TEST(EventLoopThreads, StopBeforeRunEndsTheNextRunOnly) {
  const std::unique_ptr<EventLoop> loop = *EventLoop::create();
  loop->stop();
  loop->run();
  bool ran = false;
  loop->post([&] {
    ran = true;
    loop->stop();
  });
  loop->run();
  EXPECT_TRUE(ran);
}

TEST(CoarseClock, SharesItsEpochsWithTheSystemClock) {
  const auto wall = base::system_clock().wall_now() - coarse_clock().wall_now();
  const auto steady = base::system_clock().steady_now() - coarse_clock().steady_now();
  EXPECT_LT(std::chrono::abs(wall), std::chrono::hours(1));
  EXPECT_LT(std::chrono::abs(steady), std::chrono::hours(1));
}

}  // namespace
}  // namespace mex::net
