#include "access/api_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "base/file.h"
#include "base/status.h"
#include "base/temporary_directory.h"

namespace mex::access {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FixedClock final : public base::Clock {
 public:
  base::WallTime wall_now() const override { return now; }
  base::SteadyTime steady_now() const override { return {}; }

  base::WallTime now = *base::parse_rfc3339("2026-11-30T00:00:00Z");
};

constexpr char kSecretOne[] = "one-one-one-one-one";

class ApiTokensTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    ASSERT_TRUE(base::write_file_atomically(directory_.path() + name, text, mode).ok());
  }
  std::string own_token() const {
    std::string text = *base::read_file(directory_.path() + "/api.token");
    text.pop_back();
    return text;
  }
  static std::string line(const std::string& name, std::string_view token) {
    std::string text = name + " sha256:";
    for (const unsigned char byte : digest_of(token)) text += fmt::format("{:02x}", byte);
    return text;
  }
  // The name, or why not.
  static std::string answer(ApiTokens& tokens, std::string_view token) {
    const auto name = tokens.check(token);
    return name.ok() ? *name : name.status().ToString();
  }

  base::TemporaryDirectory directory_;
  FixedClock clock_;
};

TEST_F(ApiTokensTest, TheOwnTokenIsTheAdministrators) {
  ApiTokens tokens(directory_.path(), clock_);
  EXPECT_TRUE(tokens.status().ok()) << tokens.status();
  EXPECT_EQ(answer(tokens, own_token()), "administrator");
  EXPECT_THAT(answer(tokens, "wrong"), HasSubstr("UNAUTHENTICATED"));
  EXPECT_THAT(answer(tokens, ""), HasSubstr("UNAUTHENTICATED"));
}

// It took a restart.
TEST_F(ApiTokensTest, ATokenComesAndGoesWithItsFile) {
  ApiTokens tokens(directory_.path(), clock_);
  const std::string before = own_token();
  write("/api.token", "chosen-by-the-operator\r\n");
  EXPECT_EQ(answer(tokens, "chosen-by-the-operator"), "administrator");
  EXPECT_THAT(answer(tokens, before), HasSubstr("UNAUTHENTICATED"));

  EXPECT_THAT(answer(tokens, kSecretOne), HasSubstr("UNAUTHENTICATED"));
  write("/api.tokens", line("ci", kSecretOne) + "\n");
  EXPECT_EQ(answer(tokens, kSecretOne), "ci");
  EXPECT_EQ(answer(tokens, "chosen-by-the-operator"), "administrator");
  write("/api.tokens", line("nightly", kSecretOne) + "\n");
  EXPECT_EQ(answer(tokens, kSecretOne), "nightly");
  std::remove((directory_.path() + "/api.tokens").c_str());
  EXPECT_THAT(answer(tokens, kSecretOne), HasSubstr("UNAUTHENTICATED"));
}

TEST_F(ApiTokensTest, ARemovedOwnTokenIsMadeAnew) {
  ApiTokens tokens(directory_.path(), clock_);
  const std::string before = own_token();
  std::remove((directory_.path() + "/api.token").c_str());
  EXPECT_THAT(answer(tokens, before), HasSubstr("UNAUTHENTICATED"));
  EXPECT_NE(own_token(), before);
  EXPECT_EQ(answer(tokens, own_token()), "administrator");
}

TEST_F(ApiTokensTest, ATokenEndsAtItsTime) {
  write("/api.tokens", line("ci", kSecretOne) + " until 2026-12-01T00:00:00Z\n");
  ApiTokens tokens(directory_.path(), clock_);
  EXPECT_EQ(answer(tokens, kSecretOne), "ci");
  clock_.now = *base::parse_rfc3339("2026-12-01T00:00:00Z");
  EXPECT_THAT(answer(tokens, kSecretOne), HasSubstr("the token ci has ended at 2026-12-01"));
  EXPECT_THAT(answer(tokens, "wrong"), Not(HasSubstr("ci")));
}

TEST_F(ApiTokensTest, FilesThatOthersMayReadLetNoOneIn) {
  ApiTokens tokens(directory_.path(), clock_);
  write("/api.tokens", line("ci", kSecretOne) + "\n", 0644);
  EXPECT_THAT(answer(tokens, kSecretOne), HasSubstr("UNAUTHENTICATED"));
  EXPECT_THAT(tokens.status().ToString(), HasSubstr("api.tokens may be read or written by others"));
  EXPECT_EQ(answer(tokens, own_token()), "administrator");
  write("/api.token", "chosen-by-the-operator", 0640);
  EXPECT_THAT(answer(tokens, "chosen-by-the-operator"), HasSubstr("UNAUTHENTICATED"));
  EXPECT_THAT(tokens.status().ToString(), HasSubstr("api.token may be read"));
  write("/api.token", "chosen-by-the-operator", 0600);
  write("/api.tokens", line("ci", kSecretOne) + "\n", 0600);
  EXPECT_EQ(answer(tokens, kSecretOne), "ci");
  EXPECT_TRUE(tokens.status().ok()) << tokens.status();
}

TEST_F(ApiTokensTest, ABadLineIsSaidAndTheOthersCount) {
  write("/api.tokens", "bad\n" + line("ci", kSecretOne) + "\n");
  ApiTokens tokens(directory_.path(), clock_);
  EXPECT_THAT(tokens.status().ToString(), HasSubstr("/api.tokens:1: "));
  EXPECT_EQ(answer(tokens, kSecretOne), "ci");
}

TEST_F(ApiTokensTest, RereadDoesNotAskWhetherAFileHasChanged) {
  ApiTokens tokens(directory_.path(), clock_);
  write("/api.tokens", line("ci", kSecretOne) + "\n");
  tokens.reread();
  EXPECT_EQ(answer(tokens, kSecretOne), "ci");
}

}  // namespace
}  // namespace mex::access
