#include "http/owned_request_head.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "http/request_parser.h"

namespace mex::http {
namespace {

// What the copy was made from is gone, and its memory with it.
void copy_of_text(OwnedRequestHead& copy, std::string text) {
  const auto bytes = std::make_unique<std::string>(std::move(text));
  RequestParser parser;
  ASSERT_EQ(parser.feed(*bytes).state, ParseOutcome::State::Complete);
  copy.copy_of(parser.head());
}

TEST(OwnedRequestHeadTest, OutlivesTheBytesThatItWasReadFrom) {
  OwnedRequestHead copy;
  copy_of_text(copy,
               "POST /a/b?c=d HTTP/1.1\r\nHost: Example.org:8080\r\nX-Mine: two words\r\n"
               "Content-Length: 7\r\n\r\n");
  const RequestHead& head = copy.head();
  EXPECT_EQ(head.method, Method::Post);
  EXPECT_EQ(head.method_text, "POST");
  EXPECT_EQ(head.target, "/a/b?c=d");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.query, "c=d");
  EXPECT_EQ(head.host_text, "Example.org:8080");
  EXPECT_EQ(head.host.host, "Example.org");
  EXPECT_EQ(head.host.port, 8080);
  EXPECT_EQ(head.headers.value("x-mine"), "two words");
  EXPECT_EQ(head.headers.value(KnownHeader::ContentLength), "7");
  EXPECT_EQ(head.framing, (BodyFraming{BodyFraming::Kind::ContentLength, 7}));
}

TEST(OwnedRequestHeadTest, IsUsedAgainForALongerOneAndForAShorterOne) {
  OwnedRequestHead copy;
  copy_of_text(copy, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string longer(5000, 'x');
  copy_of_text(copy, "GET /b HTTP/1.1\r\nHost: b\r\nX-Long: " + longer + "\r\n\r\n");
  EXPECT_EQ(copy.head().headers.value("x-long"), longer);
  copy_of_text(copy, "GET /c HTTP/1.1\r\nHost: c\r\n\r\n");
  EXPECT_EQ(copy.head().path, "/c");
  EXPECT_EQ(copy.head().headers.size(), 1U);
}

}  // namespace
}  // namespace mex::http
