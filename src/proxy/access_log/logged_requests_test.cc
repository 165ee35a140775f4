// What the access log says of each kind of request, on its whole way through the proxy.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/record_json.h"
#include "base/temporary_directory.h"
#include "proxy/access_log/access_log.h"
#include "proxy/service_fixture.h"
#include "server/http2/testing.h"
#include "tls/testing.h"

namespace mex::proxy {
namespace {

using json = base::Json;
using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ok;
using testing::Peer;

class LoggedRequestsTest : public testing::ServiceFixture {
 protected:
  LoggedRequestsTest() { context_.access_log = log_.get(); }
  ~LoggedRequestsTest() override { stop(); }

  // Everything that was logged, in order; ends the proxy.
  std::vector<json> logged() {
    stop();
    log_.reset();
    std::vector<json> lines;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
    return lines;
  }
  json logged_one() {
    const std::vector<json> lines = logged();
    EXPECT_EQ(lines.size(), 1U);
    return lines.empty() ? json() : lines.front();
  }
  std::string answer_to(const std::string& request) {
    Peer browser = client();
    browser.send(request);
    return browser.take_until("\r\n\r\n");
  }
  // The server has noticed that its client is gone.
  void leave(Peer browser) {
    browser.reset();
    EXPECT_TRUE(net::testing::run_until(*loop_, [&] { return server_->connections() == 0; }));
  }

  const base::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/access.log";
  std::unique_ptr<AccessLog> log_ = std::make_unique<AccessLog>(path_, 1);
};

TEST_F(LoggedRequestsTest, ARequestThatIsAnsweredByItsOrigin) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser,
                        "POST /a/b?secret HTTP/1.1\r\nHost: edge.example\r\nUser-Agent: curl\r\n"
                        "X-Request-ID: mine-1\r\nAuthorization: secret\r\nCookie: secret\r\n"
                        "Content-Length: 4\r\n\r\nbody");
  origin.take_until("body");
  origin.send(ok("hello"));
  browser.take_until("hello");
  const json line = logged_one();
  EXPECT_EQ(line["client"], "127.0.0.1");
  EXPECT_TRUE(line["client_port"].is_number());
  EXPECT_EQ(line["request_id"], "mine-1");
  EXPECT_EQ(line["protocol"], "HTTP/1.1");
  EXPECT_EQ(line["method"], "POST");
  EXPECT_EQ(line["host"], "edge.example");
  EXPECT_EQ(line["path"], "/a/b");
  EXPECT_EQ(line["route"], "/a");
  EXPECT_EQ(line["origin"], origin_.url());
  EXPECT_EQ(line["status"], 200);
  EXPECT_EQ(line["bytes_in"], 4);
  EXPECT_EQ(line["bytes_out"], 5);
  EXPECT_EQ(line["user_agent"], "curl");
  EXPECT_LE(line["connect_ms"].get<double>(), line["first_byte_ms"].get<double>());
  EXPECT_LE(line["first_byte_ms"].get<double>(), line["total_ms"].get<double>());
  EXPECT_THAT(line.dump(), Not(HasSubstr("secret")));
  EXPECT_FALSE(line.contains("error"));
  EXPECT_FALSE(line.contains("trace_id"));
}

TEST_F(LoggedRequestsTest, RequestsThatNoOriginAnswers) {
  start();
  add_route("/a", "http://127.0.0.1:1");
  answer_to(get("/none"));
  answer_to(get("/a?x"));
  answer_to(get("/%2e%2e/%00"));
  const std::vector<json> lines = logged();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0]["status"], 404);
  EXPECT_EQ(lines[0]["error"], "no_route");
  EXPECT_EQ(lines[0]["bytes_out"], std::string("404 page not found\n").size());
  EXPECT_FALSE(lines[0].contains("route"));
  EXPECT_EQ(lines[1]["status"], 502);
  EXPECT_EQ(lines[1]["error"], "connect_failed");
  EXPECT_EQ(lines[1]["route"], "/a");
  EXPECT_EQ(lines[2]["status"], 400);
}

TEST_F(LoggedRequestsTest, TheIdOfAnErrorAnswerIsThatOfItsLine) {
  add_route("/a", "http://127.0.0.1:1");
  const std::string head = answer_to(get("/a"));
  const std::string id = logged_one()["request_id"];
  EXPECT_THAT(head, HasSubstr("X-Request-ID: " + id + "\r\n"));
}

TEST_F(LoggedRequestsTest, RequestsThatCannotBeParsed) {
  answer_to("GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  const json line = logged_one();
  EXPECT_EQ(line["status"], 400);
  EXPECT_EQ(line["error"], "refused");
  EXPECT_FALSE(line["reason"].get<std::string>().empty());
  EXPECT_EQ(line["client"], "127.0.0.1");
}

TEST_F(LoggedRequestsTest, AHeadThatNeverEnds) {
  Peer browser = client();
  browser.send("GET / HTTP/1.1\r\n");
  turns();
  pass(server_options_.head_timeout + std::chrono::seconds(1));
  browser.take_until("\r\n\r\n");
  EXPECT_EQ(logged_one()["status"], 408);
}

TEST_F(LoggedRequestsTest, ABodyThatIsMalformed) {
  add_route("/a", origin_.url());
  Peer browser = client();
  browser.send("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_THAT(browser.take_until("\r\n\r\n"), HasSubstr(" 400 "));
  const json line = logged_one();
  EXPECT_EQ(line["status"], 400);
  EXPECT_EQ(line["error"], "client_fault");
}

TEST_F(LoggedRequestsTest, AClientThatLeaves) {
  add_route("/a", origin_.url());
  Peer browser = client();
  const Peer origin = forward(browser, get("/a"));
  leave(std::move(browser));
  const json line = logged_one();
  EXPECT_EQ(line["status"], 499);
  EXPECT_EQ(line["error"], "client_closed");
}

TEST_F(LoggedRequestsTest, AnAnswerThatIsCutShort) {
  add_route("/a", origin_.url());
  Peer browser = client();
  {
    Peer origin = forward(browser, get("/a"));
    origin.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    browser.take_until("half");
    origin.close();
  }
  browser.take_to_end();
  const json line = logged_one();
  EXPECT_EQ(line["status"], 200);
  EXPECT_EQ(line["error"], "closed_early");
  EXPECT_EQ(line["bytes_out"], 4);
}

TEST_F(LoggedRequestsTest, ARequestThatIsSentTwice) {
  add_route("/a", origin_.url());
  Peer browser = client();
  {
    Peer origin = forward(browser, get("/a"));
    origin.send(ok("hello"));
    browser.take_until("hello");
    browser.send(get("/a"));
    origin.take_until("\r\n\r\n");
    origin.close();
  }
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  origin.send(ok("again"));
  browser.take_until("again");
  const std::vector<json> lines = logged();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_FALSE(lines[0].contains("retries"));
  EXPECT_EQ(lines[1]["retries"], 1);
  EXPECT_NE(lines[0]["request_id"], lines[1]["request_id"]);
}

TEST_F(LoggedRequestsTest, AWebSocketIsLoggedAtItsEnd) {
  add_route("/a", origin_.url());
  Peer browser = client();
  Peer origin = forward(browser, get("/a", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  origin.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  browser.take_until("\r\n\r\n");
  browser.send("12345");
  origin.take_until("12345");
  origin.send("123");
  browser.take_until("123");
  leave(std::move(browser));
  const json line = logged_one();
  EXPECT_EQ(line["status"], 101);
  EXPECT_EQ(line["bytes_in"], 5);
  EXPECT_EQ(line["bytes_out"], 3);
}

TEST_F(LoggedRequestsTest, RedirectsAndFixedAnswers) {
  route::ActionSpec action;
  action.answer = route::AnswerSpec{403, "closed\n", "text/plain"};
  route::Rule rule{{}, route::PathPattern::parse("/closed").value(), {}};
  add_route(route::make_route(std::move(rule), route::Action::create(action).value(), "",
                              std::make_shared<route::Counters>(1, "closed"))
                .value());
  answer_to(get("/closed"));
  const json line = logged_one();
  EXPECT_EQ(line["status"], 403);
  EXPECT_EQ(line["route"], "closed");
  EXPECT_EQ(line["bytes_out"], 7);
}

TEST_F(LoggedRequestsTest, StreamsOfHttp2) {
  namespace h2 = server::http2::testing;
  server_options_.http2.prior_knowledge = true;
  add_route("/a", origin_.url());
  Peer browser = client();
  browser.send(std::string(http::kHttp2Preface) + h2::settings({}) +
               h2::headers(1, h2::request("GET", "/none", {})) +
               h2::headers(3, h2::request("GET", "/a/b", {{"user-agent", "h2"}})) +
               h2::headers(5, h2::request("GET", "/a", {{"connection", "close"}})));
  Peer origin = origin_.accept();
  origin.take_until("\r\n\r\n");
  origin.send(ok("hello"));
  browser.take_until("hello");
  const std::vector<json> lines = logged();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0]["status"], 404);
  EXPECT_EQ(lines[0]["protocol"], "HTTP/2");
  EXPECT_EQ(lines[1]["status"], 400);
  EXPECT_EQ(lines[1]["error"], "refused");
  EXPECT_EQ(lines[2]["status"], 200);
  EXPECT_EQ(lines[2]["bytes_out"], 5);
  EXPECT_EQ(lines[2]["user_agent"], "h2");
}

TEST_F(LoggedRequestsTest, ConnectionsThatArePassedThrough) {
  constexpr const char* kName = "test-1.tenant-1.edge.example";
  tls_ = *tls::ServerContext::create({tls::testing::certificate_of(tls::testing::make_pem_pair())},
                                     std::make_shared<tls::TicketKeys>(), buffers_);
  start();
  service_->passthrough().use(
      std::make_shared<const PassthroughTable>(PassthroughTable{{kName, {origin_.address()}}}));
  const std::string hello = tls::testing::client_hello_bytes(kName);
  Peer browser = client();
  browser.send(hello);
  Peer origin = origin_.accept();
  origin.take_until(hello);
  origin.send("certificate");
  browser.take_until("certificate");
  origin.close();
  browser.take_to_end();
  browser.close();
  ASSERT_TRUE(net::testing::run_until(*loop_, [&] { return server_->connections() == 0; }));
  const json line = logged_one();
  EXPECT_EQ(line["protocol"], "TLS");
  EXPECT_EQ(line["server_name"], kName);
  EXPECT_EQ(line["origin"], origin_.address().text());
  EXPECT_EQ(line["bytes_in"], hello.size());
  EXPECT_EQ(line["bytes_out"], 11);
  EXPECT_FALSE(line.contains("error"));
}

TEST_F(LoggedRequestsTest, WithoutTheLogNothingIsWritten) {
  context_.access_log = nullptr;
  start();
  answer_to(get("/none"));
  EXPECT_TRUE(logged().empty());
}

}  // namespace
}  // namespace mex::proxy
