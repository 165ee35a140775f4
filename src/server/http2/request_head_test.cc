// Which heads of HTTP/2 become a request, and which one. A row each, by section of RFC 9113.

#include "server/http2/request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mex::server::http2 {
namespace {

using Fault = RequestHead::Fault;
using Field = std::pair<std::string, std::string>;

constexpr http::RequestLimits kLimits;

struct Row {
  std::string name;
  std::vector<Field> fields;
  Fault fault = Fault::None;
  int status = 0;  // Refused
  bool has_body = false;
};

std::vector<Field> get(std::vector<Field> more, std::string path = "/") {
  std::vector<Field> fields{
      {":method", "GET"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", path}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}
std::vector<Field> without_authority(std::vector<Field> more) {
  std::vector<Field> fields{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}
std::vector<Field> pseudo(std::string method, std::string scheme, std::string authority,
                          std::string path) {
  return {{":method", std::move(method)},
          {":scheme", std::move(scheme)},
          {":authority", std::move(authority)},
          {":path", std::move(path)}};
}

Fault read(RequestHead& head, const Row& row) {
  for (const auto& [name, value] : row.fields) {
    if (const Fault fault = head.add(name, value); fault != Fault::None) return fault;
  }
  return head.finish(row.has_body);
}

std::string nul(std::string_view before, std::string_view behind) {
  return std::string(before) + '\0' + std::string(behind);
}

const std::vector<Row> kRows = {
    {"8.3.1 the least", get({})},
    {"8.3.1 Host instead of :authority", without_authority({{"host", "a.example"}})},
    {"8.3.1 Host equal to :authority", get({{"host", "A.example"}})},
    {"8.3.1 neither", without_authority({}), Fault::Refused, 400},
    {"8.3.1 Host differs", get({{"host", "b.example"}}), Fault::Refused, 400},
    {"8.3.1 Host with another port", get({{"host", "a.example:8443"}}), Fault::Refused, 400},
    {"8.3.1 two Hosts", without_authority({{"host", "a"}, {"host", "a"}}), Fault::Refused, 400},
    {"8.3.1 two Hosts beside :authority", get({{"host", "a.example"}, {"host", "a.example"}}),
     Fault::Refused, 400},
    {"8.3.1 user in :authority", pseudo("GET", "https", "u@a", "/"), Fault::Refused, 400},
    {"8.3.1 space in :authority", pseudo("GET", "https", "a b", "/"), Fault::Refused, 400},
    {"8.3.1 line in :authority", pseudo("GET", "https", "a\r\nx: y", "/"), Fault::Refused, 400},
    {"8.3.1 comma in :authority", pseudo("GET", "https", "a,b", "/"), Fault::Refused, 400},
    {"8.3.1 port 0", pseudo("GET", "https", "a:0", "/"), Fault::Refused, 400},
    {"8.3.1 no :method",
     {{":scheme", "https"}, {":authority", "a"}, {":path", "/"}},
     Fault::Malformed},
    {"8.3.1 no :scheme",
     {{":method", "GET"}, {":authority", "a"}, {":path", "/"}},
     Fault::Malformed},
    {"8.3.1 no :path",
     {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}},
     Fault::Malformed},
    {"8.3.1 empty :path", pseudo("GET", "https", "a", ""), Fault::Malformed},
    {"8.3.1 empty :method", pseudo("", "https", "a", "/"), Fault::Malformed},
    {"8.3.1 empty :authority", pseudo("GET", "https", "", "/"), Fault::Malformed},
    {"8.3.1 :path without slash", get({}, "a"), Fault::Refused, 400},
    {"8.3.1 :path with a host", get({}, "https://b/"), Fault::Refused, 400},
    {"8.3.1 :path in absolute-form", get({}, "http://a.example/"), Fault::Refused, 400},
    {"8.3.1 :path with fragment", get({}, "/a#b"), Fault::Refused, 400},
    {"8.3.1 :path with space", get({}, "/a b"), Fault::Refused, 400},
    {"8.3.1 :path with version", get({}, "/ HTTP/1.1"), Fault::Refused, 400},
    {"8.3.1 :path with lines", get({}, "/ HTTP/1.1\r\nhost: b\r\n\r\nGET /"), Fault::Refused, 400},
    {"8.3.1 :path with tab", get({}, "/a\tb"), Fault::Refused, 400},
    {"8.3.1 :path with NUL", get({}, nul("/a", "b")), Fault::Refused, 400},
    {"8.3.1 :path with LF", get({}, "/a\nb"), Fault::Refused, 400},
    {"8.3.1 :path with DEL", get({}, "/a\x7f"), Fault::Refused, 400},
    {"8.3.1 :path not ASCII", get({}, "/\xc3\xa4"), Fault::Refused, 400},
    {"8.3.1 * for GET", get({}, "*"), Fault::Refused, 400},
    {"8.3.1 * for OPTIONS", pseudo("OPTIONS", "https", "a", "*")},
    {"8.3.1 OPTIONS of a path", pseudo("OPTIONS", "https", "a", "/x")},
    {"8.3.1 ** for OPTIONS", pseudo("OPTIONS", "https", "a", "**"), Fault::Refused, 400},
    {"8.3.1 :path too long", get({}, "/" + std::string(9'000, 'a')), Fault::Refused, 414},
    {"8.3.1 method in lower case", pseudo("get", "https", "a", "/"), Fault::Refused, 400},
    {"8.3.1 method with space", pseudo("GET /x", "https", "a", "/"), Fault::Refused, 400},
    {"8.3.1 method with line", pseudo("GET / HTTP/1.1\r\nX", "https", "a", "/"), Fault::Refused,
     400},
    {"8.3.1 unknown method", pseudo("PURGE", "https", "a", "/")},
    {"8.3.1 scheme of no web", pseudo("GET", "ftp", "a", "/"), Fault::Refused, 400},
    {"8.3.1 scheme in upper case", pseudo("GET", "HTTPS", "a", "/"), Fault::Refused, 400},
    {"8.3.1 scheme with path", pseudo("GET", "https://b/", "a", "/"), Fault::Refused, 400},
    {"8.3 pseudo-header behind a field",
     {{":method", "GET"}, {"x", "y"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}},
     Fault::Malformed},
    {"8.3 duplicate :method", {{":method", "GET"}, {":method", "GET"}}, Fault::Malformed},
    {"8.3 duplicate :path", {{":path", "/"}, {":path", "/x"}}, Fault::Malformed},
    {"8.3 duplicate :authority", {{":authority", "a"}, {":authority", "a"}}, Fault::Malformed},
    {"8.3 duplicate :scheme", {{":scheme", "https"}, {":scheme", "https"}}, Fault::Malformed},
    {"8.3 :status in a request", get({{":status", "200"}}), Fault::Malformed},
    {"8.3 unknown pseudo-header", {{":method", "GET"}, {":x", "y"}}, Fault::Malformed},
    {"8.3 a colon alone", {{":", "y"}}, Fault::Malformed},
    {"8.2 name in upper case", get({{"X-Name", "y"}}), Fault::Malformed},
    {"8.2 Transfer-Encoding in upper case", get({{"Transfer-Encoding", "chunked"}}),
     Fault::Malformed},
    {"8.2.1 empty name", get({{"", "y"}}), Fault::Malformed},
    {"8.2.1 name with colon", get({{"x:y", "z"}}), Fault::Malformed},
    {"8.2.1 name with space", get({{"x y", "z"}}), Fault::Malformed},
    {"8.2.1 name with line", get({{"x\r\ny", "z"}}), Fault::Malformed},
    {"8.2.1 name with NUL", get({{nul("x", "y"), "z"}}), Fault::Malformed},
    {"8.2.1 name not ASCII", get({{"x\xff", "z"}}), Fault::Malformed},
    {"8.2.1 value with CR LF", get({{"x", "y\r\nz: 1"}}), Fault::Malformed},
    {"8.2.1 value with LF", get({{"x", "y\nz: 1"}}), Fault::Malformed},
    {"8.2.1 value with CR", get({{"x", "y\rz"}}), Fault::Malformed},
    {"8.2.1 value with NUL", get({{"x", nul("y", "z")}}), Fault::Malformed},
    {"8.2.1 value with control byte", get({{"x", "y\x01z"}}), Fault::Malformed},
    {"8.2.1 space before value", get({{"x", " y"}}), Fault::Malformed},
    {"8.2.1 tab behind value", get({{"x", "y\t"}}), Fault::Malformed},
    {"8.2.1 only a space", get({{"x", " "}}), Fault::Malformed},
    {"8.2.1 tab within value", get({{"x", "y\tz"}})},
    {"8.2.1 empty value", get({{"x", ""}})},
    {"8.2.1 value not ASCII", get({{"x", "\xc3\xa4"}})},
    {"8.2.2 connection", get({{"connection", "close"}}), Fault::Malformed},
    {"8.2.2 connection names a field", get({{"connection", "x"}, {"x", "y"}}), Fault::Malformed},
    {"8.2.2 keep-alive", get({{"keep-alive", "5"}}), Fault::Malformed},
    {"8.2.2 proxy-connection", get({{"proxy-connection", "close"}}), Fault::Malformed},
    {"8.2.2 transfer-encoding", get({{"transfer-encoding", "chunked"}}), Fault::Malformed},
    {"8.2.2 transfer-encoding identity", get({{"transfer-encoding", "identity"}}),
     Fault::Malformed},
    {"8.2.2 upgrade", get({{"upgrade", "websocket"}}), Fault::Malformed},
    {"8.2.2 upgrade to h2c", get({{"upgrade", "h2c"}}), Fault::Malformed},
    {"8.2.2 te: trailers", get({{"te", "trailers"}})},
    {"8.2.2 te: gzip", get({{"te", "gzip"}}), Fault::Malformed},
    {"8.2.2 te: trailers, gzip", get({{"te", "trailers, gzip"}}), Fault::Malformed},
    {"8.1.1 content-length", get({{"content-length", "5"}}), Fault::None, 0, true},
    {"8.1.1 two content-length", get({{"content-length", "5"}, {"content-length", "5"}}),
     Fault::Refused, 400, true},
    {"8.1.1 content-length list", get({{"content-length", "5, 5"}}), Fault::Refused, 400, true},
    {"8.1.1 content-length signed", get({{"content-length", "+5"}}), Fault::Refused, 400, true},
    {"8.1.1 content-length negative", get({{"content-length", "-5"}}), Fault::Refused, 400, true},
    {"8.1.1 content-length in hex", get({{"content-length", "0x5"}}), Fault::Refused, 400, true},
    {"8.1.1 content-length empty", get({{"content-length", ""}}), Fault::Refused, 400, true},
    {"8.1.1 content-length too large", get({{"content-length", "9223372036854775808"}}),
     Fault::Refused, 400, true},
    {"9110 10.1.1 unknown expectation", get({{"expect", "x"}}), Fault::Refused, 417, true},
    {"8.5 CONNECT", {{":method", "CONNECT"}, {":authority", "a:443"}}, Fault::Refused, 501, true},
    {"8.5 CONNECT with :path", pseudo("CONNECT", "https", "a", "/"), Fault::Refused, 501, true},
    {"8441 4 :protocol without CONNECT",
     {{":method", "GET"},
      {":protocol", "websocket"},
      {":scheme", "https"},
      {":authority", "a"},
      {":path", "/"}},
     Fault::Malformed,
     0,
     true},
    {"8441 4 another protocol",
     {{":method", "CONNECT"},
      {":protocol", "connect-udp"},
      {":scheme", "https"},
      {":authority", "a"},
      {":path", "/"}},
     Fault::Refused,
     501,
     true},
    {"8441 4 without :authority",
     {{":method", "CONNECT"},
      {":protocol", "websocket"},
      {":scheme", "https"},
      {":path", "/"},
      {"host", "a"}},
     Fault::Malformed,
     0,
     true},
    {"8441 4 without :path",
     {{":method", "CONNECT"},
      {":protocol", "websocket"},
      {":scheme", "https"},
      {":authority", "a"}},
     Fault::Malformed,
     0,
     true},
    {"8441 4 that ends at once",
     {{":method", "CONNECT"},
      {":protocol", "websocket"},
      {":scheme", "https"},
      {":authority", "a"},
      {":path", "/"}},
     Fault::Malformed},
    {"8441 4 with content-length",
     {{":method", "CONNECT"},
      {":protocol", "websocket"},
      {":scheme", "https"},
      {":authority", "a"},
      {":path", "/"},
      {"content-length", "5"}},
     Fault::Malformed,
     0,
     true},
    {"10.5.1 head too large", get({{"x", std::string(33'000, 'y')}}), Fault::Refused, 431},
    {"10.5.1 head without end", get({{"x", std::string(66'000, 'y')}}), Fault::Endless},
    {"10.5.1 too many fields", get(std::vector<Field>(101, {"x", "y"})), Fault::Refused, 431},
};

TEST(RequestHeadTest, RowsAreReadAsTheySay) {
  RequestHead head(kLimits);
  for (const Row& row : kRows) {
    head.reset();
    EXPECT_EQ(read(head, row), row.fault) << row.name;
    EXPECT_EQ(head.status(), row.status) << row.name;
    if (row.fault == Fault::None) {
      EXPECT_EQ(head.head().version, http::Version::Http11) << row.name;
    }
  }
}

TEST(RequestHeadTest, CrumbsOfCookiesBecomeOneLine) {
  RequestHead head(kLimits);
  ASSERT_EQ(read(head, {"", get({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}})}), Fault::None);
  EXPECT_EQ(head.head().headers.value(http::KnownHeader::Cookie), "a=1; b=2");
  EXPECT_EQ(head.head().headers.count(http::KnownHeader::Cookie), 1U);
}

TEST(RequestHeadTest, BodyWithoutLengthIsChunked) {
  RequestHead head(kLimits);
  ASSERT_EQ(read(head, {"", get({}), Fault::None, 0, true}), Fault::None);
  EXPECT_EQ(head.head().framing.kind, http::BodyFraming::Kind::Chunked);
  head.reset();
  ASSERT_EQ(read(head, {"", get({{"content-length", "5"}}), Fault::None, 0, true}), Fault::None);
  EXPECT_EQ(head.head().framing.length, 5U);
  head.reset();
  ASSERT_EQ(read(head, {"", get({})}), Fault::None);
  EXPECT_EQ(head.head().framing.kind, http::BodyFraming::Kind::None);
}

TEST(RequestHeadTest, WebSocketIsAnUpgradeWithAKeyOfOurs) {
  const Row row{"",
                {{":method", "CONNECT"},
                 {":protocol", "websocket"},
                 {":scheme", "https"},
                 {":authority", "a"},
                 {":path", "/chat?x"},
                 {"sec-websocket-key", "theirs"},
                 {"sec-websocket-version", "13"}},
                Fault::None,
                0,
                true};
  RequestHead head(kLimits);
  std::string keys[2];
  for (std::string& key : keys) {
    head.reset();
    ASSERT_EQ(read(head, row), Fault::None);
    EXPECT_TRUE(head.is_websocket());
    EXPECT_EQ(head.head().method, http::Method::Get);
    EXPECT_EQ(head.head().path, "/chat");
    EXPECT_TRUE(head.head().wants_upgrade);
    EXPECT_EQ(head.head().framing.kind, http::BodyFraming::Kind::None);
    EXPECT_EQ(head.head().headers.count(http::KnownHeader::SecWebSocketKey), 1U);
    key = head.head().headers.value(http::KnownHeader::SecWebSocketKey);
    EXPECT_EQ(key.size(), 24U);
    EXPECT_EQ(key.substr(22), "==");
  }
  EXPECT_NE(keys[0], keys[1]);
}

TEST(RequestHeadTest, TrailersAreChecked) {
  EXPECT_EQ(RequestHead::check_trailer("x-checksum", "5"), Fault::None);
  for (const auto& [name, value] : std::vector<Field>{{"X", "y"},
                                                      {":path", "/"},
                                                      {"x", "y\r\n"},
                                                      {"content-length", "5"},
                                                      {"host", "a"},
                                                      {"transfer-encoding", "chunked"},
                                                      {"connection", "close"}}) {
    EXPECT_EQ(RequestHead::check_trailer(name, value), Fault::Malformed) << name;
  }
}

}  // namespace
}  // namespace mex::server::http2
