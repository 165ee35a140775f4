// Origins that come and go while requests are under way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/balanced_fixture.h"
#include "proxy/route/live_origins.h"

namespace mex::proxy {
namespace {

using ::testing::HasSubstr;

class LiveOriginsExchangeTest : public testing::BalancedFixture {
 protected:
  LiveOriginsExchangeTest() {
    make_origins({1, 1, 1});
    route::RoutePart part{};
    const auto alone = route::make_route("/live", "http://web.shop.c1.t1",
                                         std::make_shared<route::Counters>(1), part)
                           .value();
    route_ = route::with_live_origins(*alone, live_);
    add_route(route_);
  }
  // These of the origins get requests from now on.
  void publish(const std::vector<std::size_t>& indices) {
    balance::OriginSetOptions options = options_;
    options.origins.clear();
    for (const std::size_t i : indices) options.origins.push_back(options_.origins[i]);
    last_ = route::OriginSet::create(*route_, options, last_.get(), clock_.steady_now(), 1).value();
    live_->publish({last_, ""});
  }
  std::string ask_live() { return ask(testing::get("/live", "Connection: close\r\n")); }

  std::shared_ptr<route::LiveOrigins> live_ = std::make_shared<route::LiveOrigins>(1);
  std::shared_ptr<const route::Route> route_;
  std::shared_ptr<const route::OriginSet> last_;
};

TEST_F(LiveOriginsExchangeTest, WithoutAnyTheAnswerIs503AndSaysNothingOfTheReason) {
  live_->publish({nullptr, "the API server of cluster c1 is silent"});
  const std::string answer = ask_live();
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("the origin is a service without endpoints now"));
  EXPECT_THAT(answer, ::testing::Not(HasSubstr("silent"))) << "that is the operator's affair";
}

TEST_F(LiveOriginsExchangeTest, TheNextRequestGoesToWhatWasPublishedLast) {
  publish({0});
  EXPECT_THAT(ask_live(), HasSubstr("origin-0."));
  publish({1});
  EXPECT_THAT(ask_live(), HasSubstr("origin-1."));
  live_->publish({nullptr, "none"});
  EXPECT_THAT(ask_live(), HasSubstr("503"));
  publish({1, 2});
  EXPECT_THAT(ask_live(), HasSubstr("200 OK"));
}

TEST_F(LiveOriginsExchangeTest, AnEndpointThatGoesFinishesWhatItHas) {
  publish({0});
  at(0).hold();
  testing::Peer browser = client();
  browser.send(testing::get("/live"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() == 1; }));
  publish({1});
  EXPECT_THAT(ask_live(), HasSubstr("origin-1."));
  live_->publish({nullptr, "none"});
  at(0).answer_held();
  EXPECT_THAT(answer_to(browser), HasSubstr("origin-0."));
  EXPECT_EQ(service_->exchanges(), 0U);
}

TEST_F(LiveOriginsExchangeTest, ARequestThatFoundNoConnectionGoesToAnotherOfItsSet) {
  publish({0, 1});
  at(0).die();
  for (int i = 0; i < 4; ++i) EXPECT_THAT(ask_live(), HasSubstr("origin-1.")) << i;
}

TEST_F(LiveOriginsExchangeTest, KeptConnectionsServeTheNextSetToo) {
  publish({0, 1});
  for (int i = 0; i < 4; ++i) ask_live();
  const auto connections = [this] { return at(0).requests() + at(1).requests(); };
  const int before = connections();
  publish({1, 0, 2});
  publish({0, 1});
  for (int i = 0; i < 4; ++i) ask_live();
  EXPECT_EQ(connections(), before + 4);
}

TEST_F(LiveOriginsExchangeTest, AnEjectedEndpointStaysSoInTheNextSet) {
  publish({0, 1});
  at(0).die();
  for (int i = 0; i < 8; ++i) ask_live();
  const auto& state = *last_->group().members()[0].state;
  ASSERT_EQ(state.availability(clock_.steady_now()), balance::Availability::Ejected);
  publish({2, 0, 1});
  EXPECT_EQ(last_->group().members()[1].state.get(), &state);
  EXPECT_EQ(state.availability(clock_.steady_now()), balance::Availability::Ejected);
}

TEST_F(LiveOriginsExchangeTest, AWebSocketSurvivesTheChangeOfTheSet) {
  publish({0});
  at(0).answer_with(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  testing::Peer browser = client();
  browser.send(testing::get("/live", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  ASSERT_TRUE(serve_until([&] { return service_->tunnels().size() == 1; }));
  publish({1});
  EXPECT_THAT(ask_live(), HasSubstr("origin-1."));
  last_.reset();
  live_->publish({nullptr, "none"});
  EXPECT_THAT(ask_live(), HasSubstr("503"));
  pass(context_.options.removed_tunnel_grace * 3);
  EXPECT_EQ(service_->tunnels().size(), 1U);
  remove_route("/live");
  pass(context_.options.removed_tunnel_grace + std::chrono::seconds(1));
  EXPECT_TRUE(serve_until([&] { return service_->tunnels().size() == 0; }));
}

}  // namespace
}  // namespace mex::proxy
