#include "proxy/route/trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace mex::proxy::route {
namespace {

std::shared_ptr<const Route> route_for(std::string_view pattern) {
  RoutePart part{};
  auto route = make_route(pattern, "http://o", nullptr, part);
  EXPECT_TRUE(route.ok()) << route.status();
  return *route;
}

Rule rule_of(std::string_view pattern) { return {{}, PathPattern::parse(pattern).value(), {}}; }

std::string matched(const Trie& trie, std::string_view path) {
  const Match match = trie.match(path);
  if (match.route == nullptr) return "none";
  return match.route->pattern().text() + (match.redirect_to_slash ? " redirect" : "");
}

TEST(Trie, EmptyMatchesNothing) {
  EXPECT_EQ(matched(Trie(), "/"), "none");
  EXPECT_EQ(Trie().find(rule_of("/")), nullptr);
  EXPECT_EQ(Trie().without(rule_of("/")).size(), 0U);
}

TEST(Trie, LongestAtASegmentBorderWins) {
  const Trie trie = Trie()
                        .with(route_for("/app/*c"))
                        .with(route_for("/app/sub"))
                        .with(route_for("/app/sub/deep/*d"))
                        .with(route_for("/"));
  EXPECT_EQ(matched(trie, "/app/x"), "/app/*c");
  EXPECT_EQ(matched(trie, "/app/sub"), "/app/sub");
  EXPECT_EQ(matched(trie, "/app/sub/x"), "/app/sub");
  EXPECT_EQ(matched(trie, "/app/subx"), "/app/*c");
  EXPECT_EQ(matched(trie, "/app/sub/deep/x"), "/app/sub/deep/*d");
  EXPECT_EQ(matched(trie, "/app/sub/deepx"), "/app/sub");
  EXPECT_EQ(matched(trie, "/appx"), "/");
  EXPECT_EQ(matched(trie, "/"), "/");
}

TEST(Trie, MissingSlashRedirectsUnlessThePathHasARoute) {
  const Trie wildcard = Trie().with(route_for("/app/*c")).with(route_for("/"));
  EXPECT_EQ(matched(wildcard, "/app"), "/app/*c redirect");
  EXPECT_EQ(matched(wildcard.with(route_for("/app/x")), "/app"), "/app/*c redirect");
  EXPECT_EQ(matched(wildcard.with(route_for("/application")), "/app"), "/app/*c redirect");
  EXPECT_EQ(matched(wildcard.with(route_for("/app")), "/app"), "/app");
  EXPECT_EQ(matched(wildcard, "/ap"), "/");
  EXPECT_EQ(matched(Trie().with(route_for("/app/x/*c")), "/app"), "none");
}

TEST(Trie, SameKeyReplaces) {
  const auto first = route_for("/a");
  const auto second = route_for("/a");
  const Trie trie = Trie().with(first).with(second);
  EXPECT_EQ(trie.size(), 1U);
  EXPECT_EQ(trie.find(rule_of("/a")), second);
}

TEST(Trie, AChangeLeavesOlderTriesAlone) {
  const Trie before = Trie().with(route_for("/a")).with(route_for("/a/b"));
  const Trie after = before.without(rule_of("/a")).with(route_for("/c"));
  EXPECT_EQ(matched(before, "/a/x"), "/a");
  EXPECT_EQ(matched(before, "/c"), "none");
  EXPECT_EQ(matched(after, "/a/x"), "none");
  EXPECT_EQ(matched(after, "/a/b"), "/a/b");
  EXPECT_EQ(matched(after, "/c"), "/c");
}

TEST(Trie, RemovedRoutesAreFreed) {
  std::weak_ptr<const Route> watched;
  Trie trie;
  {
    const auto route = route_for("/a/b");
    watched = route;
    trie = Trie().with(route_for("/a")).with(route).with(route_for("/a/c"));
  }
  trie = trie.without(rule_of("/a/b"));
  EXPECT_TRUE(watched.expired());
}

// The rules of Trie::match, said as plainly as can be.
class NaiveModel {
 public:
  void add(const std::string& pattern) {
    const auto star = pattern.find('*');
    patterns_[pattern.substr(0, star)] = pattern;
  }
  void remove(const std::string& key) { patterns_.erase(key); }

  std::string match(const std::string& path) const {
    if (const auto exact = patterns_.find(path); exact != patterns_.end()) return exact->second;
    if (const auto slash = patterns_.find(path + "/"); slash != patterns_.end()) {
      return slash->second + " redirect";
    }
    std::string best = "none";
    std::size_t best_length = 0;
    for (const auto& [key, pattern] : patterns_) {
      const bool covers = path.starts_with(key) && (key.back() == '/' || path[key.size()] == '/');
      if (covers && key.size() > best_length) {
        best = pattern;
        best_length = key.size();
      }
    }
    return best;
  }

  std::size_t size() const { return patterns_.size(); }

 private:
  std::map<std::string, std::string> patterns_;
};

// Few letters and short segments, so that keys share and split labels all the time.
std::string random_path(std::mt19937& random) {
  std::string path;
  const auto segments = random() % 4;
  for (unsigned i = 0; i < segments; ++i) {
    path += '/';
    const auto letters = 1 + random() % 3;
    for (unsigned j = 0; j < letters; ++j) path += static_cast<char>('a' + random() % 2);
  }
  return path.empty() ? "/" : path;
}

TEST(Trie, AgreesWithTheNaiveModel) {
  std::mt19937 random(20261122);
  Trie trie;
  NaiveModel model;
  for (int step = 0; step < 6000; ++step) {
    std::string pattern = random_path(random);
    const auto form = random() % 3;
    if (form == 1) pattern += pattern == "/" ? "*w" : "/*w";
    if (form == 2 && pattern != "/") pattern += '/';
    if (random() % 2 == 0) {
      trie = trie.with(route_for(pattern));
      model.add(pattern);
    } else {
      const std::string key = pattern.substr(0, pattern.find('*'));
      if (const auto routes = trie.routes_of(key)) {
        trie = trie.without(routes->all().front()->rule());
      }
      model.remove(key);
    }
    ASSERT_EQ(trie.size(), model.size());
    for (int i = 0; i < 5; ++i) {
      std::string path = random_path(random);
      if (path != "/" && random() % 3 == 0) path += '/';
      ASSERT_EQ(matched(trie, path), model.match(path)) << path << " at step " << step;
    }
  }
}

}  // namespace
}  // namespace mex::proxy::route
