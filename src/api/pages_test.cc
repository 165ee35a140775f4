#include "api/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace mex::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PagesTest, EveryPageHasContentAndAPathOfItsOwn) {
  std::set<std::string_view> paths;
  for (const Page& page : pages()) {
    EXPECT_FALSE(page.content.empty()) << page.path;
    EXPECT_TRUE(paths.insert(page.path).second) << page.path;
  }
  EXPECT_EQ(find_page("/docs/none"), nullptr);
}

TEST(PagesTest, PagesNeedNoOtherHost) {
  for (const std::string_view path : {"/", "/docs", "/docs/start.js", "/landing.css"}) {
    const Page* page = find_page(path);
    ASSERT_NE(page, nullptr) << path;
    EXPECT_THAT(std::string(page->content), Not(HasSubstr("://"))) << path;
  }
}

TEST(PagesTest, FilesThatPagesNameAreThere) {
  const std::string docs(find_page("/docs")->content);
  for (const std::string path : {"/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js",
                                 "/docs/start.js", "/docs/favicon.png"}) {
    EXPECT_THAT(docs, HasSubstr(path));
    EXPECT_NE(find_page(path), nullptr) << path;
  }
  EXPECT_THAT(std::string(find_page("/docs/start.js")->content), HasSubstr("/swagger.json"));
  EXPECT_THAT(std::string(find_page("/swagger.json")->content), HasSubstr("\"/v1/provision\""));
}

TEST(PagesTest, PagesHaveNoScriptOfTheirOwn) {
  // The content security policy would stop it.
  EXPECT_THAT(std::string(find_page("/docs")->content), Not(HasSubstr("<script>")));
  EXPECT_THAT(std::string(kContentSecurityPolicy), HasSubstr("script-src 'self';"));
}

TEST(PagesTest, EtagFollowsTheContent) {
  EXPECT_EQ(etag_of({"/a", "", "x"}), etag_of({"/b", "", "x"}));
  EXPECT_NE(etag_of({"/a", "", "x"}), etag_of({"/a", "", "y"}));
}

}  // namespace
}  // namespace mex::api
