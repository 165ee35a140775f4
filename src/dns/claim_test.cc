#include "dns/claim.h"

#include <gtest/gtest.h>

namespace mex::dns {
namespace {

TEST(ClaimTest, IsReadAsItWasWritten) {
  const Claim claim{"a1b2c3d4", {"203.0.113.5", "2001:db8::5"}, true, 17};
  EXPECT_EQ(encode(claim),
            "mexosagent agent=a1b2c3d4 beat=17 below=yes addresses=203.0.113.5,2001:db8::5");
  EXPECT_EQ(parse_claim(encode(claim)), claim);
  EXPECT_EQ(claims_name("edge.example"), "_mexosagent.edge.example");
}

TEST(ClaimTest, FitsIntoOneString) {
  const std::string longest_address = "2001:0db8:ffff:ffff:ffff:ffff:ffff:ffff";
  const Claim claim{std::string(8, 'a'), std::vector<std::string>(4, longest_address), true, ~0ULL};
  EXPECT_LE(encode(claim).size(), 255U);
}

TEST(ClaimTest, WhatIsNoClaimIsNobodys) {
  for (const char* text : {"", "v=spf1 -all", "mexosagent", "mexosagent agent=a beat=1 below=no",
                           "mexosagent agent=a beat=1 below=no addresses=",
                           "mexosagent agent= beat=1 below=no addresses=1.1.1.1",
                           "mexosagent agent=a beat=x below=no addresses=1.1.1.1",
                           "mexosagent agent=a beat=1 below=maybe addresses=1.1.1.1",
                           "mexosagent agent=A beat=1 below=no addresses=1.1.1.1",
                           "mexosagent agent=a beat=1 below=no addresses=one",
                           "mexosagent agent=a beat=1 below=no addresses=1,,2",
                           "mexosagent agent=a beat=1 below=no addresses=1,2,3,4,5",
                           "mexosagent beat=1 agent=a below=no addresses=1.1.1.1",
                           "mexosagent agent=a beat=1 below=no addresses=1.1.1.1 more=x",
                           "xmexosagent agent=a beat=1 below=no addresses=1.1.1.1"}) {
    EXPECT_FALSE(parse_claim(text)) << text;
  }
}

}  // namespace
}  // namespace mex::dns
