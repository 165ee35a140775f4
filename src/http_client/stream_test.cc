#include "http_client/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "http_client/scripted_server.h"
#include "http_client/testing.h"

namespace mex::http_client {
namespace {

using testing::request_to;

using Reaction = ScriptedServer::Reaction;
using Seen = ScriptedServer::Seen;
using Then = ScriptedServer::Then;

constexpr const char* kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

base::SteadyTime in(std::chrono::milliseconds time) {
  return base::system_clock().steady_now() + time;
}

absl::StatusOr<std::string> read(Stream& stream) {
  return stream.read({in(std::chrono::minutes(1))});
}

TEST(StreamTest, BytesAreThereBeforeTheAnswerEnds) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = std::string(kChunkedHead) + "5\r\nhello\r\n", .then = Then::Hang};
  });
  Client client({});
  const auto stream = client.open(request_to(server.url("/")));
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ((*stream)->head().status, 200);
  EXPECT_EQ((*stream)->head().header("transfer-encoding"), "chunked");
  EXPECT_EQ(*read(**stream), "hello");
  // Nothing more comes: the deadline ends this call, not the stream.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ((*stream)->read({in(std::chrono::milliseconds(1))}).status().code(),
              absl::StatusCode::kDeadlineExceeded);
  }
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ((*stream)->read({in(std::chrono::minutes(1)), stop.get_token()}).status().code(),
            absl::StatusCode::kCancelled);
}

TEST(StreamTest, TheEndIsAnEmptyReadAndStaysSo) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = http_answer(404, "gone")}; });
  Client client({});
  const auto stream = client.open(request_to(server.url("/")));
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ((*stream)->head().status, 404);
  EXPECT_EQ(*read(**stream), "gone");
  EXPECT_EQ(*read(**stream), "");
  EXPECT_EQ(*read(**stream), "");
}

TEST(StreamTest, AnAnswerCutShortIsNotAnEnd) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = std::string(kChunkedHead) + "5\r\nhel", .then = Then::Close};
  });
  Client client({});
  const auto stream = client.open(request_to(server.url("/")));
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ(*read(**stream), "hel");
  EXPECT_EQ(read(**stream).status().code(), absl::StatusCode::kUnavailable);
}

TEST(StreamTest, WithoutAHeadThereIsNoStream) {
  ScriptedServer server([](const Seen&) {
    return Reaction{.bytes = "HTTP/1.1 100 Continue\r\n\r\n", .then = Then::Close};
  });
  Client client({});
  EXPECT_EQ(client.open(request_to(server.url("/"))).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(client.open(request_to("ftp://x/")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mex::http_client
