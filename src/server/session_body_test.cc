// Bodies in both directions: streaming, back-pressure, "100 Continue", what no handler reads.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/testing.h"

namespace mex::server {
namespace {

using testing::Client;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::kGet;
using ::testing::Not;
using ::testing::StartsWith;

class SessionBodyTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    service_.answer = [this](Exchange& exchange) {
      exchange_ = &exchange;
      exchange.set_handler(recorder_);
      if (on_request_) on_request_(exchange);
    };
    start();
  }

  Exchange* exchange_ = nullptr;
  std::function<void(Exchange&)> on_request_;
};

constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: a\r\n";

std::string post(std::string_view body, std::string_view more_headers = "") {
  return std::string(kPost) + std::string(more_headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST_F(SessionBodyTest, LargeBodiesStreamThroughBoundedMemory) {
  std::size_t most = 0;
  recorder_.body_hook = [&] { most = std::max(most, buffers_.bytes_in_use()); };
  recorder_.end_hook = [&] { respond_text(*exchange_, 200, "got it"); };
  std::string body(3U << 20U, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  Client client = connect();
  client.send(post(body));
  client.receive_until("got it\n");
  EXPECT_TRUE(recorder_.body == body);
  EXPECT_LE(most, 2 * net::BufferPool::kBlockSize);
  client.send(kGet);
  EXPECT_TRUE(until([&] { return service_.requests == 2; })) << "the connection is kept";
}

TEST_F(SessionBodyTest, TheHeadStaysReadableWhileTheBodyStreams) {
  std::vector<std::string> seen;
  recorder_.end_hook = [&] {
    seen.emplace_back(exchange_->request().path);
    seen.emplace_back(exchange_->request().headers.value("X-Kept"));
    respond_text(*exchange_, 200, "done");
  };
  Client client = connect();
  const std::string body(100'000, 'b');
  client.send(
      "POST /some/path HTTP/1.1\r\nHost: a\r\nX-Kept: kept\r\nContent-Length: 100000\r\n\r\n" +
      body + std::string(kGet));
  client.receive_until("done\n");
  EXPECT_TRUE(until([&] { return service_.requests == 2; }))
      << "what came with the end of the body is the next request";
  EXPECT_THAT(seen, ElementsAre("/some/path", "kept", "/", ""));
}

TEST_F(SessionBodyTest, APausedBodyStaysInTheKernel) {
  on_request_ = [](Exchange& exchange) { exchange.pause_body(); };
  Client client = connect();
  client.send(std::string(kPost) + "Content-Length: 10000000\r\n\r\n");
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 200; ++i) {
    ::send(client.descriptor(), piece.data(), piece.size(), MSG_NOSIGNAL);
    turns(1);
  }
  EXPECT_EQ(recorder_.body, "");
  EXPECT_LE(buffers_.bytes_in_use(), 2 * net::BufferPool::kBlockSize);
  pass(std::chrono::minutes(5));
  EXPECT_TRUE(recorder_.closed.empty()) << "the client is not to blame for a pause";
  recorder_.body_hook = [&] { exchange_->pause_body(); };
  exchange_->resume_body();
  turns();
  const std::size_t first = recorder_.body.size();
  EXPECT_GT(first, 0U);
  EXPECT_LE(first, net::BufferPool::kBlockSize) << "one piece for each resume";
  exchange_->resume_body();
  turns();
  EXPECT_GT(recorder_.body.size(), first);
}

TEST_F(SessionBodyTest, ASlowReaderHoldsBackTheSource) {
  constexpr std::size_t kTotal = 20'000'000;
  on_request_ = [&](Exchange& exchange) {
    exchange.send_head(200, {}, BodyLength::exactly(kTotal));
    stream(exchange, kTotal);
  };
  recorder_.drained_hook = [&] { stream(*exchange_, kTotal); };
  Client client = connect();
  client.send(kGet);
  ASSERT_TRUE(until([&] { return exchange_ != nullptr && exchange_->output_full(); }));
  turns(20);
  EXPECT_LE(exchange_->output_pending(), options_.output_high_water + 10'000);
  EXPECT_LE(buffers_.bytes_in_use(), options_.output_high_water + 4 * net::BufferPool::kBlockSize);
  EXPECT_LT(streamed_, kTotal);
  std::size_t received = 0;
  ASSERT_TRUE(until([&] {
    client.take();
    received += client.received().size();
    client.forget_received();
    return received > kTotal;
  }));
  turns();
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Completed));
  EXPECT_GT(recorder_.drained, 1);
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

TEST_F(SessionBodyTest, ABadChunkIsAnsweredAndEndsTheExchange) {
  Client client = connect();
  client.send(std::string(kPost) + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n");
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(recorder_.body, "abc");
  EXPECT_EQ(recorder_.ends, 0);
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::ClientFault));
}

TEST_F(SessionBodyTest, ABadChunkBehindTheResponsesHeadCutsTheConnection) {
  on_request_ = [](Exchange& exchange) { exchange.send_head(200, {}, BodyLength::unknown()); };
  Client client = connect();
  client.send(std::string(kPost) + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n");
  client.receive_all();
  EXPECT_TRUE(client.was_reset());
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::ClientFault));
}

TEST_F(SessionBodyTest, ABodyThatIsCutOffIsTold) {
  Client client = connect();
  client.send(std::string(kPost) + "Content-Length: 10\r\n\r\nabc");
  ASSERT_TRUE(until([&] { return recorder_.body == "abc"; }));
  client.finish_sending();
  client.receive_all();
  EXPECT_EQ(recorder_.ends, 0);
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::ClientClosed));
}

TEST_F(SessionBodyTest, ContinueIsSentWhenTheBodyIsWanted) {
  recorder_.end_hook = [&] { respond_text(*exchange_, 200, recorder_.body); };
  Client client = connect();
  client.send(std::string(kPost) + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_THAT(client.receive_until("abc\n"), HasSubstr("HTTP/1.1 200 OK"));
}

TEST_F(SessionBodyTest, ContinueWaitsForResume) {
  on_request_ = [](Exchange& exchange) { exchange.pause_body(); };
  Client client = connect();
  client.send(std::string(kPost) + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  ASSERT_TRUE(until([&] { return exchange_ != nullptr; }));
  turns();
  client.take();
  EXPECT_EQ(client.received(), "");
  exchange_->resume_body();
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(SessionBodyTest, ContinueIsLeftOutWhenTheBodyIsThere) {
  recorder_.end_hook = [&] { respond_text(*exchange_, 200, recorder_.body); };
  Client client = connect();
  client.send(post("abc", "Expect: 100-continue\r\n"));
  EXPECT_THAT(client.receive_until("abc\n"), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(SessionBodyTest, AnAnswerInsteadOfContinueEndsTheConnection) {
  on_request_ = [](Exchange& exchange) { respond_text(exchange, 403, "no"); };
  Client client = connect();
  client.send(std::string(kPost) + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_THAT(client.receive_all(), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(client.received(), Not(HasSubstr("100 Continue")));
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Completed));
}

TEST_F(SessionBodyTest, ASmallUnreadBodyIsDiscardedAndTheConnectionKept) {
  on_request_ = [](Exchange& exchange) { respond_text(exchange, 200, "early"); };
  Client client = connect();
  client.send(std::string(kPost) + "Content-Length: 6\r\n\r\n");
  client.receive_until("early\n");
  EXPECT_TRUE(recorder_.closed.empty()) << "the request is not over yet";
  client.forget_received();
  client.send("GET / " + std::string(kGet));
  EXPECT_THAT(client.receive_until("early\n"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_EQ(recorder_.body, "") << "a handler that has answered is left alone";
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Completed, CloseReason::Completed));
}

TEST_F(SessionBodyTest, AnAnswerArrivesWhateverBecomesOfTheBodyBehindIt) {
  on_request_ = [](Exchange& exchange) { respond_text(exchange, 200, "early"); };
  Client cut_off = connect();
  cut_off.send(std::string(kPost) + "Content-Length: 6\r\n\r\nabc");
  cut_off.finish_sending();
  Client malformed = connect();
  malformed.send(std::string(kPost) + "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n");
  Client stalled = connect();
  stalled.send(std::string(kPost) + "Content-Length: 6\r\n\r\nabc");
  ASSERT_TRUE(until([&] { return service_.requests == 3; }));
  turns();
  pass(options_.body_idle_timeout + std::chrono::milliseconds(50));
  for (Client* client : {&cut_off, &malformed, &stalled}) {
    EXPECT_THAT(client->receive_all(), EndsWith("\r\n\r\nearly\n"));
    EXPECT_FALSE(client->was_reset());
  }
  EXPECT_THAT(recorder_.closed,
              ElementsAre(CloseReason::Completed, CloseReason::Completed, CloseReason::Completed));
}

TEST_F(SessionBodyTest, AnAbortBehindTheEndOfTheResponseChangesNothing) {
  on_request_ = [](Exchange& exchange) {
    respond_text(exchange, 200, "whole");
    exchange.abort();
  };
  Client client = connect();
  client.send(testing::kGetAndClose);
  EXPECT_THAT(client.receive_all(), EndsWith("whole\n"));
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Completed));
}

TEST_F(SessionBodyTest, ALargeUnreadBodyEndsTheConnectionButTheAnswerArrives) {
  on_request_ = [](Exchange& exchange) { respond_text(exchange, 413, "too much"); };
  Client client = connect();
  client.send(std::string(kPost) + "Content-Length: 1000000\r\n\r\n" + std::string(500'000, 'x'));
  EXPECT_THAT(client.receive_all(), EndsWith("too much\n"));
  EXPECT_FALSE(client.was_reset());
  EXPECT_EQ(service_.requests, 1);
}

}  // namespace
}  // namespace mex::server
