#include "access/token_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"

namespace mex::access {
namespace {

using ::testing::HasSubstr;

// printf %s one | sha256sum
const std::string kOne = "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
const std::string kTwo = "sha256:3FC4CCFE745870E2C0D99F71F30FF0656C8DEDD41CC1D7D3D376B0DBE685E2F3";

absl::Status read(std::string_view text, TokenTable& table) {
  return add_tokens(text, "/s/api.tokens", table);
}

TEST(TokenTableTest, TokensAreFoundByWhatTheyAre) {
  TokenTable table;
  ASSERT_TRUE(read("# who may call\n\n ci " + kOne + "\r\n\tnightly.2\t" + kTwo +
                       " until 2027-01-31T00:00:00Z",
                   table)
                  .ok());
  ASSERT_NE(table.find("one"), nullptr);
  EXPECT_EQ(table.find("one")->name, "ci");
  EXPECT_EQ(table.find("one")->until, std::nullopt);
  ASSERT_NE(table.find("two"), nullptr);
  EXPECT_EQ(base::format_rfc3339(*table.find("two")->until), "2027-01-31T00:00:00.000Z");
  for (const std::string_view other : {"", "on", "one ", "One", kOne.c_str()}) {
    EXPECT_EQ(table.find(other), nullptr) << other;
  }
}

TEST(TokenTableTest, AnEmptyTableLetsNoOneIn) {
  const TokenTable table;
  EXPECT_EQ(table.find(""), nullptr);
  EXPECT_EQ(table.find("one"), nullptr);
}

TEST(TokenTableTest, AWrongLineIsNamedAndTheOthersCount) {
  const struct {
    std::string line;
    const char* what;
  } cases[] = {
      {"ci", "must be NAME sha256:HEX"},
      {"ci " + kTwo + " until", "must be NAME sha256:HEX"},
      {"ci " + kTwo + " until 2027-01-31T00:00:00Z x", "must be NAME sha256:HEX"},
      {"ci my-secret-token-as-it-is", "must be given as sha256:"},
      {"ci " + kTwo.substr(0, kTwo.size() - 1), "must be given as sha256:"},
      {"ci " + kTwo + "0", "must be given as sha256:"},
      {"ci sha256:" + std::string(64, 'x'), "must be given as sha256:"},
      {"ci sha256:" + std::string(64, '-'), "must be given as sha256:"},
      {"one " + kTwo, "the name is given twice"},
      {"a/b " + kTwo, "the name must be"},
      {std::string(65, 'a') + " " + kTwo, "the name must be"},
      {"ci " + kTwo + " until tomorrow", "until 2027-01-31T00:00:00Z"},
      {"ci " + kTwo + " till 2027-01-31T00:00:00Z", "until 2027-01-31T00:00:00Z"},
      {"\xff\xfe " + kTwo, "the name must be"},
  };
  for (const auto& row : cases) {
    TokenTable table;
    const absl::Status problem = read("one " + kOne + "\n" + row.line + "\nlast " + kTwo, table);
    EXPECT_THAT(std::string(base::message_of(problem)), HasSubstr(std::string("/s/api.tokens:2: ")))
        << row.line;
    EXPECT_THAT(std::string(base::message_of(problem)), HasSubstr(row.what)) << row.line;
    EXPECT_EQ(std::string(base::message_of(problem)).find("my-secret"), std::string::npos);
    EXPECT_NE(table.find("one"), nullptr) << row.line;
    ASSERT_NE(table.find("two"), nullptr) << row.line;
    EXPECT_EQ(table.find("two")->name, "last") << row.line;
  }
}

TEST(TokenTableTest, ThereIsALimit) {
  std::string text;
  for (int i = 0; i < 1001; ++i) text += "n" + std::to_string(i) + " " + kOne + "\n";
  TokenTable table;
  EXPECT_THAT(read(text, table).ToString(), HasSubstr("more than 1000"));
}

}  // namespace
}  // namespace mex::access
