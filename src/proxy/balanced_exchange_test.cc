// Requests of a route with several origins: where they go, and what a change of the set does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/balanced_fixture.h"

namespace mex::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::BalancedFixture;
using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Peer;
using ::testing::StartsWith;

class BalancedExchangeTest : public BalancedFixture {};

TEST_F(BalancedExchangeTest, RequestsAreSharedByWeight) {
  make_origins({2, 1, 1});
  EXPECT_EQ(ask_often(40, get("/a/x")), (std::vector<int>{20, 10, 10}));
  EXPECT_EQ(totals("/a").requests, 40U);
  EXPECT_EQ(state(0).requests(), 20U);
  EXPECT_EQ(state(0).in_flight(), 0);
}

TEST_F(BalancedExchangeTest, EachOriginIsAskedBelowItsOwnBasePath) {
  make_origins({1, 1});
  options_.origins[1].url += "/base";
  use_options();
  ask_often(2, get("/a/x?q=1"));
  EXPECT_THAT(at(0).last_head(), StartsWith("GET /x?q=1 HTTP/1.1\r\n"));
  EXPECT_THAT(at(1).last_head(), StartsWith("GET /base/x?q=1 HTTP/1.1\r\n"));
}

TEST_F(BalancedExchangeTest, AClientIsHashedByItsHeaderAndStaysWhereItIs) {
  options_.balance.policy = balance::Policy::Hash;
  options_.balance.hash_key = balance::HashKey::Header;
  options_.balance.hash_name = "X-User";
  make_origins({1, 1, 1});
  std::vector<int> origins(3);
  for (int user = 0; user < 20; ++user) {
    const std::string request = get("/a", "X-User: user" + std::to_string(user) + "\r\n");
    const std::size_t first = name_in(ask(request));
    EXPECT_EQ(name_in(ask(request)), first);
    ++origins[first];
  }
  for (const int users : origins) EXPECT_GT(users, 0);
}

TEST_F(BalancedExchangeTest, AClientIsHashedByItsCookieOrItsAddress) {
  options_.balance.policy = balance::Policy::Hash;
  make_origins({1, 1, 1});
  const std::size_t by_address = name_in(ask(get("/a")));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(name_in(ask(get("/a"))), by_address);
  options_.balance.hash_key = balance::HashKey::Cookie;
  options_.balance.hash_name = "session";
  use_options();
  const std::string request = get("/a", "Cookie: a=b; session=xyz; c=d\r\n");
  const std::size_t by_cookie = name_in(ask(request));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(name_in(ask(request)), by_cookie);
  EXPECT_THAT(ask_often(6, get("/a", "Cookie: xsession=xyz\r\n")), ::testing::Each(2));
}

TEST_F(BalancedExchangeTest, ACookieBindsAClientAndIsGivenOnce) {
  options_.balance.policy = balance::Policy::Sticky;
  make_origins({1, 1});
  const std::string first = ask(get("/a"));
  EXPECT_THAT(first, HasSubstr("Set-Cookie: mex_origin=id0; Path=/a; HttpOnly; SameSite=Lax\r\n"));
  EXPECT_THAT(first, Not(HasSubstr("Secure")));
  for (int i = 0; i < 4; ++i) {
    const std::string answer = ask(get("/a", "Cookie: theme=dark; mex_origin=id0\r\n"));
    EXPECT_EQ(name_in(answer), 0U);
    EXPECT_THAT(answer, Not(HasSubstr("Set-Cookie")));
  }
}

TEST_F(BalancedExchangeTest, ACookieOfNoOriginIsReplacedAndLeadsNowhereElse) {
  options_.balance.policy = balance::Policy::Sticky;
  make_origins({1, 1});
  for (const std::string forged :
       {"id7", "127.0.0.1:80", "http://127.0.0.1", "", "id0x", "id0,id1"}) {
    const std::string answer = ask(get("/a", "Cookie: mex_origin=" + forged + "\r\n"));
    EXPECT_THAT(answer, HasSubstr("Set-Cookie: mex_origin=id" + std::to_string(name_in(answer))));
  }
  EXPECT_EQ(at(0).requests() + at(1).requests(), 6);
}

TEST_F(BalancedExchangeTest, AClientWhoseOriginDiedIsBoundToAnother) {
  options_.balance.policy = balance::Policy::Sticky;
  make_origins({1, 1});
  at(0).die();
  const std::string answer = ask(get("/a", "Cookie: mex_origin=id0\r\n"));
  EXPECT_THAT(answer, HasSubstr("Set-Cookie: mex_origin=id1; "));
}

TEST_F(BalancedExchangeTest, ATunnelIsBoundByTheCookieToo) {
  options_.balance.policy = balance::Policy::Sticky;
  make_origins({1});
  at(0).answer_with(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  Peer browser = client();
  browser.send(get("/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  ASSERT_TRUE(
      serve_until([&] { return browser.received().find("\r\n\r\n") != std::string::npos; }));
  EXPECT_THAT(browser.received(), HasSubstr("Set-Cookie: mex_origin=id0; "));
  EXPECT_EQ(state(0).in_flight(), 1) << "a tunnel counts as long as it lasts";
  browser.reset();
  ASSERT_TRUE(serve_until([&] { return state(0).in_flight() == 0; }));
}

TEST_F(BalancedExchangeTest, ARemovedOriginFinishesWhatItHasAndGetsNoMore) {
  make_origins({1, 1});
  at(0).hold();
  Peer browser = client();
  browser.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() == 1; }));
  options_.origins.erase(options_.origins.begin());
  use_options();
  EXPECT_EQ(ask_often(10, get("/a"))[1], 10);
  at(0).answer_held();
  EXPECT_EQ(name_in(answer_to(browser)), 0U);
  EXPECT_EQ(at(0).requests(), 1);
}

TEST_F(BalancedExchangeTest, ATunnelToARemovedOriginLives) {
  make_origins({1, 1});
  at(0).answer_with(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  Peer browser = client();
  browser.send(get("/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  ASSERT_TRUE(serve_until([&] { return service_->tunnels().size() == 1; }));
  options_.origins.erase(options_.origins.begin());
  use_options();
  pass(context_.options.removed_tunnel_grace * 3);
  browser.received();
  EXPECT_FALSE(browser.closed());
  remove_route("/a");
  pass(context_.options.removed_tunnel_grace + seconds(1));
  EXPECT_TRUE(serve_until([&] { return service_->tunnels().size() == 0; }));
}

TEST_F(BalancedExchangeTest, AFullSetAnswersAtOnceAndGoesOnWhenThereIsRoom) {
  options_.limits.max_requests = 1;
  make_origins({1, 1});
  at(0).hold();
  at(1).hold();
  Peer first = client();
  Peer second = client();
  first.send(get("/a"));
  second.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() + at(1).requests() == 2; }));
  EXPECT_THAT(ask(get("/a")), StartsWith("HTTP/1.1 503 "));
  at(0).answer_held();
  answer_to(first);
  EXPECT_EQ(name_in(ask(get("/a"))), 0U);
}

TEST_F(BalancedExchangeTest, ClientsThatLeaveFreeTheirPlaces) {
  options_.limits.max_requests = 1;
  make_origins({1});
  at(0).hold();
  Peer browser = client();
  browser.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() == 1; }));
  browser.reset();
  ASSERT_TRUE(serve_until([&] { return state(0).in_flight() == 0; }));
  EXPECT_EQ(state(0).failures(), 0U);
}

TEST_F(BalancedExchangeTest, AnOriginWithAllItsConnectionsIsPassedOver) {
  options_.limits.max_connections = 1;
  make_origins({1, 1});
  at(0).hold();
  at(1).hold();
  Peer first = client();
  Peer second = client();
  Peer third = client();
  first.send(get("/a"));
  second.send(get("/a"));
  ASSERT_TRUE(serve_until([&] { return at(0).requests() == 1 && at(1).requests() == 1; }));
  EXPECT_THAT(ask(get("/a")), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(state(0).failures() + state(1).failures(), 0U);
}

}  // namespace
}  // namespace mex::proxy
