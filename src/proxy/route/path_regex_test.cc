#include "proxy/route/path_regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

#include "base/status.h"

namespace mex::proxy::route {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const PathRegex> regex_of(std::string_view text) {
  auto regex = PathRegex::create(text, 2);
  EXPECT_TRUE(regex.ok()) << text << ": " << regex.status();
  return *regex;
}

TEST(PathRegex, MatchesWholePathsOnly) {
  const auto regex = regex_of("/v[0-9]+(/.*)?");
  for (const std::size_t shard : {kNoShard, std::size_t{0}, std::size_t{1}}) {
    EXPECT_TRUE(regex->matches("/v1", shard));
    EXPECT_TRUE(regex->matches("/v22/x/y", shard));
    EXPECT_FALSE(regex->matches("/v", shard));
    EXPECT_FALSE(regex->matches("/x/v1", shard));
    EXPECT_FALSE(regex->matches("/v1x", shard));
  }
  EXPECT_TRUE(regex_of("(?i)/abc|/x")->matches("/ABC", kNoShard));
  EXPECT_FALSE(regex_of("/a|/b")->matches("/b/c", kNoShard));
}

TEST(PathRegex, WhatIsNoExpressionIsRefused) {
  const struct {
    std::string text;
    std::string reason;
  } rows[] = {
      {"", "must not be empty"},
      {"x", "must begin with a slash"},
      {".*", "must begin with a slash"},
      {"/(a", "is no regular expression"},
      {"/a**", "is no regular expression"},
      {"/(?=a)", "is no regular expression"},
      {R"(/(a)\1)", "is no regular expression"},
      {"/a b", "white space"},
      {"/a\n", "white space"},
      {"/caf\xc3\xa9", "non-ASCII"},
      {"/" + std::string(600, 'a'), "at most 512"},
      {"/(((a{1,30}){1,30}){1,30})", "regular expression"},
      {"/([a-z0-9]{1,500}/){1,2}([a-z0-9]{1,500}/){1,2}", "too large"},
  };
  for (const auto& row : rows) {
    const auto regex = PathRegex::create(row.text, 1);
    ASSERT_FALSE(regex.ok()) << row.text;
    EXPECT_THAT(std::string(base::message_of(regex.status())), HasSubstr(row.reason)) << row.text;
  }
}

TEST(PathRegex, RewritesWithItsGroups) {
  const struct {
    std::string text;
    std::string rewrite;
    std::string path;
    std::string rewritten;  // empty: it is no path
  } rows[] = {
      {"/v([0-9]+)/(.*)", R"(/\2/\1)", "/v2/a/b", "/a/b/2"},
      {"/v[0-9]+(/.*)", R"(/api/\1)", "/v2/a", "/api/a"},
      {"/v[0-9]+(/.*)?", R"(/api\1)", "/v2", "/api"},
      {"/x/(.*)", R"(/\1)", "/x/", "/"},
      {"/(.)a(.)", R"(/\1\2/x)", "/.a.", ""},
      {"/(.)a", R"(/\1)", "/.a", ""},
      {"/x/(.*)", R"(/y)", "/x/1", "/y"},
  };
  for (const auto& row : rows) {
    const auto regex = regex_of(row.text);
    EXPECT_TRUE(regex->check_rewrite(row.rewrite).ok()) << regex->check_rewrite(row.rewrite);
    std::string out;
    const bool is_path = regex->rewrite(row.path, row.rewrite, 0, out);
    EXPECT_EQ(is_path ? out : "", row.rewritten) << row.text << " of " << row.path;
  }
}

TEST(PathRegex, WhatIsNoRewriteIsRefused) {
  const struct {
    std::string rewrite;
    std::string reason;
  } rows[] = {
      {R"(\1)", "must begin with a slash"},
      {R"(/\2)", "1 groups"},
      {R"(/\0)", R"(\1 to \9)"},
      {R"(/\x)", R"(\1 to \9)"},
      {R"(/\)", R"(\1 to \9)"},
      {"/a/../b", "dot segments"},
      {"//a", "dot segments"},
      {"/a?b", "'?'"},
      {"/a#b", "not allowed"},
      {"/a b", "not allowed"},
      {"/a\r\nb", "not allowed"},
      {"/" + std::string(600, 'a'), "at most 512"},
  };
  const auto regex = regex_of("/x/(.*)");
  for (const auto& row : rows) {
    const absl::Status status = regex->check_rewrite(row.rewrite);
    ASSERT_FALSE(status.ok()) << row.rewrite;
    EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(row.reason)) << row.rewrite;
  }
}

TEST(PathRegex, ShardsAskAtTheSameTime) {
  const auto regex = regex_of("/v[0-9]+/(.*)");
  std::array<std::thread, 2> shards;
  for (std::size_t shard = 0; shard < shards.size(); ++shard) {
    shards[shard] = std::thread([&regex, shard] {
      for (int i = 0; i < 500; ++i) {
        EXPECT_TRUE(regex->matches("/v" + std::to_string(i) + "/x", shard));
      }
    });
  }
  for (std::thread& shard : shards) shard.join();
}

}  // namespace
}  // namespace mex::proxy::route
