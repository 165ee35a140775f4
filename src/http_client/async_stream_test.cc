// Answers that are handed over while they come.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stop_token>

#include "base/status.h"
#include "http_client/async_client.h"
#include "http_client/scripted_server.h"
#include "http_client/testing.h"

namespace mex::http_client {
namespace {

using testing::request_to;
using Reaction = ScriptedServer::Reaction;
using Seen = ScriptedServer::Seen;
using Then = ScriptedServer::Then;
using Answer = absl::StatusOr<Response>;

class AsyncStreamTest : public ::testing::Test {
 protected:
  // Collects what comes until there are as many bytes as it is given.
  Answer read(Request request) {
    std::promise<Answer> end;
    client_.send(
        std::move(request), options_,
        [this](std::string_view bytes) {
          got_ += bytes;
          ++pieces_;
          if (got_.size() >= enough_) stop_.request_stop();
        },
        [&end](Answer answer) { end.set_value(std::move(answer)); });
    return end.get_future().get();
  }
  Request stoppable(std::string url) {
    Request request = request_to(std::move(url));
    request.limits.stop = stop_.get_token();
    return request;
  }

  // Of the client's thread until a request has ended.
  std::string got_;
  int pieces_ = 0;
  std::size_t enough_ = SIZE_MAX;
  std::stop_source stop_;
  std::shared_ptr<const Options> options_ = std::make_shared<const Options>();
  AsyncClient client_{{}};
};

TEST_F(AsyncStreamTest, BytesAreThereBeforeTheAnswerEnds) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                    .then = Then::Hang};
  });
  enough_ = 5;
  const Answer answer = read(stoppable(server.url("/")));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(got_, "hello");
}

TEST_F(AsyncStreamTest, TheAnswerAtTheEndHasWhatWasNotHandedOver) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = http_answer(200, "whole")}; });
  const Answer answer = read(request_to(server.url("/")));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(got_, "whole");
}

TEST_F(AsyncStreamTest, ARefusalIsAnAnswerAndNoStream) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = http_answer(403, "no")}; });
  const Answer answer = read(request_to(server.url("/")));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->body, "no");
  EXPECT_EQ(pieces_, 0);
}

TEST_F(AsyncStreamTest, AnAnswerCutShortIsNotAnEnd) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                    .then = Then::Close};
  });
  EXPECT_EQ(read(request_to(server.url("/"))).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(got_, "hel");
}

TEST_F(AsyncStreamTest, NothingIsHandedOverAfterTheStop) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" +
                             std::string(1'000'000, 'x'),
                    .then = Then::Hang};
  });
  enough_ = 1;
  EXPECT_EQ(read(stoppable(server.url("/"))).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(pieces_, 1);
}

TEST_F(AsyncStreamTest, WhatIsHandedOverDoesNotCountAgainstTheLimit) {
  const std::string body(3'000'000, 'x');
  ScriptedServer server([&](const Seen&) { return Reaction{.bytes = http_answer(200, body)}; });
  Request request = request_to(server.url("/"));
  request.max_response_bytes = 2'000'000;
  const Answer answer = read(request);
  EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(got_.size(), body.size());
}

TEST_F(AsyncStreamTest, ADeadlineEndsASilentStream) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                    .then = Then::Hang};
  });
  Request request = request_to(server.url("/"));
  request.limits.deadline = base::system_clock().steady_now() + std::chrono::milliseconds(50);
  EXPECT_EQ(read(request).status().code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace mex::http_client
