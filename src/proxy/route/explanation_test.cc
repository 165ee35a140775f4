#include "proxy/route/explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mex::proxy::route {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<const Route> explained_route(const char* host, const char* path,
                                             ConditionSpec conditions = {}, bool is_exact = false) {
  return std::make_shared<const Route>(
      Rule{HostPattern::parse(host).value(),
           is_exact ? PathPattern::parse_exact(path).value() : PathPattern::parse(path).value(),
           Conditions::create(std::move(conditions)).value()},
      http::OriginUrl(), nullptr);
}

std::vector<std::string> texts(const Explanation& explanation) {
  std::vector<std::string> all;
  for (const PassedOver& each : explanation.passed_over) {
    const Rule& rule = each.route->rule();
    all.push_back(rule.host.to_string() + rule.path.text() + ": " + each.reason);
  }
  return all;
}

TEST(Explanation, SaysOfEachRouteOnTheWayWhyItDoesNotServe) {
  const RouteTable table =
      RouteTable()
          .with(explained_route("", "/"))
          .with(explained_route("", "/shop"))
          .with(explained_route("", "/other"))
          .with(explained_route("*.example.com", "/shop", {}, true))
          .with(explained_route("www.example.com", "/shop"))
          .with(explained_route("www.example.com", "/shop", {{"POST"}, {}, {}}));
  const RoutedRequest request{.path = "/shop/1", .host = "www.example.com", .method = "GET"};
  const Explanation explanation = explain(table, request, 10);
  ASSERT_NE(explanation.match.route, nullptr);
  EXPECT_EQ(explanation.match.route, table.match(request).route);
  EXPECT_TRUE(explanation.is_complete);
  EXPECT_THAT(texts(explanation), ElementsAre("www.example.com/shop: the method is not POST",
                                              "*.example.com/shop: it is for exactly its path",
                                              "/shop: a more specific route serves it",
                                              "/: a more specific route serves it"));
  const Explanation cut = explain(table, request, 2);
  EXPECT_EQ(cut.passed_over.size(), 2U);
  EXPECT_FALSE(cut.is_complete);
}

TEST(Explanation, NothingCoversIt) {
  const Explanation explanation = explain(RouteTable(), {.path = "/"}, 10);
  EXPECT_EQ(explanation.match.route, nullptr);
  EXPECT_TRUE(explanation.passed_over.empty());
  EXPECT_TRUE(explanation.is_complete);
}

}  // namespace
}  // namespace mex::proxy::route
