#include "http_client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <future>
#include <thread>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "http_client/scripted_server.h"
#include "http_client/testing.h"

namespace mex::http_client {
namespace {

using ::testing::HasSubstr;
using testing::request_to;
using Reaction = ScriptedServer::Reaction;
using Seen = ScriptedServer::Seen;
using Then = ScriptedServer::Then;

// A port of this machine on which nothing listens.
std::string refused_url() {
  return ScriptedServer([](const Seen&) { return Reaction{}; }).url("/");
}

TEST(ClientTest, SendsTheWholeRequestAndReadsTheWholeAnswer) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = http_answer(201, "made", "X-One: 1\r\nX-Empty:\r\n")};
  });
  Client client({});
  Request request = request_to(server.url("/things?a=b"), "POST");
  request.headers = {{.name = "Content-Type", .value = "application/json"},
                     {.name = "X-Auth-Token", .value = "t"},
                     {.name = "X-Blank", .value = ""}};
  request.body = std::string("{\"a\":\0}", 7);
  const auto response = client.send(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "made");
  EXPECT_EQ(response->header("x-one"), "1");
  EXPECT_EQ(response->header("X-EMPTY"), "");
  EXPECT_EQ(response->header("absent"), "");
  const Seen seen = server.seen().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/things?a=b");
  EXPECT_EQ(seen.body, request.body);
  EXPECT_EQ(seen.headers.at("content-type"), "application/json");
  EXPECT_EQ(seen.headers.at("x-auth-token"), "t");
}

TEST(ClientTest, SendsNothingThatTheCallerDidNotAskFor) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = http_answer(200, "")}; });
  Client client({});
  Request request = request_to(server.url("/"), "PUT");
  request.body.assign(std::size_t{2} << 20U, 'x');  // curl would add Expect above 1 MiB
  ASSERT_TRUE(client.send(request).ok());
  const Seen seen = server.seen().at(0);
  EXPECT_EQ(seen.headers.count("content-type"), 0U);
  EXPECT_EQ(seen.headers.count("expect"), 0U);
  EXPECT_EQ(seen.body.size(), request.body.size());
}

TEST(ClientTest, AnErrorOfHttpIsAnAnswer) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = http_answer(503, "busy")}; });
  Client client({});
  const auto response = client.send(request_to(server.url("/")));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "busy");
}

TEST(ClientTest, DoesNotFollowRedirects) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = http_answer(302, "", "Location: /elsewhere\r\n")};
  });
  Client client({});
  EXPECT_EQ(client.send(request_to(server.url("/")))->status, 302);
  EXPECT_EQ(server.seen().size(), 1U);
}

TEST(ClientTest, HeadersOfAnInterimAnswerDoNotCount) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = "HTTP/1.1 100 Continue\r\nX-Interim: yes\r\n\r\n" +
                             http_answer(200, "ok", "X-Final: yes\r\n")};
  });
  Client client({});
  const auto response = client.send(request_to(server.url("/"), "POST"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->header("x-interim"), "");
  EXPECT_EQ(response->header("x-final"), "yes");
}

TEST(ClientTest, ConnectionsAreKeptForTheCallsOfOtherThreads) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = http_answer(200, "")}; });
  Client client({});
  for (int i = 0; i < 3; ++i) {
    std::thread([&] { EXPECT_TRUE(client.send(request_to(server.url("/"))).ok()); }).join();
  }
  for (const Seen& seen : server.seen()) EXPECT_EQ(seen.connection, 1);
  EXPECT_EQ(server.seen().size(), 3U);
}

TEST(ClientTest, KeepsNoMoreIdleConnectionsThanAllowed) {
  ScriptedServer first([](const Seen&) { return Reaction{.bytes = http_answer(200, "")}; });
  ScriptedServer second([](const Seen&) { return Reaction{.bytes = http_answer(200, "")}; });
  Options options;
  options.max_idle_channels = 1;
  Client client(options);
  ASSERT_TRUE(client.send(request_to(first.url("/"))).ok());
  ASSERT_TRUE(client.send(request_to(second.url("/"))).ok());
  ASSERT_TRUE(client.send(request_to(first.url("/"))).ok());
  EXPECT_EQ(first.seen().back().connection, 2);
}

TEST(ClientTest, RefusedConnection) {
  Client client({});
  const auto response = client.send(request_to(refused_url(), "POST"));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(base::message_of(response.status()), HasSubstr("http://127.0.0.1:"));
  EXPECT_THAT(base::message_of(response.status()), HasSubstr("Connection refused"));
  EXPECT_TRUE(nothing_was_sent(response.status()));
}

TEST(ClientTest, UnknownName) {
  Client client({});
  // A label of over 63 octets cannot exist (RFC 1035 section 2.3.4), so no server is asked.
  const auto response = client.send(request_to("http://" + std::string(70, 'a') + ".example/"));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(base::message_of(response.status()), HasSubstr("resolve"));
  EXPECT_TRUE(nothing_was_sent(response.status()));
}

TEST(ClientTest, BadUrlsMethodsAndHeadersAreRefusedBeforeAnythingIsSent) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = http_answer(200, "")}; });
  Client client({});
  std::vector<Request> bad = {request_to("ftp://127.0.0.1/x"), request_to("http://"),
                              request_to(server.url("/"), "GET /x HTTP/1.1\r\nX:"),
                              request_to(server.url("/"), "")};
  bad.push_back(request_to(server.url("/")));
  bad.back().headers = {{.name = "X-A", .value = "1\r\nX-B: 2"}};
  bad.push_back(request_to(server.url("/")));
  bad.back().headers = {{.name = "X A", .value = "1"}};
  for (const Request& request : bad) {
    const auto response = client.send(request);
    EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument) << request.url;
    EXPECT_TRUE(nothing_was_sent(response.status()));
  }
  EXPECT_TRUE(server.seen().empty());
}

TEST(ClientTest, TheDeadlineEndsAWaitForAnAnswer) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = "", .then = Then::Hang}; });
  Client client({});
  Request request = request_to(server.url("/"), "POST");
  absl::Status status;
  // On a busy machine a short deadline may pass before anything is sent.
  for (std::chrono::milliseconds time(50); time < std::chrono::minutes(5); time *= 2) {
    request.limits.deadline = base::system_clock().steady_now() + time;
    status = client.send(request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
    if (!nothing_was_sent(status)) break;
  }
  EXPECT_FALSE(nothing_was_sent(status));
}

TEST(ClientTest, ADeadlineThatHasPassedSendsNothing) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = http_answer(200, "")}; });
  Client client({});
  Request request = request_to(server.url("/"));
  request.limits.deadline = base::system_clock().steady_now();
  const auto response = client.send(request);
  EXPECT_EQ(response.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(nothing_was_sent(response.status()));
  EXPECT_TRUE(server.seen().empty());
}

TEST(ClientTest, TheStopTokenEndsAWaitForAnAnswer) {
  std::promise<void> arrived;
  ScriptedServer server([&](const Seen&) {
    arrived.set_value();
    return Reaction{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                    .then = Then::Hang};
  });
  Client client({});
  std::stop_source stop;
  Request request = request_to(server.url("/"));
  request.limits.stop = stop.get_token();
  auto response = std::async(std::launch::async, [&] { return client.send(request); });
  arrived.get_future().wait();
  stop.request_stop();
  EXPECT_EQ(response.get().status().code(), absl::StatusCode::kCancelled);
}

TEST(ClientTest, AStoppedCallSendsNothing) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = http_answer(200, "")}; });
  Client client({});
  std::stop_source stop;
  stop.request_stop();
  Request request = request_to(server.url("/"));
  request.limits.stop = stop.get_token();
  const auto response = client.send(request);
  EXPECT_EQ(response.status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(nothing_was_sent(response.status()));
}

TEST(ClientTest, ALostAnswerMayHaveBeenActedOn) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = "", .then = Then::Close}; });
  Client client({});
  const auto response = client.send(request_to(server.url("/"), "POST"));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(nothing_was_sent(response.status()));
}

// Left alone, libcurl repeats any request whose kept connection closes without an answer.
TEST(ClientTest, AChangeIsNotRepeatedWhenAKeptConnectionBreaks) {
  ScriptedServer server([](const Seen& seen) {
    if (seen.method == "GET") return Reaction{.bytes = http_answer(200, "")};
    return Reaction{.bytes = "", .then = Then::Close};
  });
  Client client({});
  ASSERT_TRUE(client.send(request_to(server.url("/"))).ok());
  for (const std::string method : {"POST", "PATCH", "PUT", "DELETE"}) {
    Request request = request_to(server.url("/"), method);
    request.body = "{}";
    const auto response = client.send(request);
    EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(base::message_of(response.status()), HasSubstr("without an answer"));
    EXPECT_FALSE(nothing_was_sent(response.status()));
    EXPECT_EQ(server.count(method), 1U);
    ASSERT_TRUE(client.send(request_to(server.url("/"))).ok());
  }
}

TEST(ClientTest, AGetIsRepeatedWhenAKeptConnectionBreaks) {
  ScriptedServer server([](const Seen& seen) {
    if (seen.target == "/breaks" && seen.connection == 1)
      return Reaction{.bytes = "", .then = Then::Close};
    return Reaction{.bytes = http_answer(200, "")};
  });
  Client client({});
  ASSERT_TRUE(client.send(request_to(server.url("/"))).ok());
  EXPECT_TRUE(client.send(request_to(server.url("/breaks"))).ok());
  EXPECT_EQ(server.count("GET", "/breaks"), 2U);
}

TEST(ClientTest, GarbageIsNotAnAnswer) {
  for (const std::string bytes : {"\x16\x03\x01 not http at all\r\n\r\n", "HTTP/1.1\r\n\r\n",
                                  "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    ScriptedServer server(
        [&](const Seen&) { return Reaction{.bytes = bytes, .then = Then::Close}; });
    Client client({});
    const auto response = client.send(request_to(server.url("/"), "POST"));
    EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable) << bytes;
    EXPECT_FALSE(nothing_was_sent(response.status()));
  }
}

TEST(ClientTest, AnAnswerOfTheLongestAllowedLengthIsTakenAndNotOneByteMore) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = http_answer(200, std::string(100'000, 'x')), .then = Then::Close};
  });
  Client client({});
  Request request = request_to(server.url("/"));
  request.max_response_bytes = 100'000;
  EXPECT_TRUE(client.send(request).ok());
  request.max_response_bytes = 99'999;
  const auto response = client.send(request);
  EXPECT_EQ(response.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(nothing_was_sent(response.status()));
}

TEST(ClientTest, EndlessHeadersAreCutOff) {
  ScriptedServer server([](const Seen&) {
    std::string lines;
    for (int i = 0; i < 400; ++i) lines += "X-Filler: " + std::string(1000, 'x') + "\r\n";
    return Reaction{.bytes = http_answer(200, "", lines), .then = Then::Close};
  });
  Client client({});
  EXPECT_EQ(client.send(request_to(server.url("/"))).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ClientTest, TheProxyOfTheEnvironmentIsUsed) {
  ScriptedServer proxy([](const Seen&) { return Reaction{.bytes = http_answer(200, "by proxy")}; });
  Client client({});
  setenv("http_proxy", proxy.url().c_str(), 1);
  const auto response = client.send(request_to("http://cloud.invalid:5000/v3"));
  unsetenv("http_proxy");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "by proxy");
  EXPECT_EQ(proxy.count("GET", "http://cloud.invalid:5000/v3"), 1U);
}

TEST(ClientTest, ATunnelThatTheProxyRefusesHasSentNothing) {
  ScriptedServer proxy([](const Seen&) { return Reaction{.bytes = http_answer(403, "no")}; });
  Client client({});
  setenv("https_proxy", proxy.url().c_str(), 1);
  const auto response = client.send(request_to("https://cloud.invalid:5000/v3", "POST"));
  unsetenv("https_proxy");
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(nothing_was_sent(response.status()));
  EXPECT_EQ(proxy.count("CONNECT"), 1U);
}

TEST(PercentEncodeTest, KeepsOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/c?d=e&f,g%\xc3\xa9"), "a%20b%2Fc%3Fd%3De%26f%2Cg%25%C3%A9");
}

}  // namespace
}  // namespace mex::http_client
