#include "base/random_id.h"

#include <gtest/gtest.h>

#include <set>

namespace mex::base {
namespace {

TEST(RandomId, FitsDnsLabelsAndDiffers) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_id(8);
    ASSERT_EQ(id.size(), 8U);
    ASSERT_GE(id[0], 'a');
    ASSERT_LE(id[0], 'z');
    ASSERT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(RandomHex, HasTwoDigitsForEachByte) {
  const std::string token = random_hex(32);
  EXPECT_EQ(token.size(), 64U);
  EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(token, random_hex(32));
}

TEST(RandomIdTest, IsKnownAgainByItsForm) {
  EXPECT_TRUE(is_random_id(random_id(8), 8));
  for (const char* other : {"", "k3v9x2a", "k3v9x2ab ", "3kv9x2ab", "k3v9x2aB", "k3v9x2a\n"}) {
    EXPECT_FALSE(is_random_id(other, 8)) << other;
  }
  EXPECT_FALSE(is_random_id("", 0));
}

}  // namespace
}  // namespace mex::base
