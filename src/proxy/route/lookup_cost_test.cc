// What a lookup costs does not depend on how many routes and hosts there are. Counted, not timed.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "proxy/route/route_table.h"

namespace mex::proxy::route {
namespace {

RouteTable with_route(const RouteTable& table, const std::string& host, const std::string& path) {
  return table.with(std::make_shared<const Route>(
      Rule{HostPattern::parse(host).value(), PathPattern::parse(path).value(), {}},
      http::OriginUrl(), nullptr));
}

// How many tries are looked into, keys of them compared and routes asked.
struct LookupCost {
  int hosts = 0;
  int keys = 0;
  std::size_t routes = 0;

  bool operator==(const LookupCost&) const = default;
};

LookupCost cost_of(const RouteTable& table, const RoutedRequest& request) {
  LookupCost cost;
  table.for_each_host(request.host, [&](const Trie& trie) {
    ++cost.hosts;
    trie.for_each_covering(request.path, [&](const PathRoutes& routes, Coverage) {
      ++cost.keys;
      cost.routes += routes.all().size();
      return true;
    });
    return true;
  });
  return cost;
}

std::string numbered_path(int number) { return fmt::format("/tenant-{:06}/app", number); }

TEST(LookupCost, IsTheSameForTenRoutesAndForAHundredThousand) {
  RouteTable table;
  int routes = 0;
  for (const int count : {10, 10'000, 100'000}) {
    for (; routes < count; ++routes) table = with_route(table, "", numbered_path(routes));
    ASSERT_EQ(table.size(), static_cast<std::size_t>(count));
    for (const int asked : {0, count / 2, count - 1}) {
      const std::string path = numbered_path(asked) + "/index.html";
      EXPECT_EQ(cost_of(table, {.path = path}), (LookupCost{1, 1, 1})) << asked << " of " << count;
      ASSERT_NE(table.match(path).route, nullptr);
      EXPECT_EQ(table.match(path).route->pattern().text(), numbered_path(asked));
    }
    EXPECT_EQ(cost_of(table, {.path = "/tenant-999999/app"}), (LookupCost{1, 0, 0}));
  }
}

TEST(LookupCost, IsTheSameForTenHostsAndForTenThousand) {
  RouteTable table;
  int hosts = 0;
  for (const int count : {10, 10'000}) {
    for (; hosts < count; ++hosts) {
      table = with_route(table, fmt::format("www.tenant-{}.example", hosts), "/a");
      table = with_route(table, fmt::format("*.tenant-{}.example", hosts), "/");
    }
    for (const int asked : {0, count - 1}) {
      const std::string host = fmt::format("www.tenant-{}.example", asked);
      // The host, its wildcard, and the routes of any host.
      EXPECT_EQ(cost_of(table, {.path = "/a/b", .host = host}), (LookupCost{3, 2, 2})) << host;
      EXPECT_EQ(table.match({.path = "/a/b", .host = host}).route->rule().host.name(), host);
    }
    EXPECT_EQ(cost_of(table, {.path = "/a/b", .host = "unknown"}), (LookupCost{1, 0, 0}));
  }
}

// What a client can make of it: a name with as many labels as a head has room for.
TEST(LookupCost, IsBoundedByWhatOperatorsAddedWhateverClientsAsk) {
  std::string deepest = "*.a";
  for (int labels = 2; deepest.size() + 2 <= 253; ++labels) deepest += ".a";
  RouteTable table = with_route({}, "*.a", "/");
  for (std::string name = deepest; name.size() >= 3; name.erase(1, 2)) {
    table = with_route(table, name, "/");
    if (name == "*.a") break;
  }
  std::string asked = "b";
  for (int labels = 0; labels < 8000; ++labels) asked += ".a";
  const LookupCost cost = cost_of(table, {.path = "/", .host = asked});
  EXPECT_EQ(static_cast<std::size_t>(cost.hosts), table.size() + 1);
  EXPECT_LE(cost.hosts, 128);
}

}  // namespace
}  // namespace mex::proxy::route
