#include "base/dns_name.h"

#include <gtest/gtest.h>

namespace mex::base {
namespace {

TEST(DnsLabel, TakesLowerCaseLettersDigitsAndInnerHyphens) {
  for (const char* good : {"a", "test-1", "0", "a--b"}) EXPECT_TRUE(is_dns_label(good)) << good;
  for (const char* wrong : {"", "-a", "a-", "A", "a.b", "a_b", "a b", "\xc3\xa4", "a/b"}) {
    EXPECT_FALSE(is_dns_label(wrong)) << wrong;
  }
  EXPECT_TRUE(is_dns_label(std::string(40, 'a'), 40));
  EXPECT_FALSE(is_dns_label(std::string(41, 'a'), 40));
  EXPECT_TRUE(is_dns_label(std::string(63, 'a')));
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
}

TEST(DnsName, HasOneNormalForm) {
  EXPECT_EQ(normal_dns_name("Agent1.Example.NET."), "agent1.example.net");
  EXPECT_EQ(normal_dns_name(""), "");
  EXPECT_EQ(normal_dns_name("a.."), "a.");
}

TEST(DnsName, IsMadeOfLabels) {
  const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                              std::string(63, 'c') + "." + std::string(61, 'd');
  for (const std::string& name :
       {std::string("a"), std::string("agent1.example.net"), std::string("xn--bcher-kva.example"),
        std::string("1.2.example"), std::string(63, 'a') + ".b", longest}) {
    EXPECT_TRUE(is_dns_name(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a..b"), std::string("a."), std::string("A.b"),
        std::string("-a.b"), std::string("a-.b"), std::string("a_b.c"), std::string("*.a.b"),
        std::string("10.0.0.1"), std::string("a b"), std::string("a\n.b"),
        std::string(64, 'a') + ".b", longest + "d"}) {
    EXPECT_FALSE(is_dns_name(name)) << name;
  }
}

TEST(DnsSubdomain, TakesLabelsWithDots) {
  for (const char* good : {"a", "a.b", "ntp-1.example.org", "1.2"}) {
    EXPECT_TRUE(is_dns_subdomain(good)) << good;
  }
  for (const char* wrong : {"", ".", "a.", ".a", "a..b", "A.b", "-a.b", "a_b", "a b"}) {
    EXPECT_FALSE(is_dns_subdomain(wrong)) << wrong;
  }
  EXPECT_TRUE(is_dns_subdomain(std::string(63, 'a') + ".b"));
  EXPECT_FALSE(is_dns_subdomain(std::string(64, 'a') + ".b"));
}

}  // namespace
}  // namespace mex::base
