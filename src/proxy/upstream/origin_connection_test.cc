#include "proxy/upstream/origin_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/upstream/testing.h"

namespace mex::proxy::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::OriginFixture;
using testing::Peer;
using testing::RecordingHandler;
using testing::run_until;

class OriginConnectionTest : public OriginFixture {
 protected:
  // Whether the connection of a previous exchange is used for the next one.
  void expect_reused(bool expected) {
    RecordingHandler next;
    acquire(next, origin_.url());
    EXPECT_EQ(next.stream->is_reused(), expected);
    next.stream->abandon();
  }
};

struct Answer {
  std::string_view name;
  std::string_view bytes;
  int status;
  std::string_view body;
  bool reused;
  http::Method method = http::Method::Get;
};

class SoundAnswer : public OriginConnectionTest, public ::testing::WithParamInterface<Answer> {};

TEST_P(SoundAnswer, IsReadToItsEnd) {
  RecordingHandler user;
  const Peer peer = exchange(user, GetParam().bytes, GetParam().method);
  EXPECT_FALSE(user.failed) << user.error.text("o");
  EXPECT_EQ(user.status, GetParam().status);
  EXPECT_EQ(user.body, GetParam().body);
  expect_reused(GetParam().reused);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SoundAnswer,
    ::testing::Values(
        Answer{"ContentLength", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello",
               true},
        Answer{"EmptyBody", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", true},
        Answer{"Chunked",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n"
               "\r\n",
               200, "hello", true},
        Answer{"HeadWithLength", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "", true,
               http::Method::Head},
        Answer{"NoContent", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
        Answer{"NotModifiedWithLength", "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n",
               304, "", true},
        Answer{"Close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200,
               "ok", false},
        Answer{"Http10", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false},
        // What follows an answer must never become the answer to the next request.
        Answer{"SurplusBytes",
               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
               "Content-Length: 4\r\n\r\nevil",
               200, "ok", false},
        Answer{"HeadWithABody", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "", false,
               http::Method::Head},
        Answer{"NoContentWithABody", "HTTP/1.1 204 No Content\r\n\r\nhello", 204, "", false},
        Answer{"NotModifiedWithABody",
               "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", 304, "", false}),
    [](const auto& row) { return std::string(row.param.name); });

struct Fault {
  std::string_view name;
  std::string_view bytes;
  OriginFault fault;
};

class FaultyAnswer : public OriginConnectionTest, public ::testing::WithParamInterface<Fault> {};

TEST_P(FaultyAnswer, FailsAndDropsTheConnection) {
  RecordingHandler user;
  Peer peer = exchange(user, GetParam().bytes);
  ASSERT_TRUE(user.failed);
  EXPECT_EQ(to_string(user.error.fault), to_string(GetParam().fault)) << user.error.detail;
  peer.take_to_end();
  expect_reused(false);
}

std::string many_interim() {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "HTTP/1.1 103 Early Hints\r\n\r\n";
  return bytes;
}
const std::string kInterimFlood = many_interim();
const std::string kHugeHead = "HTTP/1.1 200 OK\r\nX-Big: " + std::string(70'000, 'x');

INSTANTIATE_TEST_SUITE_P(
    Table, FaultyAnswer,
    ::testing::Values(
        Fault{"LengthAndChunked",
              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
              OriginFault::HeadMalformed},
        Fault{"TwoLengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
              OriginFault::HeadMalformed},
        Fault{"BadLength", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
              OriginFault::HeadMalformed},
        Fault{"UnknownCoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
              OriginFault::HeadMalformed},
        Fault{"BareLineFeed", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", OriginFault::HeadMalformed},
        Fault{"Folding", "HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\n\r\n", OriginFault::HeadMalformed},
        Fault{"NotHttp", "SSH-2.0-OpenSSH_9.2\r\n\r\n", OriginFault::HeadMalformed},
        Fault{"ChunkSize",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
              OriginFault::BodyMalformed},
        Fault{"ChunkOverrun",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n",
              OriginFault::BodyMalformed},
        Fault{"InterimFlood", kInterimFlood, OriginFault::TooManyInterim},
        Fault{"HugeHead", kHugeHead, OriginFault::HeadTooLarge}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(OriginConnectionTest, BodyUntilCloseEndsWithTheConnection) {
  RecordingHandler user;
  request(user, origin_.url());
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\n\r\nhel");
  ASSERT_TRUE(run_until(*loop_, [&] { return user.body == "hel"; }));
  EXPECT_FALSE(user.over());
  peer.send("lo");
  peer.close();
  finish(user);
  EXPECT_TRUE(user.ended);
  EXPECT_EQ(user.body, "hello");
}

// Answer and end in one packet: the edge that reports both comes once.
TEST_F(OriginConnectionTest, AnAnswerThatArrivesWithItsEndIsComplete) {
  RecordingHandler user;
  request(user, origin_.url());
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\n\r\nhello");
  peer.close();
  finish(user);
  EXPECT_TRUE(user.ended);
  EXPECT_EQ(user.body, "hello");
}

TEST_F(OriginConnectionTest, AKeptAnswerThatArrivesWithItsEndIsNotReused) {
  RecordingHandler user;
  request(user, origin_.url());
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  peer.close();
  finish(user);
  EXPECT_TRUE(user.ended);
  expect_reused(false);
}

TEST_F(OriginConnectionTest, InterimAnswersComeBeforeTheFinalOne) {
  RecordingHandler user;
  exchange(user,
           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(user.interim, ElementsAre(100, 103));
  EXPECT_EQ(user.status, 200);
}

TEST_F(OriginConnectionTest, CutWithinTheBodyIsNotAnEnd) {
  for (const std::string_view head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    RecordingHandler user;
    request(user, origin_.url());
    Peer peer = origin_.accept();
    peer.take_until("\r\n\r\n");
    peer.send(head);
    peer.close();
    finish(user);
    EXPECT_TRUE(user.failed);
    EXPECT_EQ(user.error.fault, OriginFault::ClosedEarly);
    EXPECT_EQ(user.body, "hello");
  }
}

TEST_F(OriginConnectionTest, ClosedAndResetBeforeAnAnswer) {
  RecordingHandler closed;
  request(closed, origin_.url());
  origin_.accept().take_until("\r\n\r\n");
  finish(closed);
  EXPECT_EQ(closed.error.fault, OriginFault::ClosedEarly);

  RecordingHandler reset;
  request(reset, origin_.url());
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  peer.reset();
  finish(reset);
  EXPECT_EQ(reset.error.fault, OriginFault::Broken);
  EXPECT_EQ(reset.error.text("http://o"),
            "origin http://o broke the connection: Connection reset by peer");
}

TEST_F(OriginConnectionTest, RefusedConnectionSaysSo) {
  origin_.close();
  RecordingHandler user;
  request(user, origin_.url());
  EXPECT_EQ(user.error.fault, OriginFault::ConnectFailed);
  EXPECT_THAT(user.error.text(origin_.url()), HasSubstr("Connection refused"));
  EXPECT_EQ(status_for(user.error.fault), 502);
}

TEST_F(OriginConnectionTest, ForbiddenAddressIsNotConnectedTo) {
  RecordingHandler user;
  request(user, "http://169.254.169.254/latest/meta-data");
  EXPECT_EQ(user.error.fault, OriginFault::Forbidden);
  EXPECT_THAT(user.error.detail, HasSubstr("169.254.169.254 is link-local"));
}

TEST_F(OriginConnectionTest, SilentOriginTimesOut) {
  RecordingHandler user;
  request(user, origin_.url());
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  pass(options_.origin_timeout - seconds(1));
  EXPECT_FALSE(user.over());
  pass(seconds(2));
  EXPECT_EQ(user.error.fault, OriginFault::Timeout);
  EXPECT_EQ(status_for(user.error.fault), 504);
  peer.take_to_end();
}

TEST_F(OriginConnectionTest, EveryPieceOfAnAnswerGivesMoreTime) {
  RecordingHandler user;
  request(user, origin_.url());
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
  for (std::size_t i = 1; i <= 3; ++i) {
    pass(options_.origin_timeout - seconds(1));
    ASSERT_FALSE(user.failed);
    peer.send("x");
    ASSERT_TRUE(run_until(*loop_, [&] { return user.body.size() == i; }));
  }
  EXPECT_TRUE(user.ended);
}

TEST_F(OriginConnectionTest, IdleConnectionsAreClosedInTime) {
  RecordingHandler user;
  Peer peer = exchange(user, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  pass(options_.idle_timeout - seconds(1));
  EXPECT_FALSE(peer.ended());
  pass(seconds(2));
  peer.take_to_end();
  expect_reused(false);
}

// The symptom: behind a NodePort, steady traffic stayed on one pod for ever.
TEST_F(OriginConnectionTest, AnOldConnectionGetsNoMoreRequests) {
  options_.max_age = options_.idle_timeout / 2;
  RecordingHandler user;
  Peer idle = exchange(user, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  pass(options_.max_age);
  EXPECT_FALSE(idle.ended()) << "it may be idle for longer";
  expect_reused(false);

  RecordingHandler patient;
  request(patient, origin_.url());
  Peer busy = origin_.accept();
  pass(options_.max_age);
  busy.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  finish(patient);
  busy.take_to_end();
}

TEST_F(OriginConnectionTest, IdleTimeStaysBelowWhatTheOriginAnnounces) {
  RecordingHandler user;
  Peer peer = exchange(
      user, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=10, max=9\r\nContent-Length: 0\r\n\r\n");
  pass(seconds(5));
  EXPECT_FALSE(peer.ended());
  pass(seconds(2));
  peer.take_to_end();

  RecordingHandler hurried;
  exchange(hurried, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=4\r\nContent-Length: 0\r\n\r\n");
  expect_reused(false);
}

TEST_F(OriginConnectionTest, IdleConnectionIsDroppedWhenTheOriginClosesOrSpeaks) {
  RecordingHandler first;
  Peer closing = exchange(first, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  closing.close();
  pass(seconds(1));
  expect_reused(false);

  RecordingHandler second;
  Peer speaking = exchange(second, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  speaking.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  pass(seconds(1));
  expect_reused(false);
}

// The loop has not seen the edge yet: the look before the reuse finds it.
TEST_F(OriginConnectionTest, AConnectionIdleForLongIsLookedAtBeforeReuse) {
  RecordingHandler user;
  Peer peer = exchange(user, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  pass(seconds(1));
  peer.close();
  expect_reused(false);
}

TEST_F(OriginConnectionTest, ManyIdleConnectionsAreBounded) {
  options_.max_idle_per_origin = 2;
  std::vector<std::unique_ptr<RecordingHandler>> users;
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) {
    users.push_back(std::make_unique<RecordingHandler>());
    request(*users.back(), origin_.url());
    peers.push_back(origin_.accept());
  }
  for (Peer& peer : peers) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (const auto& user : users) finish(*user);
  ASSERT_TRUE(run_until(*loop_, [&] {
    return static_cast<int>(peers[0].ended()) + peers[1].ended() + peers[2].ended() == 1;
  }));
}

TEST_F(OriginConnectionTest, ConnectionsOfOneOriginAreBounded) {
  options_.max_connections_per_origin = 1;
  RecordingHandler first;
  request(first, origin_.url());
  RecordingHandler second;
  EXPECT_EQ(pool().endpoint_for(*route_to(origin_.url())).acquire(second, true), nullptr);
}

TEST_F(OriginConnectionTest, PausedResponseStaysInTheKernel) {
  const std::string body(8U << 20U, 'b');
  RecordingHandler user;
  user.pause_at_bytes = 100'000;
  request(user, origin_.url());
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::string_view left = answer;
  // Until neither side moves any more: the kernel is full and no one reads.
  for (int idle_turns = 0; idle_turns < 50; ++idle_turns) {
    const std::size_t sent = peer.send_some(left);
    if (sent > 0) idle_turns = 0;
    left.remove_prefix(sent);
    turn();
  }
  EXPECT_FALSE(left.empty());
  EXPECT_LT(user.body.size(), user.pause_at_bytes + (64U << 10U));
  EXPECT_LE(buffers_.bytes_in_use(), 128U << 10U);
  pass(options_.origin_timeout * 2);
  EXPECT_FALSE(user.failed) << "the origin is blamed for a client that does not read";

  user.pause_at_bytes = 0;
  user.stream->resume_body();
  ASSERT_TRUE(run_until(*loop_, [&] {
    left.remove_prefix(peer.send_some(left));
    return user.over();
  }));
  EXPECT_TRUE(user.ended);
  EXPECT_EQ(user.body, body);
}

TEST_F(OriginConnectionTest, AnOriginThatDoesNotReadIsNoticedAndWaitedFor) {
  origin_.shrink_receive_buffer();
  RecordingHandler user;
  acquire(user, origin_.url());
  ASSERT_TRUE(run_until(*loop_, [&] { return user.ready; }));
  Peer peer = origin_.accept();
  send_head(*user.stream, http::Method::Post, "Content-Length: 1000000000\r\n");
  peer.take_until("\r\n\r\n");
  const std::string piece(60'000, 'p');
  std::size_t sent = 0;
  while (user.stream->output_pending() < options_.high_water) {
    turn();
    user.drained = false;
    user.stream->send_body(piece);
    sent += piece.size();
  }
  turn();
  EXPECT_FALSE(user.drained);
  ASSERT_TRUE(run_until(*loop_, [&] {
    peer.received();
    return user.drained;
  }));
  EXPECT_LE(user.stream->output_pending(), options_.high_water / 2);
  ASSERT_TRUE(run_until(*loop_, [&] { return peer.received().size() == sent; }));
  user.stream->abandon();
}

// RFC 9110 section 7.5 and 10.1.1: an origin may refuse a long body early and close.
TEST_F(OriginConnectionTest, AnAnswerBeforeTheRequestEndsIsReadAfterAWriteFails) {
  RecordingHandler user;
  acquire(user, origin_.url());
  ASSERT_TRUE(run_until(*loop_, [&] { return user.ready; }));
  {
    Peer peer = origin_.accept();
    send_head(*user.stream, http::Method::Post, "Content-Length: 1000000000\r\n");
    peer.take_until("\r\n\r\n");
    peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
  }
  for (int i = 0; i < 10 && !user.over(); ++i) {
    user.stream->send_body(std::string(1000, 'x'));
    turn();
  }
  finish(user);
  EXPECT_TRUE(user.ended);
  EXPECT_EQ(user.status, 413);
  EXPECT_EQ(user.body, "big");
}

TEST_F(OriginConnectionTest, TunnelCarriesRawBytesAndHalfCloses) {
  RecordingHandler user;
  request(user, origin_.url());
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  ASSERT_TRUE(run_until(*loop_, [&] { return user.status == 101; }));
  peer.send("HTTP/1.1 is just bytes now");
  ASSERT_TRUE(run_until(*loop_, [&] { return user.body == "HTTP/1.1 is just bytes now"; }));
  user.stream->send_body("ping");
  EXPECT_EQ(peer.take_until("ping"), "ping");
  user.stream->end_body();
  EXPECT_EQ(peer.take_to_end(), "");
  peer.send("last");
  peer.close();
  ASSERT_TRUE(run_until(*loop_, [&] { return user.ended; }));
  EXPECT_TRUE(user.body.ends_with("last"));
  user.stream->abandon();
}

TEST_F(OriginConnectionTest, AbandonedRequestClosesTheConnection) {
  RecordingHandler user;
  request(user, origin_.url());
  Peer peer = origin_.accept();
  peer.take_until("\r\n\r\n");
  user.stream->abandon();
  peer.take_to_end();
  EXPECT_EQ(context_.busy, 0U);
  EXPECT_FALSE(user.over());
}

}  // namespace
}  // namespace mex::proxy::upstream
