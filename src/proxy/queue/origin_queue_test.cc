// Who gets a connection to an origin, who waits, and who has to make room.

#include "proxy/queue/origin_queue.h"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/address.h"
#include "net/testing.h"

namespace mex::proxy::queue {
namespace {

using std::chrono::milliseconds;

// Origins with room for so many, and requests for them.
class OriginQueueTest : public ::testing::Test {
 protected:
  struct Origin {
    std::size_t room = 1;
    std::size_t held = 0;
  };

  struct Request final : Waiter {
    Request(OriginQueueTest& owner, std::string_view from, Origin& to)
        : test(owner), client(from), origin(to) {
      test.queue_.enter(seat, server::ClientKey::of(*net::Address::parse_ip(from, 1)));
    }
    ~Request() { leave(); }

    Attempt try_to_begin() override {
      ++tries;
      const Attempt attempt = test.queue_.attempt(seat);
      if (attempt != Attempt::Begun) return attempt;
      if (origin.held >= origin.room) return Attempt::OriginFull;
      ++origin.held;
      ++test.busy_;
      test.queue_.hold(seat, &origin);
      test.begun_.push_back(client);
      return Attempt::Begun;
    }
    void on_displaced() override { is_displaced = true; }
    ClientMovement client_movement() const override { return movement; }
    void on_cut(Cut reason) override {
      is_cut = true;
      cut_reason = reason;
      leave();
    }
    void leave() {
      if (seat.client == nullptr) return;
      if (seat.is_holding) {
        --origin.held;
        --test.busy_;
      }
      test.queue_.leave(seat);
    }
    // As an exchange begins.
    void start(std::size_t max_waiting = 1000) {
      const bool is_behind = test.queue_.is_contended(&origin);
      if (!is_behind && try_to_begin() == Attempt::Begun) return;
      is_refused = !test.queue_.wait(seat, &origin, max_waiting);
    }
    bool has_begun() const { return seat.is_holding; }

    OriginQueueTest& test;
    const std::string client;
    Origin& origin;
    Seat seat{*this};
    ClientMovement movement;
    int tries = 0;
    bool is_displaced = false;
    bool is_cut = false;
    Cut cut_reason{};
    bool is_refused = false;
  };

  Request& add(std::string_view client, Origin& origin, std::size_t max_waiting = 1000) {
    requests_.push_back(std::make_unique<Request>(*this, client, origin));
    requests_.back()->start(max_waiting);
    turn();
    return *requests_.back();
  }
  void add_many(int count, std::string_view client, Origin& origin) {
    for (int i = 0; i < count; ++i) add(client, origin);
  }
  void end_one(Origin& origin) {
    for (const auto& request : requests_) {
      if (&request->origin != &origin || !request->has_begun()) continue;
      request->leave();
      return turn();
    }
  }
  void turn() { loop_->run_once(milliseconds(0)); }
  void pass(milliseconds time) {
    for (milliseconds left = time; left.count() > 0; left -= milliseconds(50)) {
      clock_.advance(milliseconds(50));
      turn();
    }
  }
  std::size_t held_by(std::string_view client) const {
    std::size_t held = 0;
    for (const auto& each : requests_)
      held += each->client == client && each->has_begun() ? 1U : 0U;
    return held;
  }

  net::testing::ManualClock clock_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create(clock_);
  std::size_t busy_ = 0;
  std::size_t max_ = 1000;
  OriginQueue queue_{*loop_, busy_, max_};
  Origin origin_;
  std::list<Origin> more_;
  std::vector<std::string> begun_;
  std::vector<std::unique_ptr<Request>> requests_;
};

TEST_F(OriginQueueTest, WaitsForItsTurnAndGetsIt) {
  Request& first = add("10.0.0.1", origin_);
  Request& second = add("10.0.0.1", origin_);
  EXPECT_TRUE(first.has_begun());
  EXPECT_FALSE(second.has_begun());
  EXPECT_EQ(queue_.waiting(), 1U);
  first.leave();
  turn();
  EXPECT_TRUE(second.has_begun());
  EXPECT_EQ(queue_.waiting(), 0U);
  EXPECT_FALSE(queue_.is_contended(&origin_));
}

TEST_F(OriginQueueTest, OneThatSendsTenThousandPutsNoOneBehind) {
  add("10.0.0.1", origin_);
  for (int i = 0; i < 10'000; ++i) {
    requests_.push_back(std::make_unique<Request>(*this, "10.0.0.1", origin_));
    requests_.back()->start(20'000);
  }
  turn();
  Request& other = add("10.0.0.2", origin_, 20'000);
  Request& third = add("10.0.0.3", origin_, 20'000);
  end_one(origin_);
  end_one(origin_);
  end_one(origin_);
  EXPECT_EQ(begun_, (std::vector<std::string>{"10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3"}));
  EXPECT_FALSE(other.has_begun());
  EXPECT_TRUE(third.has_begun());
}

TEST_F(OriginQueueTest, WhoFindsNoConnectionKeepsItsTurn) {
  add("10.0.0.1", origin_);
  add_many(5, "10.0.0.1", origin_);
  add("10.0.0.2", origin_);
  begun_.clear();
  pass(milliseconds(500));  // looked at again and again, and nothing is free
  end_one(origin_);
  end_one(origin_);
  EXPECT_EQ(begun_, (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
}

TEST_F(OriginQueueTest, AClientsRequestsComeInTheirOrder) {
  add("10.0.0.1", origin_);
  Request& second = add("10.0.0.1", origin_);
  Request& third = add("10.0.0.1", origin_);
  end_one(origin_);
  EXPECT_TRUE(second.has_begun());
  EXPECT_FALSE(third.has_begun());
}

TEST_F(OriginQueueTest, WhoLeavesIsNotWaitedFor) {
  Request& first = add("10.0.0.1", origin_);
  Request& gone = add("10.0.0.2", origin_);
  Request& next = add("10.0.0.3", origin_);
  gone.leave();
  first.leave();
  turn();
  EXPECT_TRUE(next.has_begun());
  EXPECT_EQ(queue_.clients(), 1U);
  EXPECT_EQ(queue_.waiting(), 0U);
}

TEST_F(OriginQueueTest, AFullOriginHoldsUpNoOther) {
  Origin& other = more_.emplace_back();
  add("10.0.0.1", origin_);
  add_many(10, "10.0.0.1", origin_);
  EXPECT_TRUE(add("10.0.0.2", other).has_begun());
}

TEST_F(OriginQueueTest, AFreeConnectionOfOneOriginIsNotOfferedToOthers) {
  more_.resize(20);
  add("10.0.0.1", origin_);
  for (Origin& other : more_) {
    add("10.0.0.1", other);
    add("10.0.0.1", other);
  }
  int tries = 0;
  for (const auto& request : requests_) tries -= request->tries;
  end_one(origin_);
  for (const auto& request : requests_) tries += request->tries;
  EXPECT_EQ(tries, 0);
}

TEST_F(OriginQueueTest, WhatOtherShardsHaveSetFreeIsSeenSoon) {
  origin_.room = 0;
  Request& waiting = add("10.0.0.1", origin_);
  origin_.room = 1;  // without a word
  pass(OriginQueue::kTick + milliseconds(50));
  EXPECT_TRUE(waiting.has_begun());
}

TEST_F(OriginQueueTest, ALaneThatIsFullGivesPlacesOfTheClientWithMost) {
  add("10.0.0.1", origin_);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(add("10.0.0.1", origin_, 4).is_refused);
  EXPECT_TRUE(add("10.0.0.1", origin_, 4).is_refused) << "its own are enough";
  Request& other = add("10.0.0.2", origin_, 4);
  EXPECT_FALSE(other.is_refused);
  EXPECT_TRUE(requests_[4]->is_displaced) << "the last of the other one";
  EXPECT_FALSE(requests_[1]->is_displaced);
  EXPECT_FALSE(add("10.0.0.2", origin_, 4).is_refused);
  EXPECT_TRUE(add("10.0.0.2", origin_, 4).is_refused) << "two and two are fair";
  EXPECT_EQ(queue_.waiting(), 4U);
}

TEST_F(OriginQueueTest, NoNumberOfClientsTakesAllConnections) {
  max_ = 150;
  origin_.room = 1000;
  for (int n = 0; n < 50; ++n) {
    for (int i = 1; i <= 16; ++i) add("127.0.1." + std::to_string(i), origin_);
  }
  for (int i = 1; i <= 16; ++i) {
    EXPECT_GE(held_by("127.0.1." + std::to_string(i)), 8U);
    EXPECT_LE(held_by("127.0.1." + std::to_string(i)), 10U);
  }
  EXPECT_LT(busy_, max_);
  EXPECT_TRUE(add("10.0.0.9", origin_).has_begun()) << "though 650 wait";
}

TEST_F(OriginQueueTest, WhereAllAreTakenAClientThatHasNoneGetsOneOfTheClientWithMost) {
  max_ = 150;
  origin_.room = 1000;
  for (int i = 1; i <= 16; ++i) add_many(60, "127.0.0." + std::to_string(i), origin_);
  add_many(60, "127.0.0.1", origin_);
  Request& other = add("10.0.0.9", origin_);
  ASSERT_EQ(busy_, max_) << "who comes first takes most";
  EXPECT_FALSE(other.has_begun());
  const std::size_t most = held_by("127.0.0.1");
  pass(milliseconds(5000));
  EXPECT_TRUE(other.has_begun());
  EXPECT_LT(held_by("127.0.0.1"), most);
  EXPECT_FALSE(requests_[0]->is_cut) << "what has been worked on for long";
  for (const auto& request : requests_) {
    EXPECT_TRUE(!request->is_cut || request->cut_reason == Cut::Share);
  }
  for (int i = 1; i <= 16; ++i) EXPECT_GE(held_by("127.0.0." + std::to_string(i)), 1U);
}

TEST_F(OriginQueueTest, WhereManyHaveFewNoOneIsCut) {
  max_ = 6;
  origin_.room = 1000;
  for (const char* client : {"10.0.0.1", "10.0.0.2"}) add_many(3, client, origin_);
  ASSERT_EQ(busy_, max_);
  Request& other = add("10.0.0.3", origin_);
  pass(milliseconds(5000));
  EXPECT_FALSE(other.has_begun());
  for (const auto& request : requests_) EXPECT_FALSE(request->is_cut);
}

TEST_F(OriginQueueTest, OneClientAloneHasFourFifths) {
  max_ = 100;
  origin_.room = 1000;
  add_many(200, "10.0.0.1", origin_);
  EXPECT_EQ(busy_, 80U);
  // It goes on as places become free.
  for (int i = 0; i < 50; ++i) end_one(origin_);
  EXPECT_EQ(busy_, 80U);
  EXPECT_EQ(begun_.size(), 130U);
}

TEST_F(OriginQueueTest, AnIpv6NetworkIsOneClient) {
  max_ = 10;
  origin_.room = 1000;
  for (int i = 1; i < 100; ++i) add("2001:db8::" + std::to_string(i), origin_);
  EXPECT_EQ(busy_, 8U);
  EXPECT_TRUE(add("2001:db8:0:1::1", origin_).has_begun());
}

TEST_F(OriginQueueTest, WhenAllAreTakenWhatIsSetFreeGoesToWhoWaits) {
  max_ = 2;
  Origin& other = more_.emplace_back(Origin{.room = 5});
  origin_.room = 5;
  Request& first = add("10.0.0.1", origin_);
  Request& second = add("10.0.0.2", origin_);
  Request& waiting = add("10.0.0.3", other);
  EXPECT_TRUE(first.has_begun() && second.has_begun());
  EXPECT_FALSE(waiting.has_begun());
  second.leave();
  turn();
  EXPECT_TRUE(waiting.has_begun());
}

TEST_F(OriginQueueTest, AStalledExchangeMakesRoomForWhoWaits) {
  Request& stalled = add("10.0.0.1", origin_);
  stalled.movement = {.is_awaited = true, .moved = 77};
  pass(milliseconds(5000));
  EXPECT_FALSE(stalled.is_cut) << "no one waits";
  Request& waiting = add("10.0.0.2", origin_);
  pass(milliseconds(500));
  EXPECT_FALSE(stalled.is_cut) << "not for a second yet";
  pass(milliseconds(1000));
  EXPECT_TRUE(stalled.is_cut);
  EXPECT_TRUE(waiting.has_begun());
}

TEST_F(OriginQueueTest, AnExchangeThatMovesOrWaitsForItsOriginIsLeftAlone) {
  origin_.room = 2;
  Request& slow = add("10.0.0.1", origin_);
  Request& working = add("10.0.0.2", origin_);
  slow.movement.is_awaited = true;
  add("10.0.0.3", origin_);
  for (int i = 0; i < 20; ++i) {
    ++slow.movement.moved;
    pass(milliseconds(900));
  }
  EXPECT_FALSE(slow.is_cut || working.is_cut);
}

TEST_F(OriginQueueTest, OfTheClientThatHasMostTheOneStalledForLongestIsCut) {
  origin_.room = 5;
  Request& few = add("10.0.0.1", origin_);
  pass(milliseconds(100));
  Request& longest = add("10.0.0.2", origin_);
  pass(milliseconds(100));
  Request& later = add("10.0.0.2", origin_);
  Request& moving = add("10.0.0.2", origin_);
  Request& working = add("10.0.0.2", origin_);
  for (Request* each : {&few, &longest, &later, &moving}) each->movement.is_awaited = true;
  pass(milliseconds(2000));
  moving.movement.moved = 1;
  Request& waiting = add("10.0.0.3", origin_);
  pass(milliseconds(100));
  EXPECT_TRUE(longest.is_cut);
  EXPECT_TRUE(waiting.has_begun());
  pass(milliseconds(3000));
  EXPECT_FALSE(few.is_cut || later.is_cut || moving.is_cut || working.is_cut);
}

TEST_F(OriginQueueTest, StalledExchangesOfOtherOriginsAreOfNoUse) {
  Origin& other = more_.emplace_back(Origin{.room = 2});
  Request& stalled = add("10.0.0.1", other);
  stalled.movement = {.is_awaited = true, .moved = 0};
  add("10.0.0.2", origin_);
  add("10.0.0.3", origin_);
  pass(milliseconds(5000));
  EXPECT_FALSE(stalled.is_cut);
  // Unless there is no connection left at all.
  max_ = 2;
  Request& waiting = add("10.0.0.3", other);
  pass(milliseconds(1500));
  EXPECT_TRUE(stalled.is_cut);
  EXPECT_TRUE(waiting.has_begun());
}

TEST_F(OriginQueueTest, ThereIsNothingLeftWhenAllHaveLeft) {
  max_ = 20;
  more_.resize(50);
  for (int i = 0; i < 2000; ++i) {
    Origin& origin = *std::next(more_.begin(), i % 50);
    add("10.0." + std::to_string(i % 7) + "." + std::to_string(i % 31), origin);
    if (i % 3 == 0) requests_[static_cast<std::size_t>(i) / 2]->leave();
  }
  for (const auto& request : requests_) request->leave();
  turn();
  EXPECT_EQ(queue_.waiting(), 0U);
  EXPECT_EQ(queue_.clients(), 0U);
  EXPECT_EQ(busy_, 0U);
  for (Origin& origin : more_) EXPECT_FALSE(queue_.is_contended(&origin));
}

}  // namespace
}  // namespace mex::proxy::queue
