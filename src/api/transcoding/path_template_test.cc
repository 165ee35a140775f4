#include "api/transcoding/path_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::api::transcoding {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

PathTemplate parsed(std::string_view text) {
  auto parsed = PathTemplate::parse(text);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return *std::move(parsed);
}

TEST(PathTemplateTest, RefusesWhatTheGrammarDoesNotHave) {
  for (const std::string_view text :
       {"", "v1", "/", "/v1//a", "/v1/", "/{}", "/{name", "/{name=}", "/{name={x}}", "/**/a",
        "/v1:", "/v1:verb/a", "/v1 a", "/{a=**}/b", "/***"}) {
    EXPECT_EQ(PathTemplate::parse(text).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(PathTemplateTest, MatchesLiteralsExactly) {
  const PathTemplate path = parsed("/v1/nginx-kcp");
  EXPECT_THAT(path.match("/v1/nginx-kcp"), Optional(IsEmpty()));
  for (const std::string_view other :
       {"", "v1/nginx-kcp", "/v1/nginx-kcp/", "/v1/nginx", "/V1/nginx-kcp", "//v1/nginx-kcp"}) {
    EXPECT_EQ(path.match(other), std::nullopt) << other;
  }
}

TEST(PathTemplateTest, BindsVariables) {
  const PathTemplate path = parsed("/v1/tenants/{tenant}/clusters/{name}");
  EXPECT_THAT(path.match("/v1/tenants/t1/clusters/c1"),
              Optional(ElementsAre(Binding{"tenant", "t1"}, Binding{"name", "c1"})));
  EXPECT_EQ(path.match("/v1/tenants//clusters/c1"), std::nullopt);
  EXPECT_EQ(path.match("/v1/tenants/t1/clusters/c1/d"), std::nullopt);
}

TEST(PathTemplateTest, DecodesOneSegmentWholeAndSeveralWithoutSlashes) {
  EXPECT_THAT(parsed("/p/{name}").match("/p/a%2Fb%20c"),
              Optional(ElementsAre(Binding{"name", "a/b c"})));
  EXPECT_THAT(parsed("/p/{name=**}").match("/p/a%2Fb/c%41"),
              Optional(ElementsAre(Binding{"name", "a%2Fb/cA"})));
  EXPECT_THAT(parsed("/p/{name=x/*}").match("/p/x/y"),
              Optional(ElementsAre(Binding{"name", "x/y"})));
  EXPECT_EQ(parsed("/p/{name=x/*}").match("/p/z/y"), std::nullopt);
}

TEST(PathTemplateTest, OpenEndTakesNothingToo) {
  EXPECT_THAT(parsed("/p/{name=**}").match("/p"), Optional(ElementsAre(Binding{"name", ""})));
}

TEST(PathTemplateTest, BrokenEscapesDoNotMatch) {
  for (const std::string_view path : {"/p/%", "/p/%4", "/p/%zz", "/p/a%00b"}) {
    EXPECT_EQ(parsed("/p/{name}").match(path), std::nullopt) << path;
  }
}

TEST(PathTemplateTest, VerbBelongsToTheLastSegment) {
  const PathTemplate path = parsed("/v1/operations/{id}:cancel");
  EXPECT_THAT(path.match("/v1/operations/o1:cancel"), Optional(ElementsAre(Binding{"id", "o1"})));
  EXPECT_EQ(path.match("/v1/operations/o1"), std::nullopt);
  EXPECT_EQ(path.match("/v1/operations/o1:retry"), std::nullopt);
  EXPECT_EQ(path.match("/v1/operations/:cancel"), std::nullopt);
}

TEST(PathTemplateTest, OrdersFromSpecificToGeneral) {
  const PathTemplate literal = parsed("/v1/a/b");
  const PathTemplate variable = parsed("/v1/{x}/b");
  const PathTemplate open = parsed("/v1/{x=**}");
  const PathTemplate verb = parsed("/v1/{x}/b:go");
  EXPECT_TRUE(literal.more_specific_than(variable));
  EXPECT_TRUE(variable.more_specific_than(open));
  EXPECT_TRUE(verb.more_specific_than(literal));
  EXPECT_FALSE(open.more_specific_than(variable));
  EXPECT_FALSE(literal.more_specific_than(literal));
}

}  // namespace
}  // namespace mex::api::transcoding
