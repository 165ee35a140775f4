#include "base/nearest_word.h"

#include <gtest/gtest.h>

#include <vector>

namespace mex::base {
namespace {

const std::vector<std::string> kWords = {"name", "allowed", "page_size", "listen", "ports", "on"};

TEST(NearestWordTest, WhatWasMeant) {
  const std::pair<const char*, const char*> cases[] = {
      {"alowed", "allowed"},     {"Allowed", "allowed"},     {"ALLOWED", "allowed"},
      {"allwoed", "allowed"},    {"nmae", "name"},           {"names", "name"},
      {"pageSize", "page_size"}, {"page-size", "page_size"}, {"pagesize", "page_size"},
      {"port", "ports"},         {"lissten", "listen"},      {"allowed_", "allowed"},
  };
  for (const auto& [given, meant] : cases) {
    EXPECT_EQ(nearest_word(given, kWords), meant) << given;
  }
}

TEST(NearestWordTest, WhatIsFarFromAllIsNone) {
  for (const std::string& given :
       {std::string(), std::string("x"), std::string("zz"), std::string("completely"),
        std::string("___"), std::string("\xff\x00\xfe", 3), std::string(100'000, 'a')}) {
    EXPECT_EQ(nearest_word(given, kWords), std::nullopt) << given.substr(0, 20);
  }
  EXPECT_EQ(nearest_word("name", {}), std::nullopt);
}

TEST(NearestWordTest, AdviceNamesTheNearOneOrAll) {
  EXPECT_EQ(advice_of("alowed", kWords), "did you mean \"allowed\"?");
  EXPECT_EQ(advice_of("zzz", kWords), "known are name, allowed, page_size, listen, ports, on");
  EXPECT_EQ(advice_of("zzz", {}), "there are none");
  const std::vector<std::string> many(1000, "wwwwwwwwww");
  EXPECT_LT(advice_of("zzz", many).size(), 400U);
}

}  // namespace
}  // namespace mex::base
