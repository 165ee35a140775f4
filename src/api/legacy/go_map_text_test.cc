#include "api/legacy/go_map_text.h"

#include <gtest/gtest.h>

namespace mex::api {
namespace {

routing::ProxyRouteView route(const std::string& path, const std::string& origin) {
  routing::ProxyRouteView view;
  view.path = path;
  view.origin = origin;
  return view;
}

TEST(GoMapTextTest, IsWhatGoPrints) {
  EXPECT_EQ(go_map_text({}), "map[]");
  EXPECT_EQ(go_map_text({route("/p/*c", "http://10.0.0.1:80")}), "map[/p/*c:http://10.0.0.1:80]");
  EXPECT_EQ(go_map_text({route("/a", "http://x"), route("/b", "http://y")}),
            "map[/a:http://x /b:http://y]");
}

}  // namespace
}  // namespace mex::api
