#include "proxy/health/health_checker.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <thread>

#include "base/descriptor.h"
#include "net/address.h"

namespace mex::proxy::health {
namespace {

using balance::CheckResult;

// Shards would read the state all the while.
bool comes_true(const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

class HealthCheckerTest : public ::testing::Test {
 protected:
  HealthCheckerTest() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const net::Address any = net::Address::loopback(0);
    EXPECT_EQ(::bind(listener_.get(), any.data(), any.size()), 0);
    EXPECT_EQ(::listen(listener_.get(), 64), 0);
    options_.origins = {{"http://" + net::Address::local_of(listener_.get()).text(), 1, "id"}};
    options_.health_check.type = balance::CheckType::Tcp;
    options_.health_check.interval = std::chrono::milliseconds(100);
    options_.health_check.timeout = std::chrono::milliseconds(100);
  }

  std::shared_ptr<const route::OriginSet> make_set(const route::OriginSet* previous = nullptr) {
    route::RoutePart part{};
    const auto alone =
        route::make_route("/a", options_.origins[0].url, std::make_shared<route::Counters>(1), part)
            .value();
    return route::OriginSet::create(*alone, options_, previous, {}, 1).value();
  }

  base::Descriptor listener_;
  balance::OriginSetOptions options_;
  const net::OriginPolicy policy_;
  HealthChecker checker_{{}, policy_, "agent-under-test"};
};

TEST_F(HealthCheckerTest, AnOriginThatGoesIsNoticedAndChangesDoNotDisturb) {
  auto set = make_set();
  balance::OriginState& state = *set->group().members()[0].state;
  checker_.watch({set});
  EXPECT_TRUE(comes_true([&] { return state.check_result() == CheckResult::Passed; }));
  for (int change = 0; change < 100; ++change) {
    set = make_set(set.get());
    checker_.watch({set});
  }
  EXPECT_EQ(state.check_result(), CheckResult::Passed);
  listener_.reset();
  EXPECT_TRUE(comes_true([&] { return state.check_result() == CheckResult::Failed; }));
  checker_.watch({});
  EXPECT_TRUE(comes_true([&] { return state.check_result() == CheckResult::None; }));
}

TEST_F(HealthCheckerTest, AnAddressThatNoOriginMayHaveIsNotAsked) {
  options_.origins[0].url = "http://169.254.169.254";
  const auto set = make_set();
  checker_.watch({set});
  EXPECT_TRUE(comes_true(
      [&] { return set->group().members()[0].state->check_result() == CheckResult::Failed; }));
}

TEST_F(HealthCheckerTest, EndsWithChecksUnderWay) {
  checker_.watch({make_set()});
  checker_.watch({make_set(), make_set()});
}

}  // namespace
}  // namespace mex::proxy::health
