#include "proxy/route/host_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"

namespace mex::proxy::route {
namespace {

using ::testing::HasSubstr;

TEST(HostPattern, IsComparedInOneForm) {
  const struct {
    std::string text;
    std::string shown;
    bool is_wildcard;
  } rows[] = {
      {"", "", false},
      {"www.example.com", "www.example.com", false},
      {"WWW.Example.COM", "www.example.com", false},
      {"www.example.com.", "www.example.com", false},
      {"*.Example.com.", "*.example.com", true},
      {"*.com", "*.com", true},
      {"localhost", "localhost", false},
      {"10.0.0.1", "10.0.0.1", false},
      {"a_b.xn--bcher-kva.example", "a_b.xn--bcher-kva.example", false},
  };
  for (const auto& row : rows) {
    const auto pattern = HostPattern::parse(row.text);
    ASSERT_TRUE(pattern.ok()) << row.text << ": " << pattern.status();
    EXPECT_EQ(pattern->to_string(), row.shown);
    EXPECT_EQ(pattern->is_wildcard(), row.is_wildcard) << row.text;
    EXPECT_EQ(pattern->is_any(), row.text.empty());
  }
}

TEST(HostPattern, WhatIsNoHostIsRefusedWithWhatWouldBeRight) {
  const struct {
    std::string text;
    std::string reason;
  } rows[] = {
      {"*", "whole first label"},
      {"*.", "must be a name"},
      {".", "empty label"},
      {"a..b", "empty label"},
      {".example.com", "empty label"},
      {"www.*.com", "whole first label"},
      {"w*.example.com", "whole first label"},
      {"*.*.example.com", "whole first label"},
      {"www.example.com:8080", "without a port"},
      {"[::1]", "0x5b"},
      {"::1", "without a port"},
      {"https://example.com", "without a port"},
      {"example.com/path", "0x2f"},
      {"b\xc3\xbc"
       "cher.example",
       "xn--"},
      {"a b", "0x20"},
      {std::string("a\0b", 3), "0x00"},
      {"a\r\nX: y", "0x0d"},
      {std::string(64, 'a') + ".example", "label of 64"},
      {std::string(300, 'a'), "at most 253"},
  };
  for (const auto& row : rows) {
    const auto pattern = HostPattern::parse(row.text);
    ASSERT_FALSE(pattern.ok()) << row.text;
    EXPECT_THAT(std::string(base::message_of(pattern.status())), HasSubstr(row.reason));
  }
}

}  // namespace
}  // namespace mex::proxy::route
