#include "http/trailers.h"

#include <gtest/gtest.h>

#include <string>

#include "http/body_reader.h"
#include "http/field_line.h"

namespace mex::http {
namespace {

HeaderList list_of(std::string_view lines) {
  HeaderList list;
  EXPECT_TRUE(parse_field_lines(lines, list)) << lines;
  return list;
}

std::string written(const HeaderList& trailers) {
  std::string space(last_chunk_size(trailers), '\0');
  space.resize(write_last_chunk(trailers, space));
  return space;
}

TEST(TrailersTest, Rfc9110Section6_5_1FieldsThatAreNoTrailersAreLeftOut) {
  for (const char* name : {"Authorization",
                           "Cache-Control",
                           "Connection",
                           "Content-Encoding",
                           "Content-Length",
                           "Content-Range",
                           "Content-Type",
                           "Cookie",
                           "Date",
                           "Expect",
                           "Expires",
                           "Host",
                           "If-None-Match",
                           "Location",
                           "Max-Forwards",
                           "Proxy-Authorization",
                           "Range",
                           "Set-Cookie",
                           "TE",
                           "Trailer",
                           "Transfer-Encoding",
                           "Upgrade",
                           "Vary",
                           "WWW-Authenticate",
                           "CDN-Loop",
                           "Keep-Alive",
                           "Retry-After",
                           "X-Forwarded-For",
                           "X_Real_IP",
                           "X-Forwarded-User"}) {
    HeaderList list;
    list.append(name, "1");
    list.append("x-sum", "5");
    EXPECT_EQ(written(list), "0\r\nx-sum: 5\r\n\r\n") << name;
  }
}

TEST(TrailersTest, Rfc9112Section7_1_2TrailersArePassedOnInTheirOrder) {
  const std::string lines = "grpc-status: 0\r\ngrpc-message:\r\nX-Sum:  5 \r\nETag: \"a\"\r\n";
  EXPECT_EQ(written(list_of(lines)),
            "0\r\ngrpc-status: 0\r\ngrpc-message: \r\nX-Sum: 5\r\nETag: \"a\"\r\n\r\n");
}

TEST(TrailersTest, NoTrailersAreThePlainLastChunk) { EXPECT_EQ(written({}), "0\r\n\r\n"); }

TEST(TrailersTest, WhatWouldEndALineIsNotWritten) {
  HeaderList list;
  list.append("x", "a\r\nHost: evil");
  EXPECT_EQ(written(list), "");
}

TEST(TrailersTest, MoreThanAListHoldsAreRefused) {
  std::string lines;
  for (std::size_t i = 0; i <= HeaderList::kCapacity; ++i) lines += "a: b\r\n";
  HeaderList list;
  EXPECT_FALSE(parse_field_lines(lines, list));
}

// Byte by byte, so that no piece of them is in the way of another one.
TEST(TrailersTest, ABodyGivesItsTrailersOnceItIsWhole) {
  BodyReader body({BodyFraming::Kind::Chunked, 0});
  const std::string text = "1\r\na\r\n0\r\nX-Sum: 5\r\nX-Empty:\r\n\r\n";
  for (const char& byte : text) {
    EXPECT_FALSE(body.done());
    EXPECT_EQ(body.take({&byte, 1}).error, ParseError::None);
  }
  EXPECT_TRUE(body.done());
  EXPECT_EQ(body.trailers(), "X-Sum: 5\r\nX-Empty:\r\n");
}

TEST(TrailersTest, OtherBodiesHaveNone) {
  EXPECT_EQ(BodyReader().trailers(), "");
  EXPECT_EQ(BodyReader({BodyFraming::Kind::ContentLength, 3}).trailers(), "");
}

}  // namespace
}  // namespace mex::http
