#include "proxy/route/mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "proxy/service_fixture.h"

namespace mex::proxy {
namespace {

using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ok;
using testing::Peer;
using ::testing::StartsWith;

class MirrorTest : public testing::ServiceFixture {
 protected:
  void add_mirrored(const std::string& mirror, int percent = 100) {
    route::RoutePart part{};
    const auto alone =
        route::make_route("/a", origin_.url("/x"), std::make_shared<route::Counters>(1), part)
            .value();
    mirror_ = route::Mirror::create(*alone, {mirror, percent}, nullptr, 1).value();
    add_route(route::with_mirror(*alone, mirror_));
  }
  std::uint64_t copies() const { return mirror_->route().counters().totals().requests; }
  std::uint64_t failures() const { return mirror_->route().counters().totals().origin_errors; }
  bool until(const std::function<bool()>& condition) {
    return testing::run_until(*loop_, condition);
  }
  // Asks and gets the origin's answer, whatever the mirror does.
  void serve(Peer& browser, const std::string& request) {
    Peer origin = forward(browser, request);
    origin.send(ok("whole."));
    EXPECT_THAT(browser.take_until("whole."), StartsWith("HTTP/1.1 200 "));
  }

  std::shared_ptr<const route::Mirror> mirror_;
  testing::ScriptedOrigin second_{*loop_};
};

TEST_F(MirrorTest, GetsTheSameRequestAndItsAnswerGoesNowhere) {
  add_mirrored(second_.url("/y"));
  Peer browser = client();
  Peer origin = forward(browser, get("/a/b?c", "X-Mine: 1\r\n"));
  Peer mirror = second_.accept();
  const std::string copy = mirror.take_until("\r\n\r\n");
  EXPECT_THAT(head_, StartsWith("GET /x/b?c HTTP/1.1\r\n"));
  EXPECT_THAT(copy, StartsWith("GET /y/b?c HTTP/1.1\r\n"));
  for (const char* field : {"Host: edge.example\r\n", "X-Mine: 1\r\n", "X-Forwarded-For: 127.0.0.1",
                            "CDN-Loop: agent-under-test"}) {
    EXPECT_THAT(copy, HasSubstr(field));
  }
  mirror.send("HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nfault");
  origin.send(ok("whole."));
  const std::string answer = browser.take_until("whole.");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, Not(HasSubstr("fault")));
  EXPECT_TRUE(until([&] { return copies() == 1; }));
  EXPECT_EQ(totals("/a").status_classes[4], 0U);
  EXPECT_EQ(service_->busy_origin_connections(), 0U);
}

TEST_F(MirrorTest, GetsTheBodyAsItComes) {
  add_mirrored(second_.url());
  Peer browser = client();
  Peer origin = forward(browser,
                        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "2\r\nha\r\n");
  Peer mirror = second_.accept();
  EXPECT_THAT(mirror.take_until("2\r\nha\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
  browser.send("2\r\nlf\r\n0\r\n\r\n");
  mirror.take_until("0\r\n\r\n");
  origin.take_until("0\r\n\r\n");
}

// The client has its answer, and has left, before the mirror has accepted.
TEST_F(MirrorTest, IsNotNeededForAnAnswer) {
  add_mirrored(second_.url());
  {
    Peer browser = client();
    serve(browser,
          "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhalf");
    browser.take_to_end();
  }
  Peer mirror = second_.accept();
  EXPECT_THAT(mirror.take_until("half"), HasSubstr("Content-Length: 4\r\n"));
  mirror.send(ok("late"));
  EXPECT_TRUE(until([&] { return copies() == 1; }));
}

TEST_F(MirrorTest, ThatIsDeadCostsNothing) {
  add_mirrored(second_.url());
  second_.close();
  Peer browser = client();
  serve(browser, get("/a"));
  EXPECT_TRUE(until([&] { return failures() == 1; }));
  EXPECT_EQ(totals("/a").origin_errors, 0U);
}

TEST_F(MirrorTest, ThatBreaksOffIsAFailureOfItsOwn) {
  add_mirrored(second_.url());
  Peer browser = client();
  serve(browser, get("/a"));
  Peer mirror = second_.accept();
  mirror.take_until("\r\n\r\n");
  mirror.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal");
  mirror.reset();
  EXPECT_TRUE(until([&] { return failures() == 1; }));
  EXPECT_EQ(copies(), 0U);
}

TEST_F(MirrorTest, ThatIsSilentIsGivenUp) {
  add_mirrored(second_.url());
  Peer browser = client();
  serve(browser, get("/a"));
  Peer mirror = second_.accept();
  mirror.take_until("\r\n\r\n");
  pass(std::chrono::seconds(29));
  EXPECT_EQ(mirror_->dropped(), 0U);
  pass(std::chrono::seconds(2));
  EXPECT_EQ(mirror_->dropped(), 1U);
  mirror.take_to_end();
  EXPECT_EQ(service_->busy_origin_connections(), 0U);
}

TEST_F(MirrorTest, ThatTakesNothingDoesNotHoldUpTheBody) {
  second_.shrink_receive_buffer();
  add_mirrored(second_.url());
  constexpr std::size_t kSize = 20U << 20U;
  Peer browser = client();
  Peer origin =
      forward(browser, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) +
                           "\r\n\r\n");
  Peer mirror = second_.accept();
  std::size_t sent = 0;
  std::size_t taken = 0;
  const std::string piece(65536, 'x');
  EXPECT_TRUE(until([&] {
    if (sent < kSize) sent += browser.send_some(std::string_view(piece).substr(0, kSize - sent));
    taken = origin.received().size();
    return taken == kSize;
  }));
  EXPECT_EQ(mirror_->dropped(), 1U);
  origin.send(ok("whole."));
  browser.take_until("whole.");
  // What has come is not a whole request.
  EXPECT_LT(mirror.take_to_end().size(), kSize);
}

TEST_F(MirrorTest, ThatStandsStillHoldsSoManyConnectionsAndNoMore) {
  add_mirrored(second_.url());
  Peer browser = client();
  Peer origin = forward(browser, get("/a"));
  for (int i = 0; i < 100; ++i) {
    origin.send(ok("whole."));
    browser.take_until("whole.");
    browser.send(get("/a"));
    origin.take_until("\r\n\r\n");
  }
  EXPECT_EQ(mirror_->dropped(), 101U - 64U);
}

TEST_F(MirrorTest, AClientThatBreaksOffItsBodyBreaksOffTheCopy) {
  add_mirrored(second_.url());
  Peer browser = client();
  Peer origin = forward(browser, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhal");
  Peer mirror = second_.accept();
  mirror.take_until("hal");
  browser.reset();
  mirror.take_to_end();
  EXPECT_EQ(copies() + failures() + mirror_->dropped(), 0U);
}

TEST_F(MirrorTest, GetsAShareOfTheRequests) {
  add_mirrored(second_.url(), 25);
  second_.close();
  Peer browser = client();
  Peer origin = forward(browser, get("/a"));
  for (int i = 0; i < 399; ++i) {
    origin.send(ok("whole."));
    browser.take_until("whole.");
    browser.send(get("/a"));
    origin.take_until("\r\n\r\n");
  }
  EXPECT_TRUE(until([&] { return service_->busy_origin_connections() == 1; }));
  EXPECT_NEAR(static_cast<double>(failures()), 100, 30);
}

TEST_F(MirrorTest, GetsNoRequestForAnUpgrade) {
  add_mirrored(second_.url());
  Peer browser = client();
  Peer origin = forward(browser, get("/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  origin.send("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  browser.take_until("\r\n\r\n");
  turns();
  EXPECT_FALSE(second_.has_connection());
}

TEST_F(MirrorTest, CopiesUnderWayEndWithTheService) {
  add_mirrored(second_.url());
  Peer browser = client();
  serve(browser, get("/a"));
  Peer mirror = second_.accept();
  mirror.take_until("\r\n\r\n");
  stop();
  mirror.take_to_end();
}

TEST_F(MirrorTest, ARouteMayChangeMeanwhile) {
  add_mirrored(second_.url());
  Peer browser = client();
  serve(browser, get("/a"));
  Peer mirror = second_.accept();
  remove_route("/a");
  mirror.take_until("\r\n\r\n");
  mirror.send(ok("late"));
  EXPECT_TRUE(until([&] { return copies() == 1; }));
}

TEST(MirrorSpecTest, IsRefusedWithItsField) {
  route::RoutePart part{};
  const auto alone =
      route::make_route("/a", "http://a", std::make_shared<route::Counters>(1), part).value();
  for (const auto& [spec, message] : std::vector<std::pair<route::MirrorSpec, std::string>>{
           {{"10.1.1.1:80", 100}, "mirror.origin: must start with http:// or https://"},
           {{"", 100}, "mirror.origin: "},
           {{"http://b", -1}, "mirror.percent: must be 1 to 100"},
           {{"http://b", 101}, "mirror.percent: must be 1 to 100"}}) {
    const auto mirror = route::Mirror::create(*alone, spec, nullptr, 1);
    EXPECT_THAT(std::string(mirror.status().message()), StartsWith(message));
  }
}

}  // namespace
}  // namespace mex::proxy
