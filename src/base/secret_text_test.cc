#include "base/secret_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "base/file.h"
#include "base/status.h"
#include "base/temporary_directory.h"

namespace mex::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "Q7tHx-9_aSecretThatMustNotBeShown";

std::string refusal(std::string_view text, SecretKind kind = SecretKind::Token) {
  const auto secret = parse_secret(text, kind, "-dns_token: /run/token");
  EXPECT_FALSE(secret.ok()) << text;
  EXPECT_EQ(secret.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(message_of(secret.status()));
}

// Each was sent as it was, and refused by the other side for ever.
TEST(SecretTextTest, WhatEditorsAndShellsLeaveAtTheEndsGoes) {
  const std::string token = kToken;
  for (const std::string& text :
       {token, token + "\n", token + "\r\n", "\xEF\xBB\xBF" + token,
        "\xEF\xBB\xBF" + token + "\r\n", "  " + token + "\t", "\n\n" + token + "\n \n",
        "\xC2\xA0" + token + "\xE2\x80\x8B", token + "\xEF\xBB\xBF", "\v\f" + token}) {
    const auto secret = parse_secret(text, SecretKind::Token, "x");
    ASSERT_TRUE(secret.ok()) << secret.status();
    EXPECT_EQ(secret->reveal(), kToken);
  }
}

TEST(SecretTextTest, WhatCannotBeATokenIsCalledWhatItLooksLike) {
  const std::string token = kToken;
  const struct {
    std::string text;
    const char* what;
  } cases[] = {
      {"", "holds nothing"},
      {" \r\n\xEF\xBB\xBF", "holds nothing"},
      {"CF_Token=" + token, "looks like a line of a shell (NAME=VALUE)"},
      {"export CF_Token=" + token, "looks like a line of a shell"},
      {"EXPORT X", "looks like a line of a shell"},
      {"Bearer " + token, "looks like a header"},
      {"bearer " + token, "looks like a header"},
      {"Authorization: Bearer " + token, "looks like a header"},
      {"X-Auth-Key: " + token, "looks like a header"},
      {"curl -H x", "looks like a header or a command"},
      {"\"" + token + "\"", "quotation marks"},
      {"'" + token + "'", "quotation marks"},
      {token + "\n" + token, "more than one line"},
      {token + "\r" + token, "more than one line"},
      {token + " " + token, "has a blank in it"},
      {token + "\t" + token, "has a blank in it"},
      {token + "\x01", "control characters"},
      {token + "\x7f" + token, "control characters"},
      {"-----BEGIN PRIVATE KEY-----\n" + token, "looks like a PEM file"},
      {"https://example.net/" + token, "looks like a URL"},
      {"{\"token\":\"" + token + "\"}", "looks like JSON"},
      {"<token>", "looks like a placeholder"},
      {token + "\xC3\xA9", "not ASCII"},
      {token + "\xE2\x80\x9D", "not ASCII"},
      {token + "\xFF", "no text in UTF-8"},
      {std::string("\xFF\xFEQ\0", 4), "no text in UTF-8"},
      {std::string("Q\0t\0", 4), "no text in UTF-8"},
  };
  for (const auto& row : cases) {
    const std::string message = refusal(row.text);
    EXPECT_THAT(message, HasSubstr(row.what)) << row.text;
    EXPECT_THAT(message, HasSubstr("-dns_token: /run/token ")) << row.text;
    EXPECT_THAT(message, Not(HasSubstr("Secret"))) << "a part of the value is in the message";
  }
}

TEST(SecretTextTest, TokensOfAllMakesAreTaken) {
  for (const std::string text :
       {"0123456789abcdef0123456789abcdef01234", "a+b/c==", "==", "a=b=", "p@ss:w\"ord", "1a=b",
        "a.b-c~d_e", "chosen-by-the-operator", "cfut_abc"}) {
    const bool is_refused = text == "a=b=";  // reads as an assignment
    EXPECT_EQ(parse_secret(text, SecretKind::Token, "x").ok(), !is_refused) << text;
  }
}

TEST(SecretTextTest, Base64MustBeWhole) {
  for (const std::string text :
       {"QUJD", "QUI=", "QUI", "QQ==", "QQ", "-_-_", "+/+/", "QUJD\n", " QUJD\r\n"}) {
    EXPECT_TRUE(parse_secret(text, SecretKind::Base64, "x").ok()) << text;
  }
  for (const std::string text : {"QUJDQ", "QQ=", "QUJD=", "Q===", "QU=JD", "Q U", "+_+_", "QUJD$",
                                 "=", "QQ==QQ==", "QQ\nQQ"}) {
    refusal(text, SecretKind::Base64);
  }
}

TEST(SecretTextTest, APasswordKeepsItsBlanksAndLosesItsLineEnds) {
  const auto password = [](std::string_view text) {
    const auto secret = parse_secret(text, SecretKind::Password, "OS_PASSWORD");
    return secret.ok() ? secret->reveal() : "";
  };
  EXPECT_EQ(password(" a b \r\n"), " a b ");
  EXPECT_EQ(password("\xEF\xBB\xBFgeheim\xC3\xA9\n"), "geheim\xC3\xA9");
  EXPECT_EQ(password("\"quoted\""), "\"quoted\"");
  EXPECT_EQ(password("A=B Bearer x"), "A=B Bearer x");
  EXPECT_THAT(refusal("a\nb", SecretKind::Password), HasSubstr("more than one line"));
  EXPECT_THAT(refusal("\r\n", SecretKind::Password), HasSubstr("holds nothing"));
  EXPECT_THAT(refusal("a\x02", SecretKind::Password), HasSubstr("control characters"));
}

TEST(SecretTextTest, AFileIsNamedWithItsFlag) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/token";
  EXPECT_THAT(read_secret_file(file, SecretKind::Token, "-dns_token").status().ToString(),
              HasSubstr("-dns_token: " + file));
  ASSERT_TRUE(
      write_file_atomically(file, std::string("\xEF\xBB\xBF") + kToken + "\r\n", 0600).ok());
  EXPECT_EQ(read_secret_file(file, SecretKind::Token, "-dns_token")->reveal(), kToken);
  ASSERT_TRUE(write_file_atomically(file, "", 0600).ok());
  EXPECT_EQ(message_of(read_secret_file(file, SecretKind::Token, "-dns_token").status()),
            "-dns_token: " + file + " holds nothing");
  ASSERT_TRUE(write_file_atomically(file, std::string(20'000, 'a'), 0600).ok());
  EXPECT_FALSE(read_secret_file(file, SecretKind::Token, "-dns_token").ok());
}

}  // namespace
}  // namespace mex::base
