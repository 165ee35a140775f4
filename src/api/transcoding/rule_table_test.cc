#include "api/transcoding/rule_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/transcoding/test_schema.h"

namespace mex::api::transcoding {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RuleTableTest : public ::testing::Test {
 protected:
  TestSchema schema_;
  const RuleTable rules_ = *RuleTable::from_services({&schema_.service("Things")});
};

TEST_F(RuleTableTest, FindsMethodAndBindings) {
  const Lookup get = rules_.find("GET", "/v1/things/t1");
  ASSERT_NE(get.rule, nullptr);
  EXPECT_EQ(get.rule->rpc_path(), "/test.Things/Get");
  EXPECT_THAT(get.bindings, ElementsAre(Binding{"name", "t1"}));
  const Lookup additional = rules_.find("GET", "/v1/parts/p1");
  ASSERT_NE(additional.rule, nullptr);
  EXPECT_THAT(additional.bindings, ElementsAre(Binding{"main.name", "p1"}));
}

TEST_F(RuleTableTest, VerbWinsOverVariable) {
  const Lookup paint = rules_.find("POST", "/v1/things/t1:paint");
  ASSERT_NE(paint.rule, nullptr);
  EXPECT_EQ(paint.rule->method->name(), "Paint");
}

TEST_F(RuleTableTest, CustomMethod) {
  const Lookup look = rules_.find("LOOK", "/v1/things");
  ASSERT_NE(look.rule, nullptr);
  EXPECT_EQ(look.rule->method->name(), "Look");
}

TEST_F(RuleTableTest, OtherMethodsOfAPathAreNamed) {
  const Lookup lookup = rules_.find("DELETE", "/v1/things/t1");
  EXPECT_EQ(lookup.rule, nullptr);
  EXPECT_EQ(lookup.allow, "GET, PUT");
}

TEST_F(RuleTableTest, UnknownPathHasNoMethods) {
  for (const std::string_view path : {"/", "/v1", "/v1/things/", "/v2/things", "/v1/things/a/b"}) {
    const Lookup lookup = rules_.find("GET", path);
    EXPECT_EQ(lookup.rule, nullptr) << path;
    EXPECT_EQ(lookup.allow, "") << path;
  }
}

TEST_F(RuleTableTest, MethodWithoutAnnotationHasNoPath) {
  for (const Rule& rule : rules_.rules()) EXPECT_NE(rule.method->name(), "Internal");
}

TEST_F(RuleTableTest, RefusesWhatCannotBeServed) {
  const struct {
    const char* service;
    const char* why;
  } cases[] = {{"Streaming", "streams"},           {"UnknownField", "no single-valued field"},
               {"ListInPath", "no single-valued"}, {"ScalarBody", "is not a message field"},
               {"ResponseBody", "response_body"},  {"NoPattern", "without a path"}};
  for (const auto& row : cases) {
    const auto table = RuleTable::from_services({&schema_.service(row.service)});
    EXPECT_THAT(table.status().ToString(), HasSubstr(row.why)) << row.service;
  }
}

}  // namespace
}  // namespace mex::api::transcoding
