#include "api/go_map_text.h"

#include <gtest/gtest.h>

namespace mex::api {
namespace {

TEST(GoMapTextTest, IsWhatGoPrints) {
  EXPECT_EQ(go_map_text({}), "map[]");
  EXPECT_EQ(go_map_text({{.name = "n", .path = "/p/*c", .origin = "http://10.0.0.1:80"}}),
            "map[/p/*c:http://10.0.0.1:80]");
  EXPECT_EQ(
      go_map_text({{.path = "/a", .origin = "http://x"}, {.path = "/b", .origin = "http://y"}}),
      "map[/a:http://x /b:http://y]");
}

}  // namespace
}  // namespace mex::api
