// The server around its sessions: draining, limits, TLS.

#include "server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/listener.h"
#include "server/testing.h"
#include "tls/client_context.h"
#include "tls/testing.h"

namespace mex::server {
namespace {

using testing::Client;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::kGet;
using ::testing::StartsWith;

using ServerDrainTest = testing::ServerTest;

TEST_F(ServerDrainTest, ClosesIdleConnectionsAndFinishesTheOthers) {
  Exchange* waiting = nullptr;
  service_.answer = [&](Exchange& exchange) {
    if (exchange.request().path == "/slow") {
      exchange.set_handler(recorder_);
      waiting = &exchange;
    } else {
      respond_text(exchange, 200, "hello");
    }
  };
  start();
  Client idle = connect();
  idle.send(kGet);
  idle.receive_until("hello\n");
  Client busy = connect();
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until([&] { return waiting != nullptr; }));
  Client halfway = connect();
  halfway.send("GET / HTTP/1.1\r\n");
  turns();

  bool done = false;
  server_->drain({.deadline = std::chrono::seconds(30)}, [&] { done = true; });
  idle.receive_all();
  EXPECT_FALSE(idle.was_reset());
  EXPECT_FALSE(done);
  halfway.send("Host: a\r\n\r\n");
  EXPECT_THAT(halfway.receive_all(), HasSubstr("Connection: close\r\n"));
  respond_text(*waiting, 200, "finished");
  EXPECT_THAT(busy.receive_all(), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(busy.received(), HasSubstr("finished\n"));
  for (const Client* client : {&idle, &halfway, &busy}) client->finish_sending();
  EXPECT_TRUE(until([&] { return done; }));
  EXPECT_TRUE(net::check_address_free(server_->local_address()).ok());
}

TEST_F(ServerDrainTest, CutsWhatIsLeftAtTheDeadline) {
  service_.answer = [&](Exchange& exchange) { exchange.set_handler(recorder_); };
  start();
  Client client = connect();
  client.send(kGet);
  ASSERT_TRUE(until([&] { return service_.requests == 1; }));
  bool done = false;
  server_->drain({.deadline = std::chrono::seconds(5)}, [&] { done = true; });
  pass(std::chrono::milliseconds(4'900));
  EXPECT_FALSE(done);
  pass(std::chrono::milliseconds(200));
  EXPECT_TRUE(done);
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Draining));
  client.receive_all();
}

// A request that was on its way when the idle connection was closed has no answer, and only some
// may be sent again.
TEST_F(ServerDrainTest, IdleConnectionsThatAreKeptAreAskedOnceMore) {
  start();
  Client idle = connect();
  idle.send(kGet);
  idle.receive_until("hello\n");
  Client silent = connect();
  silent.send(kGet);
  silent.receive_until("hello\n");
  bool done = false;
  server_->drain({.deadline = std::chrono::hours(1), .idle_grace = std::chrono::hours(1)},
                 [&] { done = true; });
  turns();
  idle.send(kGet);
  EXPECT_THAT(idle.receive_all(), HasSubstr("Connection: close\r\n"));
  idle.finish_sending();
  EXPECT_FALSE(done);
  pass(options_.idle_timeout + std::chrono::milliseconds(100));
  silent.receive_all();
  silent.finish_sending();
  EXPECT_TRUE(until([&] { return done; }));
}

TEST_F(ServerDrainTest, AnAnswerThatPromisedToKeepItsConnectionKeepsIt) {
  Exchange* streaming = nullptr;
  service_.answer = [&](Exchange& exchange) {
    if (exchange.request().target != "/slow") return respond_text(exchange, 200, "hello");
    exchange.set_handler(recorder_);
    exchange.send_head(200, {}, BodyLength::exactly(4));
    exchange.send_body("ha");
    streaming = &exchange;
  };
  start();
  Client client = connect();
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  client.receive_until("\r\n\r\nha");
  server_->drain({.deadline = std::chrono::hours(1), .idle_grace = std::chrono::hours(1)}, [] {});
  streaming->send_body("lf");
  streaming->end_body();
  client.receive_until("half");
  client.send(kGet);
  EXPECT_THAT(client.receive_all(), HasSubstr("Connection: close\r\n"));
}

TEST_F(ServerDrainTest, CanBeHastened) {
  service_.answer = [&](Exchange& exchange) {
    if (exchange.request().target == "/slow") {
      exchange.set_handler(recorder_);
    } else {
      respond_text(exchange, 200, "hello");
    }
  };
  start();
  Client idle = connect();
  idle.send(kGet);
  idle.receive_until("hello\n");
  Client slow = connect();
  slow.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(until([&] { return service_.requests == 2; }));
  int done = 0;
  server_->hasten_drain({.deadline = std::chrono::seconds(0)});  // there is none
  server_->drain({.deadline = std::chrono::hours(1), .idle_grace = std::chrono::hours(1)},
                 [&] { ++done; });
  server_->hasten_drain({.deadline = std::chrono::seconds(5)});
  idle.receive_all();
  EXPECT_FALSE(idle.was_reset());
  idle.finish_sending();
  pass(std::chrono::milliseconds(4'900));
  EXPECT_EQ(done, 0);
  pass(std::chrono::milliseconds(200));
  EXPECT_EQ(done, 1);
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Draining));
}

TEST_F(ServerDrainTest, ServesTheBacklogAndIsDoneAtOnceWithoutConnections) {
  start();
  int done = 0;
  Client late = connect();
  late.send(kGet.substr(0, 3));
  server_->drain({.deadline = std::chrono::seconds(5)}, [&] { ++done; });
  late.send(kGet.substr(3));
  EXPECT_THAT(late.receive_all(), HasSubstr("hello\n"));
  late.finish_sending();
  EXPECT_TRUE(until([&] { return done == 1; }));
  server_->drain({.deadline = std::chrono::seconds(5)}, [&] { ++done; });
  EXPECT_EQ(done, 2);
}

TEST_F(ServerDrainTest, ADestroyedServerTellsItsHandlers) {
  service_.answer = [&](Exchange& exchange) { exchange.set_handler(recorder_); };
  start();
  Client client = connect();
  client.send(kGet);
  ASSERT_TRUE(until([&] { return service_.requests == 1; }));
  server_.reset();
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Draining));
  client.receive_all();
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

using ServerLimitTest = testing::ServerTest;

TEST_F(ServerLimitTest, MoreConnectionsThanAllowedWaitInTheBacklog) {
  options_.connections.connections = 2;
  service_.answer = [&](Exchange& exchange) {
    if (service_.requests <= 2) return exchange.set_handler(recorder_);
    respond_text(exchange, 200, "hello");
  };
  start();
  Client first = connect();
  Client second = connect();
  for (Client* client : {&first, &second}) client->send(kGet);
  ASSERT_TRUE(until([&] { return service_.requests == 2; }));
  Client third = connect();
  third.send(kGet);
  turns(20);
  EXPECT_EQ(server_->connections(), 2U);
  third.take();
  EXPECT_EQ(third.received(), "");
  first.reset_connection();
  third.receive_until("hello\n");
}

TEST_F(ServerLimitTest, AnAbsurdHeadLimitIsBroughtToWhatFits) {
  options_.limits.head = 100U << 20U;
  options_.limits.request_line = 100U << 20U;
  start();
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(300'000, 'a')),
              HasSubstr("HTTP/1.1 431 "));
}

class ServerTlsTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    start(
        *tls::ServerContext::create({certificate_}, std::make_shared<tls::TicketKeys>(), buffers_));
  }

  std::unique_ptr<net::Transport> connect_tls() {
    net::ConnectStart start = net::connect_to(server_->local_address());
    auto transport = client_context_->connect(std::move(start.socket), "edge.example.org");
    net::IoResult result;
    EXPECT_TRUE(until([&] {
      result = transport->handshake();
      return result.status != net::IoStatus::WouldBlock;
    }));
    EXPECT_EQ(result.status, net::IoStatus::Progress) << transport->to_string(result);
    return transport;
  }

  static void send(net::Transport& transport, std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    ASSERT_EQ(transport.write({&piece, 1}).bytes, text.size());
  }

  std::string receive(net::Transport& transport, std::string_view last) {
    std::string text;
    EXPECT_TRUE(until([&] {
      std::array<char, 20'000> space{};
      const net::IoResult result = transport.read(space);
      text.append(space.data(), result.bytes);
      return text.ends_with(last) || result.status == net::IoStatus::End;
    }));
    return text;
  }

  tls::Certificate certificate_ = tls::testing::certificate_of(tls::testing::make_pem_pair());
  std::shared_ptr<const tls::ClientContext> client_context_ =
      *tls::ClientContext::create({.ca_file = "", .verify = false}, buffers_);
};

TEST_F(ServerTlsTest, ServesRequestsOnAKeptConnection) {
  std::string name;
  service_.answer = [&](Exchange& exchange) {
    EXPECT_TRUE(exchange.connection().tls);
    name = exchange.connection().server_name;
    respond_text(exchange, 200, "hello");
  };
  const auto client = connect_tls();
  for (int i = 0; i < 3; ++i) {
    send(*client, kGet);
    EXPECT_THAT(receive(*client, "hello\n"), HasSubstr("HTTP/1.1 200 OK"));
  }
  EXPECT_EQ(name, "edge.example.org");
  turns();
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

TEST_F(ServerTlsTest, EndsWithCloseNotify) {
  const auto client = connect_tls();
  send(*client, testing::kGetAndClose);
  EXPECT_THAT(receive(*client, "never"), HasSubstr("hello\n"));
}

TEST_F(ServerTlsTest, LargeResponsesAndSlowReadersWork) {
  constexpr std::size_t kTotal = 5'000'000;
  Exchange* streaming = nullptr;
  service_.answer = [&](Exchange& exchange) {
    streaming = &exchange;
    exchange.set_handler(recorder_);
    exchange.send_head(200, {}, BodyLength::exactly(kTotal));
    stream(exchange, kTotal);
  };
  recorder_.drained_hook = [&] { stream(*streaming, kTotal); };
  const auto client = connect_tls();
  send(*client, kGet);
  std::size_t received = 0;
  ASSERT_TRUE(until([&] {
    std::array<char, 20'000> space{};
    for (;;) {
      const net::IoResult result = client->read(space);
      received += result.bytes;
      if (result.status != net::IoStatus::Progress) return received > kTotal;
    }
  }));
  turns();
  EXPECT_THAT(recorder_.closed, ElementsAre(CloseReason::Completed));
}

TEST_F(ServerTlsTest, AHandshakeHasItsTime) {
  Client silent = connect();
  ASSERT_TRUE(until([&] { return server_->connections() == 1; }));
  pass(options_.handshake_timeout - std::chrono::milliseconds(50));
  EXPECT_FALSE(silent.take());
  pass(std::chrono::milliseconds(100));
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(ServerTlsTest, WhatIsNotTlsIsClosed) {
  Client plain = connect();
  plain.send(kGet);
  plain.receive_all();
  plain.finish_sending();
  EXPECT_TRUE(until([&] { return server_->connections() == 0; }));
  EXPECT_EQ(service_.requests, 0);
}

TEST_F(ServerTlsTest, ClearHttpIsToldThatTlsIsSpokenHere) {
  for (const char* method :
       {"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT"}) {
    Client plain = connect();
    plain.send(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(plain.receive_all(), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << method;
    EXPECT_THAT(plain.received(), HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(plain.received(), EndsWith("\r\n\r\nthis port speaks TLS: ask by https://\n"));
    EXPECT_FALSE(plain.was_reset()) << method;
  }
  EXPECT_EQ(service_.requests, 0);
}

TEST_F(ServerTlsTest, ClearHttpWithALargeBodyGetsItsAnswerToo) {
  Client plain = connect();
  plain.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" +
             std::string(500'000, 'x'));
  EXPECT_THAT(plain.receive_all(), EndsWith("ask by https://\n"));
  EXPECT_FALSE(plain.was_reset());
  pass(options_.linger_timeout + std::chrono::milliseconds(50));
  EXPECT_EQ(server_->connections(), 0U) << "it is not waited for long";
  EXPECT_EQ(buffers_.bytes_in_use(), 0U);
}

TEST_F(ServerTlsTest, WhatIsNeitherTlsNorHttpHasNoAnswer) {
  for (const std::string_view bytes :
       {"\x15\x03\x01", "get / HTTP/1.1\r\n\r\n", "\r\n", "\x80\x2e"}) {
    Client client = connect();
    client.send(bytes);
    client.finish_sending();
    EXPECT_EQ(client.receive_all().find("HTTP"), std::string::npos) << bytes;
  }
  EXPECT_TRUE(until([&] { return server_->connections() == 0; }));
}

}  // namespace
}  // namespace mex::server
