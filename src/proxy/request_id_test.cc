#include "proxy/request_id.h"

#include <gtest/gtest.h>

#include <set>

namespace mex::proxy {
namespace {

TEST(RequestIdTest, WhatALogCanTakeIsTaken) {
  for (const char* id : {"1", "7f-aB._~:/+=@", "0af7651916cd43dd8448eb211c80319c"}) {
    EXPECT_TRUE(is_request_id(id)) << id;
  }
  EXPECT_TRUE(is_request_id(std::string(128, 'x')));
  for (const char* id : {"", "a b", "a\"b", "<script>", "a\tb", "\xC3\xA9", "a;b", "$(x)", "a,b"}) {
    EXPECT_FALSE(is_request_id(id)) << id;
  }
  EXPECT_FALSE(is_request_id(std::string(129, 'x')));
}

TEST(RequestIdTest, NoTwoAreTheSame) {
  std::set<std::string> seen;
  RequestIds one;
  RequestIds other;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.insert(std::string(one.next().view())).second);
    EXPECT_TRUE(seen.insert(std::string(other.next().view())).second);
  }
  for (const std::string& id : seen) EXPECT_TRUE(is_request_id(id)) << id;
}

}  // namespace
}  // namespace mex::proxy
