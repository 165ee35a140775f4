// What a faulty or hostile origin may do: it never reaches another client, never passes for a whole
// answer when it is none, and never costs more than its own connection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/service_fixture.h"

namespace mex::proxy {
namespace {

using ::testing::EndsWith;
using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ok;
using testing::Peer;
using testing::ServiceFixture;
using ::testing::StartsWith;

class ProxySafetyTest : public ServiceFixture {
 protected:
  void SetUp() override { add_route("/a", origin_.url()); }

  // A second client gets its own answer, over its own connection.
  void expect_next_client_unharmed() {
    Peer next = client();
    Peer fresh = forward(next, get("/a"));
    fresh.send(ok("clean"));
    const std::string answer = next.take_until("clean");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("evil")));
  }
};

struct Bytes {
  std::string_view name;
  std::string_view bytes;
};
std::string row_name(const ::testing::TestParamInfo<Bytes>& row) {
  return std::string(row.param.name);
}

// Answers that are sound, with bytes behind them that the origin hopes to pass to another client.
class Splitting : public ProxySafetyTest, public ::testing::WithParamInterface<Bytes> {};

TEST_P(Splitting, NeverReachesAnotherClient) {
  Peer victim = client();
  Peer origin = forward(victim, get("/a"));
  origin.send(GetParam().bytes);
  const std::string answer = victim.take_until("ok");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("evil")));
  origin.take_to_end();
  expect_next_client_unharmed();
  turns();
  EXPECT_THAT(victim.received(), Not(HasSubstr("evil")));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Splitting,
    ::testing::Values(
        Bytes{"SecondResponse",
              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
              "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"},
        Bytes{"LengthTooSmall", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokevil"},
        Bytes{"BehindTheLastChunk",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: ok\r\n\r\n2\r\nok\r\n0\r\n\r\n"
              "evil"},
        Bytes{"LoneLineFeed", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\n"}),
    row_name);

// Answers whose framing cannot be trusted: 502, the connection is dropped.
class BadHead : public ProxySafetyTest, public ::testing::WithParamInterface<Bytes> {};

TEST_P(BadHead, Is502AndDropped) {
  Peer victim = client();
  Peer origin = forward(victim, get("/a"));
  origin.send(GetParam().bytes);
  const std::string answer = victim.take_until("\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 502 Bad Gateway\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("evil")));
  origin.take_to_end();
  expect_next_client_unharmed();
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadHead,
    ::testing::Values(
        Bytes{"LengthAndChunked",
              "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
              "4\r\nevil\r\n0\r\n\r\n"},
        Bytes{"TwoLengths",
              "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 0\r\n\r\nevil"},
        Bytes{"LengthList", "HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nevil"},
        Bytes{"LengthWithSign", "HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nevil"},
        Bytes{"LengthOverflow",
              "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551620\r\n\r\nevil"},
        Bytes{"OddCoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nevil"},
        Bytes{"ChunkedTwice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\nevil"},
        Bytes{"SpaceBeforeColon", "HTTP/1.1 200 OK\r\nContent-Length : 4\r\n\r\nevil"},
        Bytes{"ControlByte", "HTTP/1.1 200 OK\r\nX: a\x01evil\r\nContent-Length: 0\r\n\r\n"},
        Bytes{"BareCarriageReturn",
              "HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: evil\r\nContent-Length: 0\r\n\r\n"},
        Bytes{"Status099", "HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n"},
        Bytes{"NotHttp", "evil\r\n\r\n"}),
    row_name);

// Bodies that break off or break the rules: what the client has got must not look complete.
class BadBody : public ProxySafetyTest, public ::testing::WithParamInterface<Bytes> {};

TEST_P(BadBody, CutsTheClientVisibly) {
  Peer victim = client();
  Peer origin = forward(victim, get("/a"));
  origin.send(GetParam().bytes);
  origin.close();
  const std::string answer = victim.take_to_end();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, Not(EndsWith("0\r\n\r\n")));
  EXPECT_THAT(answer, Not(HasSubstr("evil")));
  if (answer.find("Content-Length") != std::string::npos) {
    EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
  }
  expect_next_client_unharmed();
  EXPECT_EQ(totals("/a").origin_errors, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadBody,
    ::testing::Values(
        Bytes{"LengthTooLarge", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"},
        Bytes{"ChunksWithoutEnd",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
        Bytes{"CutWithinAChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello"},
        Bytes{"ChunkSizeNotHex",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\nevil"},
        Bytes{"ChunkSizeNegative",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n-1\r\nevil"},
        Bytes{"ChunkOverrun",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloevil\r\n0\r\n\r\n"},
        Bytes{"ChunkSizeHuge",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
              "fffffffffffffffff\r\nevil"}),
    row_name);

TEST_F(ProxySafetyTest, InterimFloodIs502) {
  Peer victim = client();
  Peer origin = forward(victim, get("/a"));
  for (int i = 0; i < 100; ++i) {
    if (origin.send_some("HTTP/1.1 103 Early Hints\r\n\r\n") == 0) break;
  }
  EXPECT_THAT(victim.take_until("too many interim responses\n"), HasSubstr("HTTP/1.1 502 "));
  origin.take_to_end();
  expect_next_client_unharmed();
}

// An origin that answers before the body has come: the client gets the answer, and neither the rest
// of the body nor anything else reaches the next request on either side.
TEST_F(ProxySafetyTest, AnEarlyAnswerEndsTheOriginsConnection) {
  Peer eager = client();
  Peer origin =
      forward(eager, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\nGET /evil");
  origin.take_until("GET /evil");
  origin.send(ok("done", "X: early\r\n"));
  EXPECT_THAT(eager.take_until("done"), HasSubstr("X: early"));
  origin.take_to_end();
  eager.send(" HTTP/1.1\r\nHost: evil\r\n\r\nthe rest of the sixty......");
  expect_next_client_unharmed();
  turns();
  EXPECT_FALSE(origin_.has_connection()) << "the rest of a body became a request";
}

// "Content-Length: 5" with nine bytes: the four behind it are the next request, which is no HTTP.
TEST_F(ProxySafetyTest, BytesBehindARequestAreNotItsBody) {
  Peer browser = client();
  Peer origin =
      forward(browser, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloevil");
  EXPECT_EQ(origin.take_until("hello"), "hello");
  origin.send(ok("one"));
  browser.take_until("one");
  browser.send("\r\n\r\n");
  EXPECT_THAT(browser.take_to_end(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(origin.received(), "");
}

TEST_F(ProxySafetyTest, AMalformedUploadEndsBothSides) {
  Peer browser = client();
  Peer origin = forward(browser,
                        "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "5\r\nhello\r\n");
  origin.take_until("hello\r\n");
  browser.send("zz\r\n");
  EXPECT_THAT(origin.take_to_end(), Not(HasSubstr("0\r\n\r\n")));
  browser.take_to_end();
  EXPECT_EQ(service_->exchanges(), 0U);
}

}  // namespace
}  // namespace mex::proxy
