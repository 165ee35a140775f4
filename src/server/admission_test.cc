// Limits of connections, handshakes and requests: who gets in, and who has to make room.

#include "server/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "server/testing.h"
#include "tls/server_context.h"
#include "tls/testing.h"

namespace mex::server {
namespace {

using testing::Client;
using ::testing::HasSubstr;
using testing::kGet;
using ::testing::StartsWith;

net::Address peer(std::string_view text) { return *net::Address::parse_ip(text, 1000); }

TEST(ClientKeyTest, AnIpv6NetworkIsOneClient) {
  EXPECT_EQ(ClientKey::of(peer("2001:db8:1:2::1")), ClientKey::of(peer("2001:db8:1:2:ffff::9")));
  EXPECT_NE(ClientKey::of(peer("2001:db8:1:2::1")), ClientKey::of(peer("2001:db8:1:3::1")));
  EXPECT_EQ(ClientKey::of(peer("10.0.0.1")), ClientKey::of(peer("10.0.0.1").with_port(7)));
  EXPECT_NE(ClientKey::of(peer("10.0.0.1")), ClientKey::of(peer("10.0.0.2")));
  // "::a00:1:0:0:0:0" has the bytes of 10.0.0.1 at its beginning.
  EXPECT_NE(ClientKey::of(peer("a00:1::")), ClientKey::of(peer("10.0.0.1")));
}

// Holders without sockets.
class AdmissionTest : public ::testing::Test {
 protected:
  struct Holder final : PlaceHolder {
    explicit Holder(Admission& a) : admission(a) {}
    void give_up_place() override {
      admission.leave(place);
      is_out = true;
    }
    Wait wait() const override { return waits; }
    Admission& admission;
    Place place{*this};
    bool is_out = false;
    Wait waits = Wait::None;
  };

  Admission& admission() {
    if (!admission_) admission_ = std::make_unique<Admission>(limits_, "test", metrics_, *loop_);
    return *admission_;
  }
  std::unique_ptr<Holder> create() { return std::make_unique<Holder>(admission()); }
  std::unique_ptr<Holder> admitted(std::string_view from, bool handshake = false) {
    auto holder = create();
    EXPECT_TRUE(admission().admit(holder->place, peer(from), handshake));
    return holder;
  }

  ConnectionLimits limits_;
  net::testing::ManualClock clock_;
  std::unique_ptr<net::EventLoop> loop_ = *net::EventLoop::create(clock_);
  ServerMetrics metrics_{"admission test"};
  std::unique_ptr<Admission> admission_;
};

TEST_F(AdmissionTest, TheOldestIdleConnectionGoesFirst) {
  limits_.connections = 3;
  const auto a = admitted("10.0.0.1");
  const auto b = admitted("10.0.0.2");
  const auto c = admitted("10.0.0.3");
  ASSERT_TRUE(admission().begin_request(a->place));
  admission().end_request(a->place);  // idle since now
  const auto d = admitted("10.0.0.4");
  EXPECT_TRUE(b->is_out);
  EXPECT_FALSE(a->is_out || c->is_out || d->is_out);
  EXPECT_EQ(admission().open(), 3U);
  for (const auto* each : {&a, &c, &d}) admission().leave((*each)->place);
  EXPECT_EQ(admission().open(), 0U);
}

TEST_F(AdmissionTest, ARequestUnderWayIsLeftAlone) {
  limits_.connections = 2;
  const auto a = admitted("10.0.0.1");
  const auto b = admitted("10.0.0.2");
  ASSERT_TRUE(admission().begin_request(a->place));
  const auto c = admitted("10.0.0.3");
  EXPECT_TRUE(b->is_out);
  ASSERT_TRUE(admission().begin_request(c->place));
  EXPECT_TRUE(admission().is_full());
  const auto d = create();
  EXPECT_FALSE(admission().admit(d->place, peer("10.0.0.4"), false));
  admission().end_request(a->place);
  EXPECT_FALSE(admission().is_full());
  EXPECT_TRUE(admission().admit(d->place, peer("10.0.0.4"), false));
  EXPECT_TRUE(a->is_out);
  for (const auto* each : {&c, &d}) admission().leave((*each)->place);
}

TEST_F(AdmissionTest, AStalledRequestMakesRoomWhenNothingElseCan) {
  limits_.connections = 3;
  const auto a = admitted("10.0.0.1");
  const auto b = admitted("10.0.0.1");
  const auto c = admitted("10.0.0.1");
  for (const auto* each : {&a, &b, &c}) ASSERT_TRUE(admission().begin_request((*each)->place));
  a->waits = PlaceHolder::Wait::Client;
  b->waits = PlaceHolder::Wait::Stalled;
  const auto d = admitted("10.0.0.2");
  EXPECT_TRUE(b->is_out);
  EXPECT_FALSE(a->is_out || c->is_out);
  for (const auto* each : {&a, &c, &d}) admission().leave((*each)->place);
}

TEST_F(AdmissionTest, AClientWithManySlowRequestsMakesRoomForOneWithFew) {
  limits_.connections = 12;
  std::vector<std::unique_ptr<Holder>> many;
  for (int i = 0; i < 10; ++i) many.push_back(admitted("10.0.0.1"));
  const auto few = admitted("10.0.0.2");
  const auto working = admitted("10.0.0.3");
  for (const auto& each : many) {
    ASSERT_TRUE(admission().begin_request(each->place));
    each->waits = PlaceHolder::Wait::Client;
  }
  for (const auto* each : {&few, &working}) ASSERT_TRUE(admission().begin_request((*each)->place));
  few->waits = PlaceHolder::Wait::Client;
  const auto same = create();
  EXPECT_FALSE(admission().admit(same->place, peer("10.0.0.1"), false));
  const auto other = admitted("10.0.0.4");
  EXPECT_EQ(std::count_if(many.begin(), many.end(), [](const auto& each) { return each->is_out; }),
            1);
  EXPECT_FALSE(few->is_out || working->is_out);
  for (const auto& each : many) admission().leave(each->place);
  for (const auto* each : {&few, &working, &other}) admission().leave((*each)->place);
}

TEST_F(AdmissionTest, AClientAtItsLimitLosesItsOwnConnections) {
  limits_.connections = 100;
  limits_.client_connections = 3;
  const auto other = admitted("10.0.0.9");
  std::vector<std::unique_ptr<Holder>> flood;
  for (int i = 0; i < 20'000; ++i) flood.push_back(admitted("10.0.0.1"));
  EXPECT_FALSE(other->is_out);
  EXPECT_EQ(admission().open(), 4U);
  EXPECT_TRUE(flood[19'996]->is_out);
  EXPECT_FALSE(flood[19'997]->is_out);
  for (std::size_t i = 19'997; i < 20'000; ++i) {
    ASSERT_TRUE(admission().begin_request(flood[i]->place));
  }
  const auto more = create();
  EXPECT_FALSE(admission().admit(more->place, peer("10.0.0.1"), false)) << "all of its are busy";
  EXPECT_FALSE(flood[19'997]->is_out);
  for (const auto& each : flood) admission().leave(each->place);
  admission().leave(other->place);
  EXPECT_EQ(admission().open(), 0U);
}

TEST_F(AdmissionTest, HalfHandshakesMakeRoomForThoseOfTheSameClient) {
  limits_.client_handshakes = 2;
  const auto a = admitted("10.0.0.1", true);
  admission().end_handshake(a->place);
  const auto b = admitted("10.0.0.1", true);
  const auto c = admitted("10.0.0.1", true);
  const auto d = admitted("10.0.0.1", true);
  EXPECT_TRUE(b->is_out);
  EXPECT_FALSE(a->is_out || c->is_out || d->is_out);
  const auto e = admitted("10.0.0.2", true);
  EXPECT_FALSE(c->is_out);
  for (const auto* each : {&a, &c, &d, &e}) admission().leave((*each)->place);
}

TEST_F(AdmissionTest, RequestsOfAClientHaveALimit) {
  limits_.client_requests = 1;
  const auto a = admitted("10.0.0.1");
  const auto b = admitted("10.0.0.1");
  const auto c = admitted("10.0.0.2");
  EXPECT_TRUE(admission().begin_request(a->place));
  EXPECT_FALSE(admission().begin_request(b->place));
  EXPECT_TRUE(admission().begin_request(c->place));
  admission().end_request(a->place);
  EXPECT_TRUE(admission().begin_request(b->place));
  for (const auto* each : {&a, &b, &c}) admission().leave((*each)->place);
}

// Over HTTP/2 a connection has many.
TEST_F(AdmissionTest, RequestsOfAConnectionAreCountedOneByOne) {
  limits_.client_requests = 3;
  const auto a = admitted("10.0.0.1");
  const auto b = admitted("10.0.0.1");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(admission().begin_request(a->place));
  EXPECT_FALSE(admission().begin_request(b->place));
  admission().end_request(a->place);
  EXPECT_EQ(a->place.state, Place::State::Busy) << "two are left";
  EXPECT_TRUE(admission().begin_request(b->place));
  admission().leave(a->place);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(admission().begin_request(b->place));
  for (int i = 0; i < 5; ++i) admission().end_request(b->place);
  EXPECT_EQ(b->place.state, Place::State::Idle) << "no more are ended than have begun";
  admission().leave(b->place);
}

TEST_F(AdmissionTest, AllRequestsAreNoMoreThanIfEachHadAConnection) {
  limits_.connections = 4;
  const auto a = admitted("10.0.0.1");
  const auto b = admitted("10.0.0.2");
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(admission().make_room_for_request(a->place));
    EXPECT_TRUE(admission().begin_request(a->place));
  }
  EXPECT_FALSE(admission().make_room_for_request(b->place)) << "all of them are being worked on";
  a->waits = PlaceHolder::Wait::Stalled;
  EXPECT_FALSE(admission().make_room_for_request(a->place)) << "it does not cut itself";
  EXPECT_FALSE(a->is_out);
  EXPECT_TRUE(admission().make_room_for_request(b->place));
  EXPECT_TRUE(a->is_out);
  EXPECT_TRUE(admission().begin_request(b->place));
  admission().leave(b->place);
}

TEST_F(AdmissionTest, WhenAllAreBusyThereIsRoomForProbes) {
  limits_.connections = 1;
  limits_.probes = 1;
  const auto busy = admitted("10.0.0.1");
  ASSERT_TRUE(admission().begin_request(busy->place));
  EXPECT_FALSE(admission().is_full());
  const auto first = admitted("10.0.0.2");
  EXPECT_TRUE(first->place.is_for_probes);
  const auto second = admitted("10.0.0.3");
  EXPECT_TRUE(second->place.is_for_probes);
  EXPECT_TRUE(first->is_out) << "it did not ask for anything yet";
  EXPECT_FALSE(busy->is_out);
  for (const auto* each : {&busy, &second}) admission().leave((*each)->place);
  EXPECT_EQ(admission().open(), 0U);
}

TEST_F(AdmissionTest, InterceptedConnectionsCountForTheirClientOnly) {
  limits_.connections = 1;
  limits_.intercepted = 1;
  limits_.client_connections = 2;
  const auto a = admitted("10.0.0.1", true);
  server::Client& client = admission().intercept(a->place);
  EXPECT_FALSE(admission().has_room_to_intercept());
  const auto b = admitted("10.0.0.1", true);
  const auto c = admitted("10.0.0.1", true);
  EXPECT_TRUE(b->is_out);
  admission().leave(c->place);
  admission().leave_intercepted(client);
  EXPECT_EQ(admission().open(), 0U);
}

// The same over sockets.

class ServerAdmissionTest : public testing::ServerTest {
 protected:
  void expect_answer(Client& client, std::string_view status = "200") {
    client.send(kGet);
    EXPECT_THAT(client.receive_until("\r\n\r\n"), StartsWith("HTTP/1.1 " + std::string(status)));
  }
};

TEST_F(ServerAdmissionTest, IdleConnectionsOfOneClientKeepNoOneOut) {
  options_.connections.connections = 50;
  start();
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 500; ++i) {
    idle.push_back(std::make_unique<Client>(connect()));
    loop_->run_once(std::chrono::milliseconds(0));
  }
  ASSERT_TRUE(until([&] { return server_->connections() == 50; }));
  Client client = connect();
  expect_answer(client);
  EXPECT_EQ(server_->connections(), 50U);
}

TEST_F(ServerAdmissionTest, SlowHeadsAreIdle) {
  options_.connections.connections = 2;
  start();
  Client slow = connect();
  slow.send("GET / HTTP/1.1\r\nHost: a\r\n");
  Client other = connect();
  other.send("GET / HT");
  turns();
  Client client = connect();
  expect_answer(client);
  slow.receive_all();
  EXPECT_FALSE(other.take());
}

TEST_F(ServerAdmissionTest, SlowBodiesMakeRoomOnceTheyStall) {
  options_.connections.connections = 2;
  service_.answer = [&](Exchange& exchange) {
    if (exchange.request().method == http::Method::Get) return respond_text(exchange, 200, "hello");
    exchange.set_handler(recorder_);
  };
  start();
  Client one = connect();
  Client two = connect();
  for (Client* each : {&one, &two}) {
    each->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\na");
  }
  ASSERT_TRUE(until([&] { return recorder_.body == "aa"; }));
  Client client = connect();
  client.send(kGet);
  turns(20);
  EXPECT_FALSE(client.take());
  EXPECT_EQ(client.received(), "");
  pass(options_.stall_time + std::chrono::milliseconds(300));
  EXPECT_THAT(client.receive_until("hello\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(recorder_.closed, ::testing::ElementsAre(CloseReason::Timeout));
}

TEST_F(ServerAdmissionTest, ARequestOverTheClientsLimitIs429) {
  options_.connections.client_requests = 1;
  service_.answer = [&](Exchange& exchange) { exchange.set_handler(recorder_); };
  start();
  Client one = connect();
  one.send(kGet);
  ASSERT_TRUE(until([&] { return service_.requests == 1; }));
  Client two = connect();
  expect_answer(two, "429");
  EXPECT_EQ(service_.requests, 1);
}

class ProbedService final : public Service {
 public:
  bool is_probe(const http::RequestHead& head) const override { return head.path == "/healthz"; }
  void on_request(Exchange& exchange) override {
    if (is_probe(exchange.request())) return respond_text(exchange, 200, "ok");
    exchange.set_handler(recorder);
  }
  testing::Recorder recorder;
};

TEST_F(ServerAdmissionTest, WhenAllAreBusyProbesAreAnsweredAndNothingElse) {
  ProbedService service;
  options_.connections.connections = 1;
  options_.connections.probes = 2;
  options_.connections.client_requests = 1;
  server_ = std::make_unique<Server>(*loop_, buffers_, service, options_);
  ASSERT_TRUE(server_->listen(net::Address::loopback(0), nullptr).ok());
  Client busy = connect();
  busy.send(kGet);
  turns(20);
  Client other = connect();
  expect_answer(other, "503");
  for (int i = 0; i < 5; ++i) {
    Client probe = connect();
    probe.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(probe.receive_until("ok\n"), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_FALSE(busy.take());
  server_.reset();
}

class ServerHandshakeTest : public ServerAdmissionTest {};

TEST_F(ServerHandshakeTest, HalfHandshakesKeepNoOneOut) {
  options_.connections.client_handshakes = 10;
  start(*tls::ServerContext::create({tls::testing::certificate_of(tls::testing::make_pem_pair())},
                                    std::make_shared<tls::TicketKeys>(), buffers_));
  std::vector<std::unique_ptr<Client>> half;
  for (int i = 0; i < 200; ++i) {
    half.push_back(std::make_unique<Client>(connect()));
    half.back()->send("\x16\x03\x01");
  }
  EXPECT_TRUE(until([&] { return server_->connections() == 10; }));
  Client plain = connect();
  plain.send(kGet);
  EXPECT_THAT(plain.receive_all(), HasSubstr("this port speaks TLS"));
  EXPECT_LE(server_->connections(), 10U);
}

}  // namespace
}  // namespace mex::server
