#include "base/base64.h"

#include <gtest/gtest.h>

#include <utility>

namespace mex::base {
namespace {

TEST(Base64Test, TheVectorsOfTheRfc) {  // RFC 4648 section 10
  for (const auto& [plain, encoded] :
       {std::pair("", ""), std::pair("f", "Zg=="), std::pair("fo", "Zm8="),
        std::pair("foo", "Zm9v"), std::pair("foob", "Zm9vYg=="), std::pair("fooba", "Zm9vYmE="),
        std::pair("foobar", "Zm9vYmFy")}) {
    EXPECT_EQ(base64_encode(plain), encoded);
  }
  EXPECT_EQ(base64_encode("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace mex::base
