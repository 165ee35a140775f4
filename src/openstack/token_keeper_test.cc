#include "openstack/token_keeper.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace mex::openstack {
namespace {

using std::chrono::minutes;

class FakeClock : public base::Clock {
 public:
  base::WallTime wall_now() const override { return {}; }
  base::SteadyTime steady_now() const override { return now; }

  base::SteadyTime now{};
};

CallContext patient() { return {{.deadline = base::system_clock().steady_now() + minutes(1)}}; }

TokenKeeper::TokenPointer token_until(base::SteadyTime renew_at, base::SteadyTime expires_at) {
  auto token = std::make_shared<Token>();
  token->renew_at = renew_at;
  token->expires_at = expires_at;
  return token;
}

// Counts the log-ins and gives what the test has put into `next`.
struct Keystone {
  TokenKeeper::Fetch fetch() {
    return [this](const CallContext&) {
      ++calls;
      return next;
    };
  }

  std::atomic<int> calls = 0;
  absl::StatusOr<TokenKeeper::TokenPointer> next = absl::UnknownError("not set");
};

TEST(TokenKeeperTest, OneTokenServesUntilItIsToBeRenewed) {
  FakeClock clock;
  Keystone keystone;
  keystone.next = token_until(clock.now + minutes(58), clock.now + minutes(60));
  TokenKeeper keeper(keystone.fetch(), clock);
  const auto first = keeper.get(patient());
  ASSERT_TRUE(first.ok());
  clock.now += minutes(57);
  EXPECT_EQ(*keeper.get(patient()), *first);
  EXPECT_EQ(keystone.calls, 1);
  clock.now += minutes(1);
  keystone.next = token_until(clock.now + minutes(58), clock.now + minutes(60));
  EXPECT_NE(*keeper.get(patient()), *first);
  EXPECT_EQ(keystone.calls, 2);
}

TEST(TokenKeeperTest, WhileKeystoneIsAwayTheOldTokenServesToItsEnd) {
  FakeClock clock;
  Keystone keystone;
  keystone.next = token_until(clock.now + minutes(58), clock.now + minutes(60));
  TokenKeeper keeper(keystone.fetch(), clock);
  const auto first = keeper.get(patient());
  clock.now += minutes(59);
  keystone.next = absl::UnavailableError("away");
  EXPECT_EQ(*keeper.get(patient()), *first);
  EXPECT_EQ(keystone.calls, 2);
  clock.now += minutes(1);
  EXPECT_TRUE(absl::IsUnavailable(keeper.get(patient()).status()));
  keystone.next = absl::UnauthenticatedError("the password was changed");
  EXPECT_TRUE(absl::IsUnauthenticated(keeper.get(patient()).status()));
}

// A wrong password was tried four times within half a second: by the monitor of the cloud, by an
// operation, and by those that look at clusters.
TEST(TokenKeeperTest, ARefusedLogInIsTriedEverMoreSeldom) {
  FakeClock clock;
  Keystone keystone;
  keystone.next = absl::UnauthenticatedError("wrong password");
  TokenKeeper keeper(keystone.fetch(), clock);
  for (int second = 0; second < 300; ++second) {
    for (int caller = 0; caller < 4; ++caller) {
      EXPECT_EQ(keeper.get(patient()).status(), keystone.next.status());
    }
    clock.now += std::chrono::seconds(1);
  }
  // At 0, 2, 6, 14, 30, 62, 122, 182 and 242 s.
  EXPECT_EQ(keystone.calls, 9);
  keystone.next = token_until(clock.now + minutes(58), clock.now + minutes(60));
  clock.now += minutes(1);
  EXPECT_TRUE(keeper.get(patient()).ok());
}

// Nothing was refused, so the next caller may be heard.
TEST(TokenKeeperTest, ALogInThatFailsOtherwiseIsTriedAtOnce) {
  FakeClock clock;
  Keystone keystone;
  TokenKeeper keeper(keystone.fetch(), clock);
  for (const absl::Status& failure :
       {absl::UnavailableError("away"), absl::DeadlineExceededError("slow"),
        absl::CancelledError("gone")}) {
    keystone.next = failure;
    EXPECT_EQ(keeper.get(patient()).status(), failure);
  }
  EXPECT_EQ(keystone.calls, 3);
}

TEST(TokenKeeperTest, ARefusedTokenIsNotGivenAgain) {
  FakeClock clock;
  Keystone keystone;
  keystone.next = token_until(clock.now + minutes(58), clock.now + minutes(60));
  TokenKeeper keeper(keystone.fetch(), clock);
  const auto first = keeper.get(patient());
  keystone.next = token_until(clock.now + minutes(58), clock.now + minutes(60));
  keeper.reject(*first);
  const auto second = keeper.get(patient());
  EXPECT_NE(*second, *first);
  keeper.reject(*first);  // a thread that is late with its news
  EXPECT_EQ(*keeper.get(patient()), *second);
  EXPECT_EQ(keystone.calls, 2);
}

TEST(TokenKeeperTest, ThreadsThatComeTogetherShareOneLogin) {
  constexpr int kThreads = 8;
  FakeClock clock;
  std::latch all_started(kThreads);
  std::atomic<int> calls = 0;
  const auto token = token_until(clock.now + minutes(1), clock.now + minutes(1));
  TokenKeeper keeper(
      [&](const CallContext&) {
        ++calls;
        all_started.wait();
        return token;
      },
      clock);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      all_started.count_down();
      EXPECT_EQ(keeper.get(patient()).value_or(nullptr), token);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls, 1);
}

TEST(TokenKeeperTest, AWaiterEndsWithItsOwnLimits) {
  FakeClock clock;
  std::latch under_way(1);
  std::latch may_end(1);
  std::atomic<int> calls = 0;
  TokenKeeper keeper(
      [&](const CallContext&) -> absl::StatusOr<TokenKeeper::TokenPointer> {
        ++calls;
        under_way.count_down();
        may_end.wait();
        return absl::UnauthenticatedError("wrong password");
      },
      clock);
  std::thread leader([&] { EXPECT_FALSE(keeper.get(patient()).ok()); });
  under_way.wait();
  std::stop_source stop;
  std::thread gives_up([&] {
    CallContext context = patient();
    context.stop = stop.get_token();
    EXPECT_TRUE(absl::IsCancelled(keeper.get(context).status()));
  });
  CallContext hasty = patient();
  hasty.deadline = base::system_clock().steady_now();
  EXPECT_TRUE(absl::IsDeadlineExceeded(keeper.get(hasty).status()));
  stop.request_stop();
  gives_up.join();
  EXPECT_EQ(calls, 1);
  may_end.count_down();
  leader.join();
}

TEST(TokenKeeperTest, ALeaderThatIsCancelledLeavesTheLoginToTheNext) {
  FakeClock clock;
  std::latch under_way(1);
  std::latch may_end(1);
  std::atomic<int> calls = 0;
  const auto good = token_until(clock.now + minutes(1), clock.now + minutes(1));
  TokenKeeper keeper(
      [&](const CallContext&) -> absl::StatusOr<TokenKeeper::TokenPointer> {
        if (++calls > 1) return good;
        under_way.count_down();
        may_end.wait();
        return absl::CancelledError("its caller was stopped");
      },
      clock);
  std::thread leader([&] { EXPECT_TRUE(absl::IsCancelled(keeper.get(patient()).status())); });
  under_way.wait();
  std::thread next([&] { EXPECT_EQ(keeper.get(patient()).value_or(nullptr), good); });
  may_end.count_down();
  leader.join();
  next.join();
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace mex::openstack
