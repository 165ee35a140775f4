#include "proxy/route/route_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace mex::proxy::route {
namespace {

struct RuleText {
  std::string host;
  std::string path;
  ConditionSpec conditions{};
  bool is_exact = false;
};

Rule parsed_rule(const RuleText& text) {
  return {HostPattern::parse(text.host).value(),
          text.is_exact ? PathPattern::parse_exact(text.path).value()
                        : PathPattern::parse(text.path).value(),
          Conditions::create(text.conditions).value()};
}

std::shared_ptr<const Route> parsed_route(const RuleText& text) {
  return std::make_shared<const Route>(parsed_rule(text), http::OriginUrl(), nullptr);
}

RouteTable table_of(const std::vector<RuleText>& rules) {
  RouteTable table;
  for (const RuleText& each : rules) table = table.with(parsed_route(each));
  return table;
}

std::string text_of(const Rule& rule) {
  std::string text = rule.host.to_string() + rule.path.text();
  if (rule.path.kind() == PatternKind::Exact) text += " exactly";
  if (!rule.conditions.is_any()) text += " with " + rule.conditions.to_string();
  return text;
}

std::string matched(const RouteTable& table, const RoutedRequest& request) {
  const Match match = table.match(request);
  if (match.route == nullptr) return "none";
  return text_of(match.route->rule()) + (match.redirect_to_slash ? " redirect" : "");
}
std::string matched(const RouteTable& table, std::string_view host, std::string_view path) {
  return matched(table, {.path = path, .host = host, .method = "GET"});
}

ConditionSpec method(const char* name) { return {{name}, {}, {}}; }
ConditionSpec with_header(const char* name, const char* value) {
  return {{}, {{name, FieldTest::Exact, value}}, {}};
}

TEST(RouteTable, EmptyMatchesNothing) {
  EXPECT_EQ(matched(RouteTable(), "a", "/"), "none");
  EXPECT_EQ(RouteTable().find(parsed_rule({"a", "/"})), nullptr);
  EXPECT_EQ(RouteTable().without(parsed_rule({"a", "/"})).size(), 0U);
}

TEST(RouteTable, AnExactHostBeatsAWildcardBeatsNone) {
  const RouteTable table = table_of({{"", "/"},
                                     {"*.example.com", "/"},
                                     {"*.b.example.com", "/"},
                                     {"a.b.example.com", "/"},
                                     {"example.com", "/"}});
  const struct {
    const char* host;
    const char* matched;
  } rows[] = {
      {"a.b.example.com", "a.b.example.com/"},
      {"A.B.Example.COM", "a.b.example.com/"},
      {"a.b.example.com.", "a.b.example.com/"},
      {"c.b.example.com", "*.b.example.com/"},
      {"d.c.b.example.com", "*.b.example.com/"},
      {"b.example.com", "*.example.com/"},
      {"x.a.b.example.com", "*.b.example.com/"},
      {"xa.b.example.com", "*.b.example.com/"},
      {"www.example.com", "*.example.com/"},
      {"example.com", "example.com/"},
      {"notexample.com", "/"},
      {"example.com.evil", "/"},
      {".example.com", "/"},
      {"com", "/"},
      {".", "/"},
      {"", "/"},
  };
  for (const auto& row : rows) EXPECT_EQ(matched(table, row.host, "/x"), row.matched) << row.host;
}

TEST(RouteTable, AHostLeavesWhatItDoesNotCoverToTheNextOne) {
  const RouteTable table =
      table_of({{"", "/test2"}, {"*.example.com", "/shop"}, {"www.example.com", "/app/*rest"}});
  EXPECT_EQ(matched(table, "www.example.com", "/app/x"), "www.example.com/app/*rest");
  EXPECT_EQ(matched(table, "www.example.com", "/app"), "www.example.com/app/*rest redirect");
  EXPECT_EQ(matched(table, "www.example.com", "/shop/1"), "*.example.com/shop");
  EXPECT_EQ(matched(table, "www.example.com", "/test2/x"), "/test2");
  EXPECT_EQ(matched(table, "www.example.com", "/"), "none");
  EXPECT_EQ(matched(table, "other", "/shop"), "none");
}

TEST(RouteTable, ExactBeatsPrefixOfOnePath) {
  const RouteTable table = table_of({{"", "/a"}, {"", "/a", {}, true}, {"", "/t/", {}, true}});
  EXPECT_EQ(matched(table, "", "/a"), "/a exactly");
  EXPECT_EQ(matched(table, "", "/a/"), "/a");
  EXPECT_EQ(matched(table, "", "/a/b"), "/a");
  EXPECT_EQ(matched(table, "", "/t/"), "/t/ exactly");
  EXPECT_EQ(matched(table, "", "/t/x"), "none");
  // It is for that path only, so it is no reason to send a client there.
  EXPECT_EQ(matched(table, "", "/t"), "none");
}

TEST(RouteTable, TheMostConditionsOfOnePathWin) {
  const RouteTable table =
      table_of({{"", "/a"},
                {"", "/a", {{}, {}, {{"v", FieldTest::Exact, "2"}}}},
                {"", "/a", with_header("x", "1")},
                {"", "/a", {{}, {{"x", FieldTest::Exact, "1"}, {"y", FieldTest::Present}}, {}}},
                {"", "/a", method("POST")}});
  const auto ask = [&table](const char* method, const char* query, bool x, bool y) {
    http::HeaderList headers;
    if (x) headers.append("X", "1");
    if (y) headers.append("Y", "");
    return matched(table, {.path = "/a/b", .method = method, .query = query, .headers = &headers});
  };
  EXPECT_EQ(ask("GET", "", false, false), "/a");
  EXPECT_EQ(ask("GET", "", false, true), "/a");
  EXPECT_EQ(ask("GET", "v=2", false, false), "/a with parameter v = 2");
  EXPECT_EQ(ask("GET", "v=2", true, false), "/a with header x = 1");
  EXPECT_EQ(ask("GET", "v=2", true, true), "/a with header x = 1, header y present");
  EXPECT_EQ(ask("POST", "v=2", true, true), "/a with POST");
}

TEST(RouteTable, ConditionsThatFailLeaveTheRequestToAShorterPathAndALessExactHost) {
  const RouteTable table = table_of({{"", "/"},
                                     {"", "/a/b", method("POST")},
                                     {"", "/a/*rest", method("PUT")},
                                     {"h", "/a/b", method("PUT")}});
  EXPECT_EQ(matched(table, {.path = "/a/b/c", .method = "POST"}), "/a/b with POST");
  EXPECT_EQ(matched(table, {.path = "/a/b/c", .method = "PUT"}), "/a/*rest with PUT");
  EXPECT_EQ(matched(table, {.path = "/a/b", .method = "GET"}), "/");
  EXPECT_EQ(matched(table, {.path = "/a/b", .host = "h", .method = "PUT"}), "h/a/b with PUT");
  EXPECT_EQ(matched(table, {.path = "/a/b", .host = "h", .method = "POST"}), "/a/b with POST");
  // The path with the slash would not be this route's either.
  EXPECT_EQ(matched(table, {.path = "/a", .method = "PUT"}), "/a/*rest with PUT redirect");
  EXPECT_EQ(matched(table, {.path = "/a", .method = "GET"}), "/");
}

TEST(RouteTable, AMissingSlashIsLookedForWhereThePathItselfHasNoRoute) {
  const RouteTable table = table_of({{"", "/a", method("POST")}, {"", "/a/*rest"}});
  EXPECT_EQ(matched(table, {.path = "/a", .method = "POST"}), "/a with POST");
  EXPECT_EQ(matched(table, {.path = "/a", .method = "GET"}), "/a/*rest redirect");
}

std::shared_ptr<const Route> regex_route(const char* host, const char* expression,
                                         ConditionSpec conditions = {}) {
  return std::make_shared<const Route>(
      Rule{HostPattern::parse(host).value(), PathPattern::parse_regex(expression, 1).value(),
           Conditions::create(std::move(conditions)).value()},
      http::OriginUrl(), nullptr);
}

TEST(RouteTable, RegularExpressionsAreAskedLast) {
  const RouteTable table = table_of({{"", "/"}, {"h", "/v1"}})
                               .with(regex_route("h", "/v[0-9]+/.*"))
                               .with(regex_route("h", "/v[0-9]+/users/.*"))
                               .with(regex_route("h", "/v[0-9]+/users/.*", method("POST")))
                               .with(regex_route("", "/never/asked"));
  EXPECT_EQ(table.size(), 6U);
  EXPECT_EQ(matched(table, "h", "/v1/x"), "h/v1");
  EXPECT_EQ(matched(table, "h", "/v2/x"), "h/v[0-9]+/.*");
  EXPECT_EQ(matched(table, "h", "/v2/users/1"), "h/v[0-9]+/users/.*");
  EXPECT_EQ(matched(table, {.path = "/v2/users/1", .host = "h", .method = "POST"}),
            "h/v[0-9]+/users/.* with POST");
  // The whole path matches, or nothing does.
  EXPECT_EQ(matched(table, "h", "/x/v2/x"), "/");
  EXPECT_EQ(matched(table, "", "/never/asked"), "/");
  const Rule removed = regex_route("h", "/v[0-9]+/.*")->rule();
  EXPECT_EQ(table.find_rival(removed), nullptr);
  EXPECT_EQ(table.count_beside(removed), 3U);
  EXPECT_EQ(matched(table.without(removed), "h", "/v2/x"), "/");
  EXPECT_EQ(table.without(removed).size(), 5U);
  EXPECT_EQ(matched(table, {.path = "/v3/x", .host = "h", .method = "GET", .shard = 0}),
            "h/v[0-9]+/.*");
}

TEST(RouteTable, TiesHaveARival) {
  const RouteTable table =
      table_of({{"h", "/a", with_header("x", "1")}, {"", "/app/*a"}, {"", "/e", {}, true}});
  const auto rival = [&table](const RuleText& text) {
    const auto found = table.find_rival(parsed_rule(text));
    return found == nullptr ? "none" : text_of(found->rule());
  };
  EXPECT_EQ(rival({"h", "/a", with_header("y", "1")}), "h/a with header x = 1");
  EXPECT_EQ(rival({"h", "/a", with_header("x", "1")}), "none");  // itself
  EXPECT_EQ(rival({"h", "/a", with_header("x", "2")}), "none");
  EXPECT_EQ(rival({"h", "/a"}), "none");
  EXPECT_EQ(rival({"*.h", "/a", with_header("y", "1")}), "none");
  EXPECT_EQ(rival({"", "/a", with_header("y", "1")}), "none");
  EXPECT_EQ(rival({"h", "/a", with_header("y", "1"), true}), "none");
  EXPECT_EQ(rival({"", "/app/*b"}), "/app/*a");
  EXPECT_EQ(rival({"", "/app/"}), "/app/*a");
  EXPECT_EQ(rival({"", "/e"}), "none");
}

TEST(RouteTable, AChangeLeavesOlderTablesAlone) {
  const std::vector<RuleText> rules = {
      {"a.example.com", "/"}, {"*.example.com", "/"}, {"", "/", method("GET")}};
  RouteTable table = table_of(rules);
  const RouteTable before = table;
  EXPECT_EQ(before.size(), 3U);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_NE(table.find(parsed_rule(rules[i])), nullptr);
    table = table.without(parsed_rule(rules[i]));
    EXPECT_EQ(table.find(parsed_rule(rules[i])), nullptr);
    EXPECT_EQ(table.size(), rules.size() - 1 - i);
  }
  EXPECT_EQ(matched(table, "a.example.com", "/"), "none");
  EXPECT_EQ(matched(before, "a.example.com", "/"), "a.example.com/");
  EXPECT_EQ(before.size(), 3U);
}

TEST(RouteTable, RemovedRoutesAreFreed) {
  auto route = parsed_route({"a.example.com", "/x", method("GET")});
  const std::weak_ptr<const Route> watched = route;
  const Rule rule = route->rule();
  RouteTable table = table_of({{"b.example.com", "/x"}, {"a.example.com", "/x"}}).with(route);
  route.reset();
  table = table.without(rule);
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(table.size(), 2U);
}

// The rules of precedence, said as plainly as can be: of all rules that the request fulfils, the
// one that is greatest.
class NaiveTable {
  // Declared before its use: its result is deduced.
  static bool covers_host(const HostPattern& host, std::string_view name) {
    if (host.is_any()) return true;
    if (!host.is_wildcard()) return host.name() == name;
    return name.size() > host.name().size() + 1 && name.ends_with("." + host.name());
  }
  // 0: not covered, 1: below, 2: whole, 3: but for the last slash.
  static int reach(const PathPattern& path, std::string_view text) {
    const std::string key(path.key());
    if (key == text) return 2;
    if (path.kind() == PatternKind::Exact) return 0;
    if (key == std::string(text) + "/") return 3;
    const bool covers = text.starts_with(key) && (key.back() == '/' || text[key.size()] == '/');
    return covers ? 1 : 0;
  }
  static auto weight(const Rule& rule, const RoutedRequest& request) {
    const int host = rule.host.is_any() ? 0 : rule.host.is_wildcard() ? 1 : 2;
    const int how_far = reach(rule.path, request.path);
    return std::tuple(host, rule.host.name().size(), how_far == 2, how_far == 3,
                      rule.path.key().size(), rule.path.kind() == PatternKind::Exact,
                      rule.conditions.rank());
  }

 public:
  void put(const Rule& rule) {
    std::erase_if(rules_, [&](const Rule& each) { return is_tie(each, rule); });
    rules_.push_back(rule);
  }
  void remove(const Rule& rule) {
    std::erase_if(rules_, [&](const Rule& each) { return each == rule; });
  }
  std::size_t size() const { return rules_.size(); }

  std::string match(const RoutedRequest& request) const {
    const Rule* best = nullptr;
    for (const Rule& rule : rules_) {
      const bool fits = covers_host(rule.host, request.host) && reach(rule.path, request.path) &&
                        rule.conditions.hold_for(request);
      if (fits && (best == nullptr || weight(rule, request) > weight(*best, request))) {
        best = &rule;
      }
    }
    if (best == nullptr) return "none";
    return text_of(*best) + (reach(best->path, request.path) == 3 ? " redirect" : "");
  }

 private:
  std::vector<Rule> rules_;
};

TEST(RouteTable, AgreesWithTheNaiveTable) {
  std::mt19937 random(20261130);
  const auto one_of = [&random](const auto& values) { return values[random() % values.size()]; };
  const std::vector<std::string> hosts = {"",    "a",     "b.a",  "c.b.a",
                                          "*.a", "*.b.a", "cb.a", "*.c.b.a"};
  const std::vector<std::string> paths = {"/", "/a", "/a/", "/a/*w", "/a/b", "/a/b/*w", "/ab"};
  const std::vector<ConditionSpec> conditions = {{},
                                                 {},
                                                 method("GET"),
                                                 method("POST"),
                                                 with_header("x", "1"),
                                                 with_header("x", "2"),
                                                 with_header("y", "1"),
                                                 {{}, {}, {{"v", FieldTest::Present}}}};
  const std::vector<std::string> names = {"",        "a",    "b.a",    "c.b.a",
                                          "d.c.b.a", "cb.a", "x.cb.a", "z"};
  const std::vector<std::string> asked = {"/", "/a", "/a/", "/a/b", "/a/b/", "/a/c", "/ab", "/abc"};
  RouteTable table;
  NaiveTable model;
  for (int step = 0; step < 4000; ++step) {
    const bool is_exact = random() % 5 == 0;
    RuleText text{one_of(hosts), one_of(paths), one_of(conditions), is_exact};
    if (is_exact && text.path.ends_with("*w")) text.path = "/a/b";
    if (random() % 3 > 0) {
      table = table.with(parsed_route(text));
      model.put(parsed_rule(text));
    } else {
      table = table.without(parsed_rule(text));
      model.remove(parsed_rule(text));
    }
    ASSERT_EQ(table.size(), model.size());
    for (int i = 0; i < 8; ++i) {
      http::HeaderList headers;
      if (random() % 2 == 0) headers.append("x", random() % 2 == 0 ? "1" : "2");
      if (random() % 2 == 0) headers.append("y", "1");
      const std::string host = one_of(names);
      const std::string path = one_of(asked);
      const RoutedRequest request{.path = path,
                                  .host = host,
                                  .method = random() % 2 == 0 ? "GET" : "POST",
                                  .query = random() % 2 == 0 ? "v" : "",
                                  .headers = &headers};
      ASSERT_EQ(matched(table, request), model.match(request))
          << host << path << " " << request.method << " at step " << step;
    }
  }
}

}  // namespace
}  // namespace mex::proxy::route
