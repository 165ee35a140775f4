#include "proxy/route/live_origins.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace mex::proxy::route {
namespace {

std::shared_ptr<const OriginSet> set_of(const std::vector<std::string>& urls,
                                        const OriginSet* previous = nullptr) {
  RoutePart part{};
  const auto alone = make_route("/a", urls.front(), std::make_shared<Counters>(2), part).value();
  balance::OriginSetOptions options;
  for (const std::string& url : urls) options.origins.push_back({url, 1, url});
  return OriginSet::create(*alone, options, previous, {}, 2).value();
}

TEST(LiveOriginsTest, EachShardFindsWhatWasPublishedLast) {
  LiveOrigins live(2);
  EXPECT_EQ(live.current(0)->set, nullptr);
  EXPECT_FALSE(live.current(0)->why_none.empty());
  const auto first = set_of({"http://10.0.0.1"});
  const auto second = set_of({"http://10.0.0.2"});
  live.publish({first, ""});
  EXPECT_EQ(live.current(0)->set, first);
  live.publish({second, ""});
  EXPECT_EQ(live.current(0)->set, second);
  EXPECT_EQ(live.current(1)->set, second);
  EXPECT_EQ(live.published()->set, second);
  live.publish({nullptr, "gone"});
  EXPECT_EQ(live.current(1)->why_none, "gone");
}

TEST(LiveOriginsTest, ASetStaysAsLongAsARequestHoldsIt) {
  LiveOrigins live(1);
  auto set = set_of({"http://10.0.0.1"});
  const std::weak_ptr<const OriginSet> watched = set;
  live.publish({std::move(set), ""});
  LiveOrigins::VersionPtr held = live.current(0);
  live.publish({set_of({"http://10.0.0.2"}), ""});
  static_cast<void>(live.current(0));
  EXPECT_FALSE(watched.expired());
  held.reset();
  EXPECT_TRUE(watched.expired());
}

TEST(LiveOriginsTest, ShardsAndChangesDoNotWaitForEachOther) {
  auto live = std::make_unique<LiveOrigins>(2);
  const auto one = set_of({"http://10.0.0.1", "http://10.0.0.2"});
  const auto other = set_of({"http://10.0.0.2", "http://10.0.0.3"}, one.get());
  live->publish({one, ""});
  std::atomic<bool> is_over = false;
  std::vector<std::thread> shards;
  for (std::size_t shard = 0; shard < 2; ++shard) {
    shards.emplace_back([&, shard] {
      while (!is_over) {
        const LiveOrigins::VersionPtr version = live->current(shard);
        EXPECT_TRUE(version->set == one || version->set == other);
        const auto pick = version->set->balancer(shard).pick({});
        version->set->group().members()[pick.index].state->end_request();
      }
    });
  }
  for (int i = 0; i < 2000; ++i) live->publish({i % 2 == 0 ? other : one, ""});
  is_over = true;
  for (std::thread& shard : shards) shard.join();
  EXPECT_EQ(one->group().members()[0].state->in_flight(), 0);
}

}  // namespace
}  // namespace mex::proxy::route
