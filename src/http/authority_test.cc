#include "http/authority.h"

#include <gtest/gtest.h>

#include <string>

namespace mex::http {
namespace {

TEST(AuthorityTest, Accepts) {
  struct Row {
    const char* text;
    const char* host;
    int port;
    bool is_ipv6;
  };
  for (const Row& row : {
           Row{"a", "a", 0, false},
           Row{"Example.org", "Example.org", 0, false},
           Row{"my_host-1.local.:8080", "my_host-1.local.", 8080, false},
           Row{"10.0.0.1:1", "10.0.0.1", 1, false},
           Row{"a:65535", "a", 65535, false},
           Row{"a:00080", "a", 80, false},
           Row{"[::1]", "::1", 0, true},
           Row{"[2001:db8::7]:443", "2001:db8::7", 443, true},
           Row{"[::ffff:10.0.0.1]:80", "::ffff:10.0.0.1", 80, true},
       }) {
    const auto authority = parse_authority(row.text);
    ASSERT_TRUE(authority.has_value()) << row.text;
    EXPECT_EQ(authority->host, row.host);
    EXPECT_EQ(authority->port, row.port) << row.text;
    EXPECT_EQ(authority->is_ipv6, row.is_ipv6) << row.text;
  }
}

TEST(AuthorityTest, Refuses) {
  for (const std::string& text : {std::string(""),
                                  std::string(":80"),
                                  std::string("a:"),
                                  std::string("a:0"),
                                  std::string("a:65536"),
                                  std::string("a:123456"),
                                  std::string("a:8 0"),
                                  std::string("a:+80"),
                                  std::string("a b"),
                                  std::string("a,b"),
                                  std::string("a/b"),
                                  std::string("u@a"),
                                  std::string("a%41"),
                                  std::string("a;b"),
                                  std::string("a?b"),
                                  std::string("a#b"),
                                  std::string("a\\b"),
                                  std::string("a:80:80"),
                                  std::string("::1"),
                                  std::string("[::1"),
                                  std::string("[::1]x"),
                                  std::string("[::1]:"),
                                  std::string("[]"),
                                  std::string("[a]"),
                                  std::string("[fe80::1%eth0]"),
                                  std::string("\xC3\xA9"),
                                  std::string(254, 'a')}) {
    EXPECT_FALSE(parse_authority(text).has_value()) << text;
  }
}

// RFC 4291 section 2.2.
TEST(Ipv6Test, Accepts) {
  for (const char* text :
       {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8",
        "FFFF:abcd::", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "64:ff9b::192.0.2.33"}) {
    EXPECT_TRUE(is_ipv6_address(text)) << text;
  }
}

TEST(Ipv6Test, Refuses) {
  for (const char* text : {"",
                           ":",
                           ":::",
                           "1",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "1::2::3",
                           "12345::",
                           "g::",
                           "1:",
                           ":1",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::1.2.3",
                           "::1.2.3.256",
                           "::1.2.3.04",
                           "::1.2.3.4.5",
                           "1.2.3.4::",
                           "::1.2.3.",
                           "1.2.3.4"}) {
    EXPECT_FALSE(is_ipv6_address(text)) << text;
  }
}

}  // namespace
}  // namespace mex::http
