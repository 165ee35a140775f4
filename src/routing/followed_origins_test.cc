// Routes that lead to services of clusters: what is refused, and what becomes of their origins.

#include "routing/followed_origins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "net/origin_policy.h"
#include "routing/proxy_routes.h"
#include "store/sqlite_store.h"

namespace mex::routing {
namespace {

using kubernetes::ServiceEndpoints;
using kubernetes::ServiceReference;
using kubernetes::ServiceSource;
using proxy::OriginCondition;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = ServiceEndpoints::State;

constexpr const char* kWeb = "k8s://t1/c1/shop/web";

// Says what the test wants.
class FakeSource final : public ServiceSource {
 public:
  class Entry final : public Subscription {
   public:
    Entry(FakeSource& source, int number) : source_(source), number_(number) {}
    ~Entry() override { source_.followers_.erase(number_); }

   private:
    FakeSource& source_;
    int number_;
  };

  std::unique_ptr<Subscription> follow(const ServiceReference& reference,
                                       OnChange on_change) override {
    on_change(known_[reference.service], revision_);
    followers_.emplace(++last_, std::pair(reference.service, std::move(on_change)));
    return std::make_unique<Entry>(*this, last_);
  }
  void say(const std::string& service, State state, std::vector<std::string> addresses,
           std::string reason = "") {
    known_[service] = {state, std::move(reason), std::move(addresses)};
    ++revision_;
    for (const auto& [number, follower] : followers_) {
      if (follower.first == service) follower.second(known_[service], revision_);
    }
  }
  std::size_t followers() const { return followers_.size(); }

 private:
  std::map<std::string, ServiceEndpoints> known_;
  std::map<int, std::pair<std::string, OnChange>> followers_;
  std::uint64_t revision_ = 1;
  int last_ = 0;
};

class FollowedOriginsTest : public ::testing::Test {
 protected:
  FollowedOriginsTest() { restart(); }

  void restart() {
    routes_.reset();
    store_.reset();
    store_ = store::open_sqlite_store(directory_.path()).value();
    routes_ =
        std::make_unique<ProxyRoutes>(*store_, nullptr, policy_, base::system_clock(), &source_);
    EXPECT_TRUE(routes_->restore().ok());
  }
  ProxyRouteView put(const ProxyRoute& route) {
    auto view = routes_->put(route.name, route, "");
    EXPECT_TRUE(view.ok()) << view.status();
    return view.value_or(ProxyRouteView());
  }
  static ProxyRoute route(const std::string& origin) { return {"web", "/web", origin}; }
  std::shared_ptr<const proxy::route::OriginSet> set() const {
    const auto found =
        routes_->table().find({{}, proxy::route::PathPattern::parse("/web").value(), {}});
    return found->live_origins()->published()->set;
  }
  std::vector<std::string> urls() const {
    std::vector<std::string> urls;
    if (const auto active = set()) {
      for (const auto& member : active->group().members()) urls.push_back(member.url);
    }
    return urls;
  }
  proxy::ObservedOrigin shown() const { return routes_->get("web")->origins.at(0); }

  base::TemporaryDirectory directory_;
  net::OriginPolicy policy_{{18889}};
  FakeSource source_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ProxyRoutes> routes_;
};

TEST_F(FollowedOriginsTest, EndpointsComeAndGoWithoutAChangeOfTheRoute) {
  const ProxyRouteView view = put(route(kWeb));
  EXPECT_EQ(view.origin, kWeb);
  EXPECT_TRUE(view.is_simple) << "what the agent's first call lists";
  EXPECT_THAT(urls(), ElementsAre());
  source_.say("web", State::Current, {"10.244.1.1:80", "10.244.1.2:80"});
  EXPECT_THAT(urls(), ElementsAre("http://10.244.1.1:80/", "http://10.244.1.2:80/"));
  source_.say("web", State::Current, {"10.244.1.2:80"});
  EXPECT_THAT(urls(), ElementsAre("http://10.244.1.2:80/"));
  EXPECT_EQ(routes_->get("web")->etag, view.etag);
}

TEST_F(FollowedOriginsTest, TheFirstCallTakesAServiceToo) {
  ASSERT_TRUE(routes_->add({{"", "/web", std::string(kWeb) + ":http/base"}}).ok());
  source_.say("web", State::Current, {"10.244.1.1:80"});
  EXPECT_THAT(urls(), ElementsAre("http://10.244.1.1:80/base"));
  EXPECT_EQ(routes_->list().at(0).origin, std::string(kWeb) + ":http/base");
  ASSERT_TRUE(routes_->remove({{"", "/web", ""}}).ok());
  EXPECT_EQ(source_.followers(), 0U);
}

TEST_F(FollowedOriginsTest, StatesAndReasonsAreShown) {
  put(route(kWeb));
  EXPECT_EQ(shown().condition, OriginCondition::Waiting);
  source_.say("web", State::Unavailable, {}, "there is no such service");
  EXPECT_EQ(shown().condition, OriginCondition::Unavailable);
  EXPECT_EQ(shown().reason, "there is no such service");
  source_.say("web", State::Current, {"10.244.1.1:80"});
  EXPECT_EQ(shown().condition, OriginCondition::Healthy);
  ASSERT_EQ(shown().endpoints.size(), 1U);
  EXPECT_EQ(shown().endpoints[0].url, "http://10.244.1.1:80/");
  source_.say("web", State::Stale, {"10.244.1.1:80"}, "the API server is silent");
  EXPECT_EQ(shown().condition, OriginCondition::Stale);
  EXPECT_EQ(shown().reason, "the API server is silent");
  EXPECT_EQ(shown().endpoints.size(), 1U);
}

TEST_F(FollowedOriginsTest, WithoutEndpointsThereIsAReason) {
  put(route(kWeb));
  source_.say("web", State::Unavailable, {}, "none of its pods is ready");
  const auto found =
      routes_->table().find({{}, proxy::route::PathPattern::parse("/web").value(), {}});
  EXPECT_EQ(found->live_origins()->published()->set, nullptr);
  EXPECT_EQ(found->live_origins()->published()->why_none, "none of its pods is ready");
}

TEST_F(FollowedOriginsTest, WhatIsKnownOfAnEndpointStaysAsLongAsItIsThere) {
  put(route(kWeb));
  source_.say("web", State::Current, {"10.244.1.1:80", "10.244.1.2:80"});
  const auto state = set()->group().members()[1].state;
  const std::string id = set()->group().members()[1].id;
  source_.say("web", State::Current, {"10.244.1.2:80", "10.244.1.3:80"});
  EXPECT_EQ(set()->group().members()[0].state, state);
  EXPECT_EQ(set()->group().members()[0].id, id) << "cookies go on leading there";
  // None for a moment, and a replaced route.
  source_.say("web", State::Unavailable, {}, "none");
  source_.say("web", State::Current, {"10.244.1.2:80", "10.244.1.3:80"});
  EXPECT_EQ(set()->group().members()[0].state, state);
  ProxyRoute changed = route(kWeb);
  changed.origin_set.limits.max_requests = 7;
  put(changed);
  EXPECT_EQ(set()->group().members()[0].state, state);
  EXPECT_EQ(set()->group().members()[0].id, id);
  EXPECT_EQ(set()->options().limits.max_requests, 7);
  EXPECT_EQ(source_.followers(), 1U);
  // The same endpoints again are no change.
  const auto before = set();
  source_.say("web", State::Stale, {"10.244.1.2:80", "10.244.1.3:80"}, "silent");
  EXPECT_EQ(set(), before);
}

TEST_F(FollowedOriginsTest, IdsAreTheSameAfterARestartAndSayNothingOfTheAddress) {
  put(route(kWeb));
  source_.say("web", State::Current, {"10.244.1.1:80", "10.244.1.2:80"});
  const std::string id = set()->group().members()[0].id;
  EXPECT_EQ(id.size(), 12U);
  EXPECT_NE(id, set()->group().members()[1].id);
  restart();
  EXPECT_EQ(set()->group().members()[0].id, id);
}

TEST_F(FollowedOriginsTest, AWeightIsOfTheServiceAndSharedByItsEndpoints) {
  ProxyRoute canary = route("");
  canary.origin_set.origins = {{kWeb, 90, ""}, {"k8s://t1/c1/shop/new", 10, ""}};
  put(canary);
  source_.say("web", State::Current, {"10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"});
  source_.say("new", State::Current, {"10.0.0.9:1"});
  int web = 0;
  int other = 0;
  for (const auto& member : set()->group().members()) {
    (member.url.find("10.0.0.9") == member.url.npos ? web : other) += member.weight;
  }
  EXPECT_EQ(web, 9 * other);
  source_.say("web", State::Unavailable, {}, "gone");
  EXPECT_THAT(urls(), ElementsAre("http://10.0.0.9:1/"));
}

TEST_F(FollowedOriginsTest, MoreEndpointsThanThereIsRoomForAreChosenSteadily) {
  put(route(kWeb));
  std::vector<std::string> addresses;
  for (int i = 0; i < 200; ++i) addresses.push_back(fmt::format("10.244.1.{}:80", i));
  source_.say("web", State::Current, addresses);
  std::vector<std::string> before = urls();
  EXPECT_EQ(before.size(), 64U);
  EXPECT_THAT(shown().reason, HasSubstr("of its 200 endpoints 64 get requests"));
  addresses.erase(addresses.begin() + 100);
  source_.say("web", State::Current, addresses);
  std::vector<std::string> after = urls();
  std::vector<std::string> same;
  std::set_intersection(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(same));
  EXPECT_GE(same.size(), 63U);
}

TEST_F(FollowedOriginsTest, WhatCannotBeIsRefusedWithItsField) {
  const auto refused = [this](const ProxyRoute& given) {
    const absl::Status status = routes_->put("web", given, "").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return base::detail_of(status).field;
  };
  EXPECT_EQ(refused(route("k8s://t1/c1/web")), "proxy.origin");
  ProxyRoute several = route("");
  several.origin_set.origins = {{kWeb, 1, ""}, {"k8s://t1/c1/web", 1, ""}};
  EXPECT_EQ(refused(several), "proxy.origins[1].url");
  several.origin_set.origins[1].url = "http://169.254.169.254";
  EXPECT_EQ(refused(several), "proxy.origins[1].url");
  ProxyRoute redirect = route(kWeb);
  redirect.action.redirect.emplace().location = "/x";
  EXPECT_EQ(refused(redirect), "proxy.origins");
  EXPECT_EQ(source_.followers(), 0U);
}

TEST_F(FollowedOriginsTest, LateWordsChangeNothing) {
  put(route(kWeb));
  source_.say("web", State::Current, {"10.244.1.1:80"});
  routes_.reset();
  source_.say("web", State::Current, {"10.244.1.2:80"});
  EXPECT_EQ(source_.followers(), 0U);
}

}  // namespace
}  // namespace mex::routing
