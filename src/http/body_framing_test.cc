#include "http/body_framing.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

namespace mex::http {
namespace {

using Kind = BodyFraming::Kind;

HeaderList headers_of(const std::vector<std::pair<const char*, const char*>>& fields) {
  HeaderList headers;
  for (const auto& [name, value] : fields) headers.append(name, value);
  return headers;
}

const HeaderList kNothing;
const HeaderList kLength5 = headers_of({{"Content-Length", "5"}});
const HeaderList kChunked = headers_of({{"Transfer-Encoding", "chunked"}});

// RFC 9112 section 6.3, rule by rule, for responses.
TEST(ResponseFramingTest, FollowsTheRules) {
  struct Row {
    const char* rule = "";
    int status = 0;
    Method method = Method::Get;
    const HeaderList* headers = nullptr;
    BodyFraming framing;
  };
  for (const Row& row : {
           Row{"1 HEAD", 200, Method::Head, &kLength5, {}},
           Row{"1 HEAD chunked", 200, Method::Head, &kChunked, {}},
           Row{"1 HEAD without framing", 200, Method::Head, &kNothing, {}},
           Row{"1 100", 100, Method::Post, &kNothing, {}},
           Row{"1 101", 101, Method::Get, &kNothing, {}},
           Row{"1 204", 204, Method::Get, &kNothing, {}},
           Row{"1 204 with length", 204, Method::Get, &kLength5, {}},
           Row{"1 304 with length", 304, Method::Get, &kLength5, {}},
           Row{"1 304 chunked", 304, Method::Get, &kChunked, {}},
           Row{"2 CONNECT", 200, Method::Connect, &kLength5, {}},
           Row{"2 CONNECT refused", 403, Method::Connect, &kLength5, {Kind::ContentLength, 5}},
           Row{"4 chunked", 200, Method::Get, &kChunked, {Kind::Chunked, 0}},
           Row{"4 chunked error", 500, Method::Get, &kChunked, {Kind::Chunked, 0}},
           Row{"6 length", 200, Method::Get, &kLength5, {Kind::ContentLength, 5}},
           Row{"8 until close", 200, Method::Get, &kNothing, {Kind::UntilClose, 0}},
           Row{"8 205 until close", 205, Method::Get, &kNothing, {Kind::UntilClose, 0}},
       }) {
    const FramingVerdict verdict =
        response_framing(Version::Http11, row.status, row.method, *row.headers);
    EXPECT_EQ(verdict.error, ParseError::None) << row.rule;
    EXPECT_EQ(verdict.framing, row.framing) << row.rule;
  }
}

TEST(ResponseFramingTest, FaultyFieldsAreRefusedEvenWhereNoBodyComes) {
  const HeaderList bad = headers_of({{"Content-Length", "5x"}});
  EXPECT_EQ(response_framing(Version::Http11, 200, Method::Head, bad).error,
            ParseError::ContentLengthInvalid);
  EXPECT_EQ(response_framing(Version::Http11, 304, Method::Get, bad).error,
            ParseError::ContentLengthInvalid);
  EXPECT_EQ(response_framing(Version::Http11, 200, Method::Connect, kChunked).error,
            ParseError::TransferEncodingNotAllowed);
}

TEST(RequestFramingTest, FollowsTheRules) {
  EXPECT_EQ(request_framing(Version::Http11, kNothing).framing, BodyFraming{});
  EXPECT_EQ(request_framing(Version::Http10, kLength5).framing,
            (BodyFraming{Kind::ContentLength, 5}));
  EXPECT_EQ(request_framing(Version::Http11, kChunked).framing, (BodyFraming{Kind::Chunked, 0}));
  EXPECT_EQ(request_framing(Version::Http10, kChunked).error,
            ParseError::TransferEncodingNotAllowed);
}

TEST(RequestFramingTest, LargestLength) {
  const HeaderList largest = headers_of({{"Content-Length", "9223372036854775807"}});
  EXPECT_EQ(request_framing(Version::Http11, largest).framing.length, 9223372036854775807U);
}

}  // namespace
}  // namespace mex::http
