// The cases of W3C's test suite for Trace Context, for a proxy that passes traces on.

#include "proxy/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "proxy/service_fixture.h"

namespace mex::proxy {
namespace {

using testing::get;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::Peer;

constexpr const char* kValid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContextTest, WhatIsATraceparent) {
  const std::pair<std::string, bool> kCases[] = {
      {kValid, true},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff", true},
      // Later versions may have more behind another dash.
      {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true},
      {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-will-be", true},
      {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what", false},
      {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what", false},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", false},
      {"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
      // Upper-case letters, in any part.
      {"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false},
      {"00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01", false},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A", false},
      {"CC-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
      // All zero.
      {"00-00000000000000000000000000000000-b7ad6b7169203331-01", false},
      {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false},
      // Too short, too long, other characters, dashes elsewhere.
      {"", false},
      {"00", false},
      {"0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
      {"000-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
      {"00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-001", false},
      {"00-0af7651916cd43dd8448eb211c80319c1-b7ad6b7169203331-01", false},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01", false},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1", false},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x", false},
      {"00-.af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
      {".0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
      {"00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01", false},
      {"00-0af7651916cd43dd8448eb211c80319c b7ad6b7169203331-01", false},
  };
  for (const auto& [text, is_valid] : kCases) EXPECT_EQ(is_traceparent(text), is_valid) << text;
  EXPECT_EQ(trace_id_of(kValid), "0af7651916cd43dd8448eb211c80319c");
}

TEST(TraceContextTest, OneThatIsMadeIsValid) {
  TraceParent trace;
  EXPECT_TRUE(trace.is_empty());
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX}) {
    trace.make(number, number, number);
    EXPECT_TRUE(is_traceparent(trace.view())) << trace.view();
  }
  EXPECT_EQ(trace.view(), "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-00");
  trace.clear();
  EXPECT_EQ(trace.view(), "");
}

std::string state_of(const std::vector<std::string>& lines) {
  http::HeaderList headers;
  for (const std::string& line : lines) headers.append("tracestate", line);
  TraceStateSpace space;
  return std::string(trace_state(headers, space));
}

TEST(TraceContextTest, WhatIsATracestate) {
  const std::pair<std::vector<std::string>, std::string> kCases[] = {
      {{"foo=1"}, "foo=1"},
      {{"foo=1,bar=2"}, "foo=1,bar=2"},
      {{"foo=1", "bar=2"}, "foo=1,bar=2"},
      {{"foo=1 \t , \t bar=2"}, "foo=1,bar=2"},
      {{"foo=1,,bar=2,"}, "foo=1,bar=2"},
      {{"", "foo=1"}, "foo=1"},
      {{""}, ""},
      {{"foo=1", ""}, "foo=1"},
      {{"foo=1,foo=1"}, "foo=1,foo=1"},
      {{"t@v=1"}, "t@v=1"},
      {{"1t@v=1"}, "1t@v=1"},
      {{"foo-_*/bar=1"}, "foo-_*/bar=1"},
      {{"foo= 1"}, "foo= 1"},
      // Malformed: nothing of it.
      {{"foo"}, ""},
      {{"foo=1,bar"}, ""},
      {{"foo =1"}, ""},
      {{"FOO=1"}, ""},
      {{"1foo=1"}, ""},
      {{"foo.bar=1"}, ""},
      {{"foo@=1"}, ""},
      {{"@foo=1"}, ""},
      {{"foo@@bar=1"}, ""},
      {{"foo@bar@baz=1"}, ""},
      {{"t@1v=1"}, ""},
      {{"foo="}, ""},
      {{"foo=bar=baz"}, ""},
      {{"foo=1,\xff=2"}, ""},
      {{"foo=\xff"}, ""},
  };
  for (const auto& [lines, expected] : kCases) EXPECT_EQ(state_of(lines), expected) << lines[0];
}

TEST(TraceContextTest, LimitsOfATracestate) {
  const std::string key(256, 'a');
  EXPECT_EQ(state_of({key + "=1"}), key + "=1");
  EXPECT_EQ(state_of({key + "a=1"}), "");
  const std::string tenant = std::string(241, 't') + "@" + std::string(14, 'v');
  EXPECT_EQ(state_of({tenant + "=1"}), tenant + "=1");
  EXPECT_EQ(state_of({"t" + tenant + "=1"}), "");
  EXPECT_EQ(state_of({tenant + "v=1"}), "");
  const std::string value(256, 'v');
  EXPECT_EQ(state_of({"a=" + value}), "a=" + value);
  EXPECT_EQ(state_of({"a=" + value + "v"}), "");

  std::string members;
  for (int i = 0; i < 32; ++i) members += "k" + std::to_string(i) + "=1,";
  EXPECT_NE(state_of({members}), "");
  EXPECT_EQ(state_of({members + "one=more"}), "");

  // Too long: long members first, then those at the end.
  const std::string big = "big=" + std::string(130, 'x');
  std::string small;
  for (int i = 0; i < 10; ++i) small += "," + std::string(20, 'k') + "=" + std::string(28, 'v');
  const std::string shortened = state_of({"first=1," + big + small});
  EXPECT_THAT(shortened, HasSubstr("first=1,kkk"));
  EXPECT_LE(shortened.size(), kMaxTraceState);
  EXPECT_TRUE(shortened.ends_with("v"));
  EXPECT_EQ(shortened.size(), 7U + 10U * 50U) << "whole members";
}

class TraceTest : public testing::ServiceFixture {
 protected:
  std::string seen_by_origin(const std::string& headers) {
    add_route("/a", origin_.url());
    Peer browser = client();
    forward(browser, get("/a", headers));
    return head_;
  }
};

TEST_F(TraceTest, AClientsTraceIsPassedOnAsItIs) {
  const std::string head = seen_by_origin(std::string("traceparent: ") + kValid +
                                          "\r\ntracestate: a=1\r\ntracestate: b=2\r\n");
  EXPECT_THAT(head, HasSubstr(std::string(kValid) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("Tracestate: a=1,b=2\r\n"));
}

TEST_F(TraceTest, WhatIsNoTraceIsReplacedByANewOne) {
  for (const char* headers :
       {"traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n",
        "traceparent: none\r\ntracestate: a=1\r\n",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"}) {
    const std::string head = seen_by_origin(headers);
    EXPECT_THAT(head, MatchesRegex("(.|\r|\n)*\r\nTraceparent: "
                                   "00-[0-9a-f]{32}-[0-9a-f]{16}-00\r\n(.|\r|\n)*"));
    EXPECT_THAT(head, Not(HasSubstr("traceparent")));
    EXPECT_THAT(head, Not(HasSubstr("tracestate")));
    EXPECT_THAT(head, Not(HasSubstr("0af7651916cd43dd8448eb211c80319c")));
  }
}

TEST_F(TraceTest, ATracestateAloneMeansNothing) {
  EXPECT_THAT(seen_by_origin("tracestate: a=1\r\n"), Not(HasSubstr("race")));
}

TEST_F(TraceTest, AMalformedTracestateEndsWithoutItsTrace) {
  const std::string head =
      seen_by_origin(std::string("traceparent: ") + kValid + "\r\ntracestate: A=1\r\n");
  EXPECT_THAT(head, HasSubstr(kValid));
  EXPECT_THAT(head, Not(HasSubstr("tracestate")));
}

TEST_F(TraceTest, WithoutTheOptionNothingIsMade) {
  const std::string head = seen_by_origin("");
  EXPECT_THAT(head, Not(HasSubstr("race")));
  EXPECT_THAT(head, Not(HasSubstr("X-Request-ID")));
}

TEST_F(TraceTest, WithTheOptionRequestsGetNames) {
  context_.options.names_requests = true;
  EXPECT_THAT(seen_by_origin(""), MatchesRegex("(.|\r|\n)*\r\nX-Request-ID: [a-z0-9]+-[0-9a-f]+\r\n"
                                               "Traceparent: 00-[0-9a-f-]+-00\r\n(.|\r|\n)*"));
  const std::string head = seen_by_origin("X-Request-ID: mine\r\n");
  EXPECT_THAT(head, HasSubstr("X-Request-ID: mine\r\n"));
  EXPECT_THAT(seen_by_origin("X-Request-ID: <script>\r\n"), Not(HasSubstr("script")));
}

}  // namespace
}  // namespace mex::proxy
