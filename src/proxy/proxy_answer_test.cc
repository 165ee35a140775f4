// What a client gets to see of an origin: its failures by an id, its paths as those of the route.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "base/log.h"
#include "proxy/request_id.h"
#include "proxy/service_fixture.h"

namespace mex::proxy {
namespace {

using std::chrono::seconds;
using ::testing::EndsWith;
using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ok;
using testing::Peer;
using testing::ScriptedOrigin;
using testing::ServiceFixture;
using ::testing::StartsWith;

class ProxyAnswerTest : public ServiceFixture {};

// What the log gets while `action` runs.
std::string logged(const std::function<void()>& action) {
  ::testing::internal::CaptureStderr();
  action();
  log::flush(std::chrono::minutes(5));
  return ::testing::internal::GetCapturedStderr();
}

TEST_F(ProxyAnswerTest, ADeadOriginsAddressIsForTheLogAndNotForTheInternet) {
  ScriptedOrigin gone(*loop_);
  add_route("/gone", gone.url());
  gone.close();
  std::string answer;
  const std::string line = logged([&] {
    Peer browser = client();
    browser.send(get("/gone", "Connection: close\r\n"));
    answer = browser.take_to_end();
  });
  EXPECT_THAT(answer, Not(HasSubstr(gone.address().ip_text())));
  EXPECT_THAT(answer, Not(HasSubstr(std::to_string(gone.address().port()))));
  const std::size_t at = answer.find("\r\nX-Request-ID: ") + 16;
  const std::string id = answer.substr(at, answer.find('\r', at) - at);
  ASSERT_TRUE(is_request_id(id)) << answer;
  EXPECT_THAT(answer, EndsWith("\r\n\r\nrequest " + id + ": the origin cannot be connected to\n"));
  EXPECT_THAT(line, HasSubstr("origin failed request_id=" + id + " status=502 method=GET"));
  EXPECT_THAT(line,
              HasSubstr("origin " + gone.url() + " cannot be connected to: Connection refused"));
}

TEST_F(ProxyAnswerTest, AClientsOwnRequestIdIsUsedIfALogCanTakeIt) {
  ScriptedOrigin gone(*loop_);
  add_route("/gone", gone.url());
  gone.close();
  Peer browser = client();
  browser.send(get("/gone", "X-Request-ID: my-own.17\r\n"));
  EXPECT_THAT(browser.take_until("cannot be connected to\n"),
              HasSubstr("\r\nX-Request-ID: my-own.17\r\n"));
  browser.send(get("/gone", "X-Request-ID: <script>\r\n"));
  EXPECT_THAT(browser.take_until("cannot be connected to\n"), Not(HasSubstr("<script>")));
}

TEST_F(ProxyAnswerTest, AnAnswerThatIsCutIsLogged) {
  add_route("/a", origin_.url());
  Peer browser = client();
  const std::string line = logged([&] {
    Peer origin = forward(browser, get("/a", "X-Request-ID: 18\r\n"));
    origin.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    browser.take_until("he");
    origin.close();
    browser.take_to_end();
  });
  EXPECT_THAT(line, HasSubstr("origin failed request_id=18 status=200"));
  EXPECT_THAT(line, HasSubstr(origin_.url() + " closed the connection"));
}

TEST_F(ProxyAnswerTest, TwentyThousandFailuresAreFewLines) {
  ScriptedOrigin gone(*loop_);
  add_route("/gone", gone.url());
  gone.close();
  Peer browser = client();
  const auto ask = [&](int times) {
    for (int i = 0; i < times; ++i) {
      browser.send(get("/gone"));
      browser.take_until("cannot be connected to\n");
    }
  };
  const std::string first = logged([&] { ask(200); });
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 20);
  clock_.advance(seconds(1));
  EXPECT_THAT(logged([&] { ask(1); }), HasSubstr("unlogged_before=180"));
}

TEST_F(ProxyAnswerTest, AnOriginsRedirectsAndCookiesLeadBackThroughItsRoute) {
  add_route("/mq", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, get("/mq/a"));
  origin.send("HTTP/1.1 302 Found\r\nDate: D\r\nLocation: " + origin_.url("/login?a=1") +
              "\r\nContent-Location: /a.en\r\nRefresh: 5; url=/next\r\nX-Other: /x\r\n"
              "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nSet-Cookie: c=3; path=/c\r\n"
              "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(browser.take_until("\r\n\r\n"),
            "HTTP/1.1 302 Found\r\nDate: D\r\nLocation: /mq/login?a=1\r\n"
            "Content-Location: /mq/a.en\r\nRefresh: 5; url=/mq/next\r\nX-Other: /x\r\n"
            "Set-Cookie: a=1; Path=/mq\r\nSet-Cookie: b=2\r\nSet-Cookie: c=3; path=/mq/c\r\n"
            "Content-Length: 0\r\n\r\n");
  browser.send(get("/mq/b"));
  origin.take_until("\r\n\r\n");
  origin.send(
      "HTTP/1.1 302 Found\r\nDate: D\r\nLocation: http://edge.example/x\r\n"
      "Set-Cookie: a=1; Path=/mq\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(browser.take_until("\r\n\r\n"),
            "HTTP/1.1 302 Found\r\nDate: D\r\nLocation: /mq/x\r\nSet-Cookie: a=1; Path=/mq\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST_F(ProxyAnswerTest, EmptySegmentsArriveAsTheyWereSent) {
  add_route("/mq", origin_.url());
  add_route("/mq/admin", "http://127.0.0.1:9");
  Peer browser = client();
  Peer origin = forward(browser, get("/mq/a//b///c//?q=//"));
  EXPECT_THAT(head_, StartsWith("GET /a//b///c//?q=// HTTP/1.1\r\n"));
  origin.send(ok("one"));
  browser.take_until("one");
  for (const char* path : {"//mq//admin", "/mq//admin/x", "/mq/./admin", "/mq//x/../admin"}) {
    browser.send(get(path));
    EXPECT_THAT(browser.take_until("cannot be connected to\n"), StartsWith("HTTP/1.1 502 "))
        << path;
  }
  browser.send(get("/mq//..//x"));
  EXPECT_THAT(browser.take_until("page not found\n"), StartsWith("HTTP/1.1 404 "));
  browser.send(get("/mq/%2f/x"));
  EXPECT_THAT(origin.take_until("\r\n\r\n"), StartsWith("GET /%2F/x HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace mex::proxy
