#include "http/writer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "http/request_parser.h"
#include "http/status_code.h"

namespace mex::http {
namespace {

using namespace std::string_literals;
using Error = HeadWriter::Error;

class HeadWriterTest : public testing::Test {
 protected:
  std::span<char> first_bytes(std::size_t count) { return {space_.data(), count}; }

  std::array<char, 1024> space_{};
  HeadWriter head_{space_};
};

TEST_F(HeadWriterTest, WritesAResponse) {
  head_.status_line(404);
  head_.header(KnownHeader::ContentLength, std::uint64_t{18446744073709551615U});
  head_.header("X-Mine", "a b");
  head_.header(KnownHeader::Server, "");
  head_.end();
  EXPECT_EQ(head_.error(), Error::None);
  EXPECT_EQ(head_.text(),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 18446744073709551615\r\nX-Mine: a b\r\n"
            "Server: \r\n\r\n");
}

TEST_F(HeadWriterTest, WritesARequest) {
  head_.request_line("PROPFIND", "/a%20b?c");
  const std::string_view pieces[] = {"for=", "\"[::1]\"", ";proto=https"};
  head_.header("Forwarded", pieces);
  head_.end();
  EXPECT_EQ(head_.text(),
            "PROPFIND /a%20b?c HTTP/1.1\r\nForwarded: for=\"[::1]\";proto=https\r\n\r\n");
}

TEST_F(HeadWriterTest, KeepsTheReasonOfAnOrigin) {
  head_.status_line(299, "Very \xE9 OK");
  EXPECT_EQ(head_.text(), "HTTP/1.1 299 Very \xE9 OK\r\n");
}

// CWE-113: the head is unusable, whichever part was unsafe.
TEST_F(HeadWriterTest, RefusesUnsafeText) {
  for (const std::string& value :
       {"a\r\nSet-Cookie: b"s, "a\nb"s, "a\rb"s, "a\0b"s, "a\x7F"s, "\x01"s}) {
    HeadWriter in_value(space_);
    in_value.header("X", value);
    EXPECT_EQ(in_value.error(), Error::UnsafeText) << value;
    HeadWriter in_reason(space_);
    in_reason.status_line(200, value);
    EXPECT_EQ(in_reason.error(), Error::UnsafeText) << value;
    HeadWriter in_piece(space_);
    const std::string_view pieces[] = {"fine", value};
    in_piece.header("X", pieces);
    EXPECT_EQ(in_piece.error(), Error::UnsafeText) << value;
  }
  for (const char* name : {"", "X Y", "X:", "X\r\nY", "X\xE9"}) {
    HeadWriter in_name(space_);
    in_name.header(name, "a");
    EXPECT_EQ(in_name.error(), Error::UnsafeText) << name;
    HeadWriter in_method(space_);
    in_method.request_line(name, "/");
    EXPECT_EQ(in_method.error(), Error::UnsafeText) << name;
  }
  for (const char* target : {"", "/a b", "/\r\n", "/\x7F", "/\xE9", "/\t"}) {
    HeadWriter in_target(space_);
    in_target.request_line("GET", target);
    EXPECT_EQ(in_target.error(), Error::UnsafeText) << target;
  }
  for (const int status : {-1, 0, 99, 600, 1000}) {
    HeadWriter in_status(space_);
    in_status.status_line(status);
    EXPECT_EQ(in_status.error(), Error::UnsafeText) << status;
  }
}

TEST_F(HeadWriterTest, UnsafeTextIsNotForgottenLater) {
  head_.header("X", "a\nb");
  head_.header("Y", "fine");
  head_.end();
  EXPECT_EQ(head_.error(), Error::UnsafeText);
}

TEST_F(HeadWriterTest, MoreSpaceDoesNotHelpUnsafeText) {
  HeadWriter small(first_bytes(4));
  small.header("X", "a\nb");
  small.header("Y", "more than there is space for");
  EXPECT_EQ(small.error(), Error::UnsafeText);
}

TEST_F(HeadWriterTest, TellsHowMuchSpaceIsNeeded) {
  HeadWriter small(first_bytes(10));
  small.status_line(200);
  small.header("X", std::string(30, 'y'));
  small.end();
  EXPECT_EQ(small.error(), Error::NoSpace);
  const std::size_t needed = small.size();

  HeadWriter exact(first_bytes(needed));
  exact.status_line(200);
  exact.header("X", std::string(30, 'y'));
  exact.end();
  EXPECT_EQ(exact.error(), Error::None);
  EXPECT_EQ(exact.size(), needed);
}

TEST_F(HeadWriterTest, NeverWritesBehindItsSpace) {
  space_.fill('~');
  HeadWriter small(first_bytes(20));
  small.status_line(200);
  small.header("X", "y");
  EXPECT_EQ(std::string_view(space_.data() + 20, 20), std::string(20, '~'));
}

TEST(StatusCodeTest, EveryCodeHasAReason) {
  EXPECT_EQ(reason_of(200), "OK");
  EXPECT_EQ(reason_of(502), "Bad Gateway");
  for (int status = 100; status < 600; ++status) EXPECT_FALSE(reason_of(status).empty()) << status;
}

TEST(StatusCodeTest, BodyIsForbidden) {
  for (const int status : {100, 101, 199, 204, 304}) EXPECT_TRUE(status_forbids_body(status));
  for (const int status : {200, 205, 206, 303, 404}) EXPECT_FALSE(status_forbids_body(status));
}

TEST(ParseErrorTest, EveryErrorHasAStatusAndAText) {
  for (std::size_t i = 1; i < kParseErrorCount; ++i) {
    const auto error = static_cast<ParseError>(i);
    EXPECT_GE(status_for(error), 400) << i;
    EXPECT_LE(status_for(error), 505) << i;
    EXPECT_FALSE(to_string(error).empty()) << i;
  }
  EXPECT_EQ(status_for(ParseError::VersionUnsupported), 505);
  EXPECT_EQ(status_for(ParseError::MethodNotImplemented), 501);
  EXPECT_EQ(status_for(ParseError::ExpectationUnknown), 417);
  EXPECT_EQ(status_for(ParseError::HostMissing), 400);
}

TEST(MethodTest, NamesAndIdempotence) {
  for (int i = 0; i < static_cast<int>(Method::Other); ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(recognise_method(to_string(method)), method);
  }
  EXPECT_EQ(recognise_method("Get"), Method::Other);
  EXPECT_EQ(recognise_method(""), Method::Other);
  EXPECT_TRUE(is_idempotent(Method::Put));
  EXPECT_FALSE(is_idempotent(Method::Post));
  EXPECT_FALSE(is_idempotent(Method::Patch));
  EXPECT_FALSE(is_idempotent(Method::Other));
}

}  // namespace
}  // namespace mex::http
