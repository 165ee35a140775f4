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
using testing::kGetAndClose;
using ::testing::Not;
using ::testing::StartsWith;

class SessionTest : public testing::ServerTest {
 protected:
  void SetUp() override { start(); }
};

TEST_F(SessionTest, AnswersWithLengthAndDate) {
  EXPECT_EQ(answer_to(kGetAndClose),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Date: Wed, 11 Feb 1970 16:00:00 GMT\r\n"
            "Content-Length: 6\r\n"
            "Connection: close\r\n\r\n"
            "hello\n");
}

TEST_F(SessionTest, KeepsTheConnectionAndNoMemoryWhileIdle) {
  Client client = connect();
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    EXPECT_THAT(client.receive_until("hello\n"), Not(HasSubstr("Connection:")));
    client.forget_received();
  }
  turns();
  EXPECT_EQ(server_->connections(), 1U);
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

TEST_F(SessionTest, AnswersPipelinedRequestsInOrder) {
  std::vector<Exchange*> waiting;
  service_.answer = [&](Exchange& exchange) {
    exchange.set_handler(recorder_);
    waiting.push_back(&exchange);
  };
  Client client = connect();
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTT");
  for (const char* path : {"/1", "/2", "/3"}) {
    ASSERT_TRUE(until([&] { return waiting.size() == 1; })) << path;
    turns();
    ASSERT_EQ(waiting.size(), 1U) << "the next request waits for the answer";
    EXPECT_EQ(waiting[0]->request().path, path);
    respond_text(*waiting[0], 200, path);
    waiting.clear();
    client.receive_until(std::string(path) + "\n");
    if (path == std::string_view("/2")) client.send("P/1.1\r\nHost: a\r\n\r\n");
  }
  EXPECT_THAT(recorder_.closed,
              ElementsAre(CloseReason::Completed, CloseReason::Completed, CloseReason::Completed));
}

TEST_F(SessionTest, ManyPipelinedRequestsAreAllAnswered) {
  Client client = connect();
  std::string requests;
  for (int i = 0; i < 3'000; ++i) requests += kGet;
  client.send(requests + std::string(kGetAndClose));
  const std::string& answers = client.receive_all();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = answers.find("hello\n", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 3'001U);
}

TEST_F(SessionTest, TakesRequestsByteByByte) {
  service_.answer = [&](Exchange& exchange) {
    exchange.set_handler(recorder_);
    recorder_.end_hook = [&] { respond_text(exchange, 200, recorder_.body); };
  };
  Client client = connect();
  const std::string_view request =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
  for (const char byte : request) client.send({&byte, 1});
  EXPECT_THAT(client.receive_all(), EndsWith("\r\n\r\nabcde\n"));
  EXPECT_EQ(recorder_.ends, 1);
}

TEST_F(SessionTest, ResponsesWithoutBodyDropWhatTheHandlerSends) {
  for (const int status : {204, 304}) {
    service_.answer = [&](Exchange& exchange) { respond(exchange, status, {}, "dropped"); };
    const std::string answer = answer_to(kGetAndClose);
    EXPECT_THAT(answer, EndsWith("\r\n\r\n")) << status;
    EXPECT_THAT(answer, Not(HasSubstr("dropped"))) << status;
    EXPECT_EQ(answer.find("Content-Length: 7") != std::string::npos, status == 304);
  }
  service_.answer = [](Exchange& exchange) { respond_text(exchange, 200, "hello"); };
  const std::string head = answer_to("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

TEST_F(SessionTest, UnknownLengthsAreChunked) {
  service_.answer = [](Exchange& exchange) {
    exchange.send_head(200, {}, BodyLength::unknown());
    exchange.send_body("hello ");
    exchange.send_body("");
    exchange.send_body("chunked world");
    exchange.end_body();
  };
  EXPECT_THAT(answer_to(kGetAndClose),
              EndsWith("\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                       "6\r\nhello \r\nd\r\nchunked world\r\n0\r\n\r\n"));
}

TEST_F(SessionTest, UnknownLengthsEndWithTheConnectionForOldClients) {
  service_.answer = [](Exchange& exchange) {
    exchange.send_head(200, {}, BodyLength::unknown());
    exchange.send_body("to the end");
    exchange.end_body();
  };
  const std::string answer = answer_to("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(answer, EndsWith("\r\nConnection: close\r\n\r\nto the end"));
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
}

TEST_F(SessionTest, OldClientsKeepTheConnectionWhenTheyAsk) {
  Client client = connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.receive_until("hello\n"), HasSubstr("Connection: keep-alive\r\n"));
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.receive_all(), EndsWith("Connection: close\r\n\r\nhello\n"));
}

TEST_F(SessionTest, InterimResponsesGoBeforeTheFinalOne) {
  service_.answer = [](Exchange& exchange) {
    const HeaderView link{"Link", "</a>"};
    exchange.send_informational(103, {&link, 1});
    respond_text(exchange, 200, "hello");
    exchange.send_informational(103, {&link, 1});
  };
  const std::string answer = answer_to(kGetAndClose);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK"));
  EXPECT_THAT(answer, EndsWith("hello\n"));
  EXPECT_THAT(answer_to("GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(SessionTest, FramingHeadersBelongToTheSession) {
  service_.answer = [](Exchange& exchange) {
    const std::array<HeaderView, 5> headers{
        HeaderView{"content-length", "99"}, HeaderView{"Transfer-Encoding", "chunked"},
        HeaderView{"Connection", "keep-alive"}, HeaderView{"X-Kept", "yes"},
        HeaderView{"date", "mine"}};
    respond(exchange, 200, headers, "body");
  };
  EXPECT_EQ(answer_to(kGetAndClose),
            "HTTP/1.1 200 OK\r\nX-Kept: yes\r\ndate: mine\r\nContent-Length: 4\r\n"
            "Connection: close\r\n\r\nbody");
}

TEST_F(SessionTest, AResponseThatWouldSplitBecomesA500) {
  service_.answer = [](Exchange& exchange) {
    const HeaderView evil{"X-Evil", "a\r\nSet-Cookie: b"};
    respond(exchange, 200, {&evil, 1}, "body");
  };
  const std::string answer = answer_to(kGet);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("Set-Cookie")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nthe response could not be made\n"));
}

TEST_F(SessionTest, LargeHeadsAreSentWhole) {
  const std::string value(100'000, 'v');
  service_.answer = [&](Exchange& exchange) {
    const HeaderView large{"X-Large", value};
    respond(exchange, 200, {&large, 1}, "body");
  };
  EXPECT_THAT(answer_to(kGetAndClose), HasSubstr("X-Large: " + value + "\r\n"));
}

TEST_F(SessionTest, AServiceThatDoesNothingIsA500) {
  service_.answer = [](Exchange&) {};
  EXPECT_THAT(answer_to(kGet), StartsWith("HTTP/1.1 500 "));
}

TEST_F(SessionTest, SaysWhyARequestIsRejected) {
  const std::string answer = answer_to("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("the Host header is missing\n"));
  EXPECT_EQ(service_.requests, 0);
}

TEST_F(SessionTest, RefusesHeadsOverTheLimits) {
  EXPECT_THAT(answer_to("GET /" + std::string(9'000, 'a')), StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(40'000, 'a')),
              StartsWith("HTTP/1.1 431 "));
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  EXPECT_THAT(answer_to(many + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(SessionTest, BytesBehindARejectedRequestAreNotParsed) {
  Client client = connect();
  client.send(
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" +
      std::string(kGet));
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(service_.requests, 0);
}

TEST_F(SessionTest, AClientThatHasFinishedSendingIsStillAnswered) {
  Exchange* waiting = nullptr;
  service_.answer = [&](Exchange& exchange) {
    exchange.set_handler(recorder_);
    waiting = &exchange;
  };
  Client client = connect();
  client.send(kGet);
  client.finish_sending();
  ASSERT_TRUE(until([&] { return waiting != nullptr; }));
  turns();
  EXPECT_TRUE(recorder_.closed.empty());
  respond_text(*waiting, 200, "late");
  EXPECT_THAT(client.receive_all(), EndsWith("late\n"));
  EXPECT_FALSE(client.was_reset());
  EXPECT_TRUE(until([&] { return server_->connections() == 0; }));
}

TEST_F(SessionTest, AClientThatResetsIsNoticedWhileTheServiceThinks) {
  service_.answer = [&](Exchange& exchange) { exchange.set_handler(recorder_); };
  Client client = connect();
  client.send(kGet);
  ASSERT_TRUE(until([&] { return service_.requests == 1; }));
  client.reset_connection();
  ASSERT_TRUE(until([&] { return server_->connections() == 0; }));
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::ClientClosed));
}

TEST_F(SessionTest, AbortIsVisibleToTheClient) {
  service_.answer = [&](Exchange& exchange) {
    exchange.set_handler(recorder_);
    exchange.send_head(200, {}, BodyLength::unknown());
    exchange.send_body("partial");
    exchange.abort();
    exchange.send_body("dropped");
  };
  Client client = connect();
  client.send(kGet);
  client.receive_all();
  EXPECT_TRUE(client.was_reset());
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Aborted));
}

TEST_F(SessionTest, ABrokenPromiseOfLengthCutsTheConnection) {
  for (const char* body : {"short", "far too long for the promise"}) {
    service_.answer = [&](Exchange& exchange) {
      exchange.set_handler(recorder_);
      exchange.send_head(200, {}, BodyLength::exactly(10));
      exchange.send_body(body);
      exchange.end_body();
    };
    Client client = connect();
    client.send(kGet);
    client.receive_all();
    EXPECT_TRUE(client.was_reset()) << body;
  }
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Aborted, CloseReason::Aborted));
}

TEST_F(SessionTest, CallsAfterTheEndAreIgnored) {
  service_.answer = [&](Exchange& exchange) {
    respond_text(exchange, 200, "hello");
    exchange.send_body("more");
    exchange.end_body();
  };
  EXPECT_THAT(answer_to(kGetAndClose), EndsWith("\r\n\r\nhello\n"));
}

TEST_F(SessionTest, TellsWhoTheClientIs) {
  ConnectionInfo info;
  service_.answer = [&](Exchange& exchange) {
    info = exchange.connection();
    respond_text(exchange, 200, "hello");
  };
  Client client = connect();
  client.send(kGet);
  client.receive_until("hello");
  EXPECT_EQ(info.peer, net::Address::local_of(client.descriptor()));
  EXPECT_EQ(info.local, server_->local_address());
  EXPECT_FALSE(info.tls);
  EXPECT_NE(info.id, 0U);
}

}  // namespace
}  // namespace mex::server
