#include "proxy/route/rewrite.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/uri.h"
#include "proxy/route/trie.h"

namespace mex::proxy::route {
namespace {

// What a request becomes: the target for the origin, "301" for a redirect, "404" for no route,
// "400" for a path that is not routed at all.
std::string outcome(std::string_view pattern, std::string_view origin, std::string_view target) {
  RoutePart part{};
  auto route = make_route(pattern, origin, std::make_shared<Counters>(1), part);
  EXPECT_TRUE(route.ok()) << route.status();
  const Trie trie = Trie().with(*route);

  const std::size_t mark = target.find('?');
  std::string space(target.size(), '\0');
  const http::NormalPath path =
      http::normalize_path(target.substr(0, mark), space, http::Slashes::Kept);
  if (path.fault != http::PathFault::None) return "400";
  std::string merged_space(path.path.size(), '\0');
  const Match match = trie.match(http::merge_slashes(path.path, merged_space));
  if (match.route == nullptr) return "404";
  if (match.redirect_to_slash) return "301";

  const bool has_query = mark != std::string_view::npos;
  const RequestTarget request{path.path, has_query ? target.substr(mark + 1) : "", has_query};
  std::vector<char> out(rewritten_size(**route, request));
  return std::string(rewrite_target(**route, request, out));
}

struct Row {
  std::string_view pattern;
  std::string_view origin;
  std::string_view target;
  std::string_view expected;
};

class Rewriting : public testing::TestWithParam<Row> {};

TEST_P(Rewriting, GivesTheOriginsTarget) {
  const Row& row = GetParam();
  EXPECT_EQ(outcome(row.pattern, row.origin, row.target), row.expected)
      << row.pattern << " " << row.origin << " " << row.target;
}

INSTANTIATE_TEST_SUITE_P(
    PrefixForm, Rewriting,
    testing::Values(
        Row{"/test2", "http://o", "/test2", "/"}, Row{"/test2", "http://o", "/test2?q=1", "/?q=1"},
        Row{"/test2", "http://o", "/test2?", "/?"}, Row{"/test2", "http://o", "/test2/x?q", "/x?q"},
        Row{"/test2", "http://o", "/test2/", "/"},
        Row{"/test2", "http://o", "/test2/x/y/", "/x/y/"},
        Row{"/test2", "http://o/base", "/test2", "/base"},
        Row{"/test2", "http://o/base/", "/test2", "/base/"},
        Row{"/test2", "http://o/base", "/test2/", "/base/"},
        Row{"/test2", "http://o/base/", "/test2/x", "/base/x"},
        Row{"/test2", "http://o", "/test22", "404"}, Row{"/test2", "http://o", "/test2x/y", "404"},
        Row{"/test2", "http://o", "/test", "404"}, Row{"/test2", "http://o", "/", "404"},
        Row{"/test2", "http://o", "/TEST2", "404"}, Row{"/", "http://o", "/", "/"},
        Row{"/", "http://o/base", "/a/b/", "/base/a/b/"},
        Row{"/t3/", "http://o", "/t3/x/y/", "/x/y/"}, Row{"/t3/", "http://o", "/t3/", "/"},
        Row{"/t3/", "http://o", "/t3", "301"}));

INSTANTIATE_TEST_SUITE_P(WildcardForm, Rewriting,
                         testing::Values(Row{"/app/*c", "http://o", "/app", "301"},
                                         Row{"/app/*c", "http://o", "/app?x", "301"},
                                         Row{"/app/*c", "http://o", "/app/", "/"},
                                         Row{"/app/*c", "http://o", "/app/a/b?x=1", "/a/b?x=1"},
                                         Row{"/app/*c", "http://o", "/app/a/b/", "/a/b"},
                                         Row{"/app/*c", "http://o", "/app/a/?x=/", "/a?x=/"},
                                         Row{"/pre/*c", "http://o/base/", "/pre/z", "/base/z"},
                                         Row{"/pre/*c", "http://o/base/", "/pre/", "/base"},
                                         Row{"/pre/*c", "http://o/base", "/pre/", "/base"},
                                         Row{"/pre/*c", "http://o/base", "/pre/z/", "/base/z"},
                                         Row{"/*c", "http://o", "/", "/"},
                                         Row{"/*c", "http://o", "/x/", "/x"},
                                         Row{"/app/*c", "http://o", "/apple", "404"},
                                         Row{"/app/*c", "http://o", "/ap", "404"}));

// Another spelling of a path leads to the same place, or nowhere; never around the prefix or out of
// the origin's base path.
INSTANTIATE_TEST_SUITE_P(
    Spellings, Rewriting,
    testing::Values(
        Row{"/a", "http://o/b", "/%61/x", "/b/x"}, Row{"/a", "http://o/b", "//a//x", "/b//x"},
        Row{"/a", "http://o/b", "/c/../a/x", "/b/x"}, Row{"/a", "http://o/b", "/a/x/../y", "/b/y"},
        Row{"/a", "http://o/b", "/a/../x", "404"}, Row{"/a", "http://o/b", "/a/%2e%2E/x", "404"},
        Row{"/a", "http://o/b", "/a/../../x", "400"}, Row{"/a", "http://o/b", "/a/..%2fx", "400"},
        Row{"/a", "http://o/b", "/a/..%5cx", "400"}, Row{"/a", "http://o/b", "/a/..\\x", "400"},
        Row{"/a", "http://o/b", "/a/..;x/y", "400"}, Row{"/a", "http://o/b", "/a%2Fx", "404"},
        Row{"/a", "http://o/b", "/a/x%2fy", "/b/x%2Fy"},
        Row{"/a/*c", "http://o/b", "/a//x", "/b//x"},
        Row{"/a/*c", "http://o", "/a/x%2Fy", "/x%2Fy"}, Row{"/a", "http://o", "/a/%00", "400"}));

// Empty segments arrive as they were sent, wherever they stand behind the key; they change nothing
// about which route a path has.
INSTANTIATE_TEST_SUITE_P(
    EmptySegments, Rewriting,
    testing::Values(
        Row{"/mq", "http://o", "/mq/a//b", "/a//b"}, Row{"/mq", "http://o", "/mq//a", "//a"},
        Row{"/mq", "http://o", "/mq//", "//"}, Row{"/mq", "http://o", "/mq/a///b//", "/a///b//"},
        Row{"/mq", "http://o/base", "/mq//a", "/base//a"}, Row{"/mq", "http://o", "//mq/a", "/a"},
        Row{"/mq", "http://o", "///mq//a", "//a"}, Row{"/mq", "http://o", "/mq/%2f/a", "/%2F/a"},
        Row{"/mq", "http://o", "/mq/%2f", "/%2F"}, Row{"/mq", "http://o", "/%2f", "404"},
        Row{"/mq", "http://o", "/%2fmq/a", "404"}, Row{"/mq", "http://o", "/mq//..//x", "404"},
        Row{"/mq", "http://o", "/mq//a/..//x", "///x"}, Row{"/mq", "http://o", "/mq//../..", "400"},
        Row{"/mq", "http://o", "/mq/a//../b", "/b"}, Row{"/", "http://o", "//x//y", "/x//y"},
        Row{"/", "http://o/b", "//x", "/b/x"}, Row{"/a/b", "http://o", "/a//b/c", "/c"},
        Row{"/a/b", "http://o", "//a///b//c", "//c"}, Row{"/a/b", "http://o", "/a//b", "/"},
        Row{"/a/b/", "http://o", "/a//b//c", "//c"}, Row{"/a/b/*r", "http://o", "/a//b//c/", "//c"},
        Row{"/a/b/*r", "http://o", "/a//b", "301"}));

TEST(Rewriting, RefusesPatternAndOriginApart) {
  RoutePart part{};
  EXPECT_FALSE(make_route("x", "http://o", nullptr, part).ok());
  EXPECT_EQ(part, RoutePart::Path);
  EXPECT_FALSE(make_route("/x", "10.1.1.1:80", nullptr, part).ok());
  EXPECT_EQ(part, RoutePart::Origin);
}

TEST(Route, OriginsThatShareConnectionsHaveOneKey) {
  RoutePart part{};
  const auto key = [&part](std::string_view origin) {
    return make_route("/x", origin, nullptr, part).value()->origin_key();
  };
  EXPECT_EQ(key("http://o"), key("http://O:80/base"));
  EXPECT_NE(key("http://o"), key("https://o:80"));
  EXPECT_EQ(key("http://[::1]:8080/x"), "http://[::1]:8080");
}

}  // namespace
}  // namespace mex::proxy::route
