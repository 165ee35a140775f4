#include "kubernetes/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "kubernetes/yaml_scalar.h"

namespace mex::kubernetes {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// One object around `members`, which are lines of YAML without indentation.
absl::StatusOr<json> object_with(const std::string& members) {
  auto objects =
      parse_manifests("apiVersion: v1\nkind: Thing\nmetadata: {name: thing}\n" + members + "\n");
  if (!objects.ok()) return objects.status();
  json object = objects->at(0);
  for (const char* common : {"apiVersion", "kind", "metadata"}) object.erase(common);
  return object;
}

TEST(ManifestTest, DocumentsAndListsBecomeObjectsInTheirOrder) {
  const auto objects = parse_manifests(
      "# comment\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n---\n"
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n"
      "  metadata: {name: b}\n- apiVersion: v1\n  kind: ConfigMapList\n  items:\n"
      "  - {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n---\n"
      "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"d\"}}\n");
  ASSERT_TRUE(objects.ok()) << objects.status();
  std::vector<std::string> names;
  for (const json& object : *objects) names.push_back(object["metadata"]["name"]);
  EXPECT_THAT(names, ::testing::ElementsAre("a", "b", "c", "d"));
  EXPECT_TRUE(parse_manifests("")->empty());
  EXPECT_TRUE(parse_manifests("---\n# nothing\n")->empty());
}

TEST(ManifestTest, ScalarsMeanWhatKubectlTakesThemFor) {
  const auto object = object_with(
      "octal: 0644\nhex: 0x1F\nbinary: 0b11\nplain: -7\nlarge: 18446744073709551615\n"
      "float: 1.5\nexponent: 1e3\nyes: no\non: Off\nnone: ~\nnothing:\ntext: 1.20.2\n"
      "quoted: \"0644\"\nsingle: 'true'\nblock: |\n  1\ntagged: !!str 5\ndate: 2026-11-22\n"
      "port: 1_000\nmemory: 64Mi\nnine: 08\ntrue: 1\nint: !!int 7");
  ASSERT_TRUE(object.ok()) << object.status();
  EXPECT_EQ(*object, json::parse(R"({"octal": 420, "hex": 31, "binary": 3, "plain": -7,
      "large": 18446744073709551615, "float": 1.5, "exponent": 1000.0, "yes": false, "on": false,
      "none": null, "nothing": null, "text": "1.20.2", "quoted": "0644", "single": "true",
      "block": "1\n", "tagged": "5", "date": "2026-11-22", "port": 1000, "memory": "64Mi",
      "nine": 8.0, "true": 1, "int": 7})"));
}

TEST(ManifestTest, AliasesAndMergeKeysAreFollowed) {
  const auto object = object_with(
      "base: &base {a: 1, b: 2}\nother: &other {b: 3, c: 4}\nalias: *base\n"
      "one:\n  <<: *base\n  a: 9\nmany:\n  <<: [*base, *other]\nliteral: {'<<': 1}");
  ASSERT_TRUE(object.ok()) << object.status();
  EXPECT_EQ((*object)["alias"], json::parse(R"({"a": 1, "b": 2})"));
  EXPECT_EQ((*object)["one"], json::parse(R"({"a": 9, "b": 2})"));
  EXPECT_EQ((*object)["many"], json::parse(R"({"a": 1, "b": 2, "c": 4})"));
  EXPECT_EQ((*object)["literal"], json::parse(R"({"<<": 1})"));
}

TEST(ManifestTest, WhatHasNoMeaningIsRefusedWithItsPlace) {
  for (const auto& [members, what] :
       {std::pair("a: 1\na: 2", "appears twice"), std::pair("[a]: 1", "key must be a scalar"),
        std::pair("? {a: 1}\n: 2", "key must be a scalar"), std::pair("a: .inf", "JSON"),
        std::pair("a: .nan", "JSON"), std::pair("a: 1e999", "JSON"),
        std::pair("a: 99999999999999999999", "JSON"), std::pair("a: !!binary AAAA", "tag"),
        std::pair("a: !Ref b", "tag"), std::pair("a: {<<: 1}", "<< must name"),
        std::pair("a: &x [*x]", "alias within itself"), std::pair("a: [", "line"),
        std::pair("a: *nobody", "line"), std::pair("\ta: 1", "line")}) {
    const absl::Status status = object_with(members).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << members;
    EXPECT_THAT(base::message_of(status), HasSubstr(what)) << members;
    EXPECT_THAT(base::message_of(status), HasSubstr("line ")) << members;
  }
}

TEST(ManifestTest, AShortTextCannotBecomeALongOne) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    text +=
        fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  }
  EXPECT_EQ(object_with(text).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(object_with("a: " + std::string(10'000, '[')).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ManifestTest, WhatIsNoObjectOfKubernetesIsRefused) {
  for (const auto& [text, what] :
       {std::pair("just text", "is not an object"), std::pair("[1]", "is not an object"),
        std::pair("kind: Pod\nmetadata: {name: thing}", "apiVersion is missing"),
        std::pair("apiVersion: v1\nmetadata: {name: thing}", "kind is missing"),
        std::pair("apiVersion: v1\nkind: Pod\nmetadata: {generateName: n-}", "metadata.name"),
        std::pair("apiVersion: v1\nkind: Pod", "metadata.name"),
        std::pair("apiVersion: v1\nkind: List\nitems: [7]", "is not an object")}) {
    const absl::Status status = parse_manifests(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(base::message_of(status), HasSubstr(what)) << text;
  }
}

TEST(YamlScalarTest, NumbersAtTheEdges) {
  EXPECT_EQ(plain_scalar("0"), json(0));
  EXPECT_EQ(plain_scalar("-0"), json(0));
  EXPECT_EQ(plain_scalar("+5"), json(5));
  EXPECT_EQ(plain_scalar("9223372036854775807"), json(9223372036854775807));
  EXPECT_EQ(plain_scalar("-9223372036854775807"), json(-9223372036854775807));
  EXPECT_EQ(plain_scalar(".5"), json(0.5));
  EXPECT_EQ(plain_scalar("+1.5"), json(1.5));
  for (const char* text : {"-", "+", ".", "--5", "0x", "0b2", "1.2.3", "1e", "e1", "0-5", "1:30",
                           "2026-11-22T00:00:00Z", "nulls", "Yess", "10.0.0.1", "1 2"}) {
    EXPECT_EQ(plain_scalar(text), json(text)) << text;
  }
}

}  // namespace
}  // namespace mex::kubernetes
