#include "http_client/async_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stop_token>

#include "base/status.h"
#include "http_client/scripted_server.h"
#include "http_client/silent_server.h"
#include "http_client/testing.h"

namespace mex::http_client {
namespace {

using ::testing::HasSubstr;
using testing::request_to;
using Reaction = ScriptedServer::Reaction;
using Seen = ScriptedServer::Seen;
using Then = ScriptedServer::Then;
using Answer = absl::StatusOr<Response>;

class AsyncClientTest : public ::testing::Test {
 protected:
  AsyncClient& client() {
    if (client_ == nullptr) client_ = std::make_unique<AsyncClient>(capacity_);
    return *client_;
  }

  std::future<Answer> send(Request request) {
    auto promise = std::make_shared<std::promise<Answer>>();
    client().send(std::move(request), options_,
                  [promise](Answer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
  }
  Answer answer_to(Request request) { return send(std::move(request)).get(); }

  static Request short_request(std::string url) {
    Request request = request_to(std::move(url));
    request.limits.deadline = base::system_clock().steady_now() + std::chrono::milliseconds(50);
    return request;
  }

  AsyncClient::Capacity capacity_;
  std::shared_ptr<const Options> options_ = std::make_shared<const Options>();
  SilentServer silent_;
  ScriptedServer server_{[](const Seen&) { return Reaction{.bytes = http_answer(200, "ok")}; }};
  std::unique_ptr<AsyncClient> client_;
};

TEST_F(AsyncClientTest, SendsTheWholeRequestAndReadsTheWholeAnswer) {
  Request request = request_to(server_.url("/things?a=b"), "POST");
  request.headers = {{.name = "X-Auth-Token", .value = "t"}};
  request.body = "{}";
  const Answer answer = answer_to(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "ok");
  const Seen seen = server_.seen().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/things?a=b");
  EXPECT_EQ(seen.headers.at("x-auth-token"), "t");
  EXPECT_EQ(seen.body, "{}");
}

TEST_F(AsyncClientTest, FiveHundredSilentServersKeepNoAnswerWaiting) {
  std::vector<std::future<Answer>> unanswered;
  unanswered.reserve(500);
  for (int i = 0; i < 500; ++i) unanswered.push_back(send(request_to(silent_.url())));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(answer_to(request_to(server_.url("/"))).ok());
  EXPECT_EQ(client().under_way(), 500U);
  for (const auto& answer : unanswered) {
    EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  }
}

TEST_F(AsyncClientTest, AnswersFiveHundredAtOnce) {
  std::vector<std::future<Answer>> answers;
  answers.reserve(500);
  for (int i = 0; i < 500; ++i) answers.push_back(send(request_to(server_.url("/"))));
  for (auto& answer : answers) {
    const Answer value = answer.get();
    EXPECT_TRUE(value.ok()) << value.status();
  }
  EXPECT_EQ(server_.seen().size(), 500U);
  EXPECT_EQ(client().under_way(), 0U);
}

TEST_F(AsyncClientTest, ConnectionsAreKeptForLaterRequests) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(answer_to(request_to(server_.url("/"))).ok());
  for (const Seen& seen : server_.seen()) EXPECT_EQ(seen.connection, 1);
}

TEST_F(AsyncClientTest, AConnectionIsNotUsedWithOtherOptions) {
  EXPECT_TRUE(answer_to(request_to(server_.url("/"))).ok());
  Options elsewhere;
  ScriptedServer other([](const Seen&) { return Reaction{.bytes = http_answer(200, "other")}; });
  elsewhere.connect_to = other.url().substr(std::string_view("http://").size());
  options_ = std::make_shared<const Options>(elsewhere);
  EXPECT_EQ(answer_to(request_to(server_.url("/")))->body, "other");
}

TEST_F(AsyncClientTest, TheDeadlineEndsAWaitForASilentServer) {
  const Answer answer = answer_to(short_request(silent_.url()));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded) << answer.status();
  EXPECT_EQ(client().under_way(), 0U);
}

TEST_F(AsyncClientTest, TheDeadlineEndsAHandshakeThatNeverEnds) {
  const Answer answer = answer_to(short_request(silent_.url("https")));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded) << answer.status();
  EXPECT_TRUE(nothing_was_sent(answer.status()));
}

TEST_F(AsyncClientTest, TheDeadlineEndsAnAnswerThatStopsHalfWay) {
  for (const std::string bytes : {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nX-Half: ",
                                  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}) {
    ScriptedServer half([&](const Seen&) { return Reaction{.bytes = bytes, .then = Then::Hang}; });
    const Answer answer = answer_to(short_request(half.url("/")));
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded) << answer.status();
  }
}

TEST_F(AsyncClientTest, ADeadlineThatHasPassedSendsNothing) {
  Request request = request_to(server_.url("/"));
  request.limits.deadline = base::system_clock().steady_now();
  const Answer answer = answer_to(request);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(nothing_was_sent(answer.status()));
  EXPECT_TRUE(server_.seen().empty());
}

TEST_F(AsyncClientTest, TheStopTokenEndsOneRequestAndNoOther) {
  std::stop_source stop;
  Request request = request_to(silent_.url());
  request.limits.stop = stop.get_token();
  auto stopped = send(request);
  auto other = send(request_to(silent_.url()));
  stop.request_stop();
  EXPECT_EQ(stopped.get().status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(other.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  EXPECT_EQ(answer_to(request).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(AsyncClientTest, AnAnswerAfterTheCancellationIsNoAnswer) {
  std::stop_source stop;
  std::promise<void> is_cancelled;
  std::atomic<int> answers = 0;
  ScriptedServer late([&](const Seen&) {
    stop.request_stop();
    is_cancelled.get_future().wait();
    return Reaction{.bytes = http_answer(200, "late")};
  });
  Request request = request_to(late.url("/"));
  request.limits.stop = stop.get_token();
  client().send(request, options_, [&](const Answer& answer) {
    ++answers;
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kCancelled);
    is_cancelled.set_value();
  });
  // The late answer is on its way before this one.
  EXPECT_TRUE(answer_to(request_to(server_.url("/"))).ok());
  while (late.seen().empty()) std::this_thread::yield();
  EXPECT_TRUE(answer_to(request_to(server_.url("/"))).ok());
  client().stop();
  EXPECT_EQ(answers, 1);
}

TEST_F(AsyncClientTest, ALostConnectionIsUnavailable) {
  ScriptedServer closes([](const Seen&) { return Reaction{.bytes = "", .then = Then::Close}; });
  const Answer answer = answer_to(request_to(closes.url("/"), "POST"));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(nothing_was_sent(answer.status()));
}

TEST_F(AsyncClientTest, AChangeIsNotRepeatedWhenAKeptConnectionBreaks) {
  ScriptedServer breaks([](const Seen& seen) {
    if (seen.method == "GET") return Reaction{.bytes = http_answer(200, "")};
    return Reaction{.bytes = "", .then = Then::Close};
  });
  ASSERT_TRUE(answer_to(request_to(breaks.url("/"))).ok());
  EXPECT_FALSE(answer_to(request_to(breaks.url("/"), "DELETE")).ok());
  EXPECT_EQ(breaks.count("DELETE"), 1U);
}

TEST_F(AsyncClientTest, ARefusedConnectionIsNamed) {
  const std::string url = ScriptedServer([](const Seen&) { return Reaction{}; }).url("/");
  const Answer answer = answer_to(request_to(url));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(base::message_of(answer.status()), HasSubstr("Connection refused"));
  EXPECT_TRUE(nothing_was_sent(answer.status()));
}

TEST_F(AsyncClientTest, WhatCannotBeSentIsRefusedAndTheNextIsSent) {
  EXPECT_EQ(answer_to(request_to("ftp://127.0.0.1/")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(answer_to(request_to(server_.url("/"), "GET /")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(answer_to(request_to(server_.url("/"))).ok());
}

TEST_F(AsyncClientTest, ALongHeaderIsReadAndOneWithoutEndIsNot) {
  std::size_t length = 10'000;
  ScriptedServer server([&](const Seen&) {
    return Reaction{.bytes = http_answer(200, "", "X-Long: " + std::string(length, 'x') + "\r\n")};
  });
  EXPECT_EQ(answer_to(request_to(server.url("/")))->header("x-long").size(), length);
  length = std::size_t{1} << 20U;
  EXPECT_FALSE(answer_to(request_to(server.url("/"))).ok());
}

TEST_F(AsyncClientTest, AnAnswerOverItsLimitIsGivenUp) {
  ScriptedServer server([](const Seen&) {
    return Reaction{
        .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + std::string(100'000, 'x'),
        .then = Then::Hang};
  });
  Request request = request_to(server.url("/"));
  request.max_response_bytes = 1000;
  EXPECT_EQ(answer_to(request).status().code(), absl::StatusCode::kResourceExhausted);
}

// However many they are, those who send little are answered.
TEST_F(AsyncClientTest, WhoSendsTooMuchIsGivenUpAndNoOther) {
  capacity_.buffered_bytes = 100'000;
  std::size_t length = 1'000;
  ScriptedServer server([&](const Seen&) {
    return Reaction{
        .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + std::string(length, 'x'),
        .then = Then::Hang};
  });
  auto small = send(request_to(server.url("/")));
  while (server.seen().empty()) std::this_thread::yield();
  length = 90'000;
  auto large = send(request_to(server.url("/")));
  while (server.seen().size() < 2) std::this_thread::yield();
  length = 95'000;
  const Answer largest = answer_to(request_to(server.url("/")));
  EXPECT_EQ(largest.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(base::message_of(largest.status()), HasSubstr("all answers together"));
  EXPECT_EQ(small.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  EXPECT_EQ(large.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
}

TEST_F(AsyncClientTest, NoMoreRequestsAreUnderWayThanAllowed) {
  capacity_.transfers = 2;
  std::stop_source stop;
  Request request = request_to(silent_.url());
  request.limits.stop = stop.get_token();
  auto first = send(request);
  auto second = send(request);
  const Answer third = answer_to(request_to(server_.url("/")));
  EXPECT_EQ(third.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(nothing_was_sent(third.status()));
  stop.request_stop();
  EXPECT_FALSE(first.get().ok());
  EXPECT_FALSE(second.get().ok());
  EXPECT_TRUE(answer_to(request_to(server_.url("/"))).ok());
}

TEST_F(AsyncClientTest, TheNextRequestMayBeSentFromAnAnswer) {
  std::promise<Answer> last;
  client().send(request_to(server_.url("/1")), options_, [&](const Answer& answer) {
    EXPECT_TRUE(answer.ok());
    client().send(request_to(server_.url("/2")), options_,
                  [&](const Answer& second) { last.set_value(second); });
  });
  EXPECT_TRUE(last.get_future().get().ok());
  EXPECT_EQ(server_.seen().back().target, "/2");
}

TEST_F(AsyncClientTest, StopGivesUpWhatIsUnderWayAndReleasesWhatItHolds) {
  const auto held = std::make_shared<int>(0);
  for (int i = 0; i < 10; ++i) {
    client().send(request_to(silent_.url()), options_,
                  [held](const Answer&) { ADD_FAILURE() << "answered"; });
  }
  client().stop();
  EXPECT_EQ(held.use_count(), 1);
  client().send(request_to(server_.url("/")), options_,
                [held](const Answer&) { ADD_FAILURE() << "answered"; });
  client().stop();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_TRUE(server_.seen().empty());
}

}  // namespace
}  // namespace mex::http_client
