// Routes with several origins as desired state: what is refused, what is kept over a change and
// over a restart.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "net/origin_policy.h"
#include "routing/proxy_routes.h"
#include "routing/stored_route.h"
#include "store/sqlite_store.h"

namespace mex::routing {
namespace {

using proxy::balance::CheckType;
using proxy::balance::Policy;
using ::testing::HasSubstr;
using ::testing::Not;

class OriginSetRoutesTest : public ::testing::Test {
 protected:
  OriginSetRoutesTest() { restart(); }

  void restart() {
    routes_.reset();
    store_.reset();
    store_ = store::open_sqlite_store(directory_.path()).value();
    routes_ = std::make_unique<ProxyRoutes>(*store_, nullptr, policy_, base::system_clock());
    EXPECT_TRUE(routes_->restore().ok());
  }
  static ProxyRoute route(const std::vector<std::string>& urls) {
    ProxyRoute route{"web", "/web", ""};
    for (const std::string& url : urls) route.origin_set.origins.push_back({url, 1, ""});
    return route;
  }
  ProxyRouteView put(const ProxyRoute& route) {
    auto view = routes_->put("web", route, "");
    EXPECT_TRUE(view.ok()) << view.status();
    return view.value_or(ProxyRouteView());
  }
  void expect_refused(const ProxyRoute& route, const std::string& field) {
    const auto view = routes_->put("web", route, "");
    EXPECT_EQ(view.status().code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_EQ(base::detail_of(view.status()).field, field) << view.status();
  }

  base::TemporaryDirectory directory_;
  net::OriginPolicy policy_{{18889}};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ProxyRoutes> routes_;
};

TEST_F(OriginSetRoutesTest, TheFirstOriginIsWhatTheFirstCallShows) {
  const ProxyRouteView view = put(route({"http://10.0.0.1", "http://10.0.0.2/base"}));
  EXPECT_EQ(view.origin, "http://10.0.0.1");
  ASSERT_EQ(view.origins.size(), 2U);
  EXPECT_EQ(view.origins[1].url, "http://10.0.0.2/base");
  EXPECT_EQ(view.origins[1].condition, proxy::OriginCondition::Healthy);
}

TEST_F(OriginSetRoutesTest, IdsStayWithTheirOriginsAndSayNothingOfThem) {
  const auto before = put(route({"http://10.0.0.1", "http://10.0.0.2"})).route.origin_set.origins;
  const auto after = put(route({"http://10.0.0.3", "http://10.0.0.2"})).route.origin_set.origins;
  EXPECT_EQ(after[1].id, before[1].id);
  EXPECT_NE(after[0].id, before[0].id);
  EXPECT_EQ(before[0].id.size(), 12U);
  EXPECT_THAT(before[0].id, Not(HasSubstr(".")));
  restart();
  EXPECT_EQ(routes_->get("web")->route.origin_set.origins, after);
}

TEST_F(OriginSetRoutesTest, EverythingSurvivesARestart) {
  ProxyRoute given = route({"http://10.0.0.1", "https://origin.test:8443"});
  given.origin_set.origins[1].weight = 0;
  given.origin_set.balance.policy = Policy::Hash;
  given.origin_set.balance.hash_key = proxy::balance::HashKey::Header;
  given.origin_set.balance.hash_name = "X-User";
  given.origin_set.ejection.consecutive_5xx = 0;
  given.origin_set.limits.max_requests = 100;
  given.origin_set.health_check.type = CheckType::Http;
  given.origin_set.timeouts.total = std::chrono::seconds(30);
  given.origin_set.retry.gateway_errors = true;
  const ProxyRoute kept = put(given).route;
  restart();
  EXPECT_EQ(routes_->get("web")->route, kept);
  given.origin_set.origins[0].id = kept.origin_set.origins[0].id;
  given.origin_set.origins[1].id = kept.origin_set.origins[1].id;
  EXPECT_EQ(kept.origin_set, given.origin_set);
}

TEST_F(OriginSetRoutesTest, ASingleOriginMayHaveMoreSaidOfIt) {
  ProxyRoute given{"web", "/web", "http://10.0.0.1"};
  given.origin_set.timeouts.first_byte = std::chrono::minutes(5);
  EXPECT_EQ(put(given).origins.size(), 1U);
}

TEST_F(OriginSetRoutesTest, ARouteWithOneOriginIsStoredAsEver) {
  ASSERT_TRUE(routes_->add({{"", "/a", "http://10.0.0.1"}}).ok());
  EXPECT_TRUE(routes_->list()[0].origins.empty());
  const auto record = store_->get(route_key("/a"));
  ASSERT_TRUE(record.ok());
  for (const char* member : {"origins", "balance", "retry", "timeouts"}) {
    EXPECT_THAT(record->value, Not(HasSubstr(member)));
  }
}

TEST_F(OriginSetRoutesTest, TheFirstCallReplacesASetByItsOneOrigin) {
  ProxyRoute given = route({"http://10.0.0.1", "http://10.0.0.2"});
  put(given);
  ASSERT_TRUE(routes_->add({{"", "/web", "http://10.0.0.9"}}).ok());
  EXPECT_TRUE(routes_->list()[0].origins.empty());
}

TEST_F(OriginSetRoutesTest, BadSetsNameTheirFieldAndChangeNothing) {
  put(route({"http://10.0.0.1", "http://10.0.0.2"}));
  expect_refused(route({"http://10.0.0.1", "10.0.0.2"}), "proxy.origins[1].url");
  expect_refused(route({"http://10.0.0.1", "http://10.0.0.1"}), "proxy.origins[1].url");
  expect_refused(route({"http://10.0.0.1", "http://169.254.169.254"}), "proxy.origins[1].url");
  expect_refused(route({"http://127.0.0.1:18889"}), "proxy.origins[0].url");
  ProxyRoute elsewhere = route({"http://10.0.0.1"});
  elsewhere.origin = "http://10.0.0.7";
  expect_refused(elsewhere, "proxy.origin");
  ProxyRoute redirect = route({"http://10.0.0.1"});
  redirect.action.redirect.emplace().location = "/elsewhere";
  expect_refused(redirect, "proxy.origins");
  ProxyRoute heavy = route({"http://10.0.0.1"});
  heavy.origin_set.origins[0].weight = 5000;
  expect_refused(heavy, "proxy.origins[0].weight");
  ProxyRoute nameless = route({"http://10.0.0.1"});
  nameless.origin_set.balance.policy = Policy::Hash;
  nameless.origin_set.balance.hash_key = proxy::balance::HashKey::Cookie;
  expect_refused(nameless, "proxy.balance.hash_name");
  EXPECT_EQ(routes_->get("web")->origins.size(), 2U);
}

TEST_F(OriginSetRoutesTest, OnlySetsWithChecksAreChecked) {
  CheckedOrigins checked;
  ProxyRoute given = route({"http://10.0.0.1"});
  given.origin_set.health_check.type = CheckType::Tcp;
  const auto compile = [](const ProxyRoute& route) {
    proxy::route::RoutePart part{};
    auto alone = proxy::route::make_route("/web", "http://10.0.0.1",
                                          std::make_shared<proxy::route::Counters>(1), part)
                     .value();
    return compile_origins(std::move(alone), route.origin_set, nullptr, {}, 1).value();
  };
  EXPECT_FALSE(checked.put("/other", *compile({"", "/web", "http://10.0.0.1"})));
  EXPECT_TRUE(checked.put("/web", *compile(given)));
  EXPECT_EQ(checked.sets().size(), 1U);
  given.origin_set.health_check.type = CheckType::None;
  EXPECT_TRUE(checked.put("/web", *compile(given)));
  EXPECT_TRUE(checked.sets().empty());
  EXPECT_FALSE(checked.erase("/web"));
}

}  // namespace
}  // namespace mex::routing
