#include "dns/tsig_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"

namespace mex::dns {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecret[] = "c2VjcmV0LXRoYXQtbXVzdC1ub3QtYmUtc2hvd24hIQ==";
const std::string kFile =
    std::string("key \"agent\" {\n\talgorithm hmac-sha256;\n\tsecret \"") + kSecret + "\";\n};\n";

std::string read(std::string_view text, std::string_view file = "/run/key") {
  const auto key = parse_tsig_key(text, file, "-dns_key: /run/key");
  if (!key.ok()) return std::string(base::message_of(key.status()));
  return key->name + " " + key->algorithm + " " + key->secret.reveal();
}

const std::string kRead = std::string("agent hmac-sha256 ") + kSecret;

TEST(TsigKeyTest, ReadsWhatToolsWrite) {
  const std::string secret = kSecret;
  for (const std::string& text :
       {kFile, "\xEF\xBB\xBF" + kFile,
        "# made by hand\nkey agent { secret " + secret + "; algorithm HMAC-SHA256; };",
        "/* a */ options { directory \"/x\"; };\n// b\nkey \"Agent.\" {\n algorithm "
        "\"hmac-sha256\"; "
        "secret \"" +
            secret + "\"; };\nserver 192.0.2.1 { keys agent; };",
        "# hmac-sha256:agent:" + secret +
            "\nkey:\n  - id: agent\n    algorithm: hmac-sha256\n    "
            "secret: " +
            secret + "\n",
        "key:\r\n- id: \"agent\"\r\n  algorithm: hmac-sha256\r\n  secret: \"" + secret +
            "\"\r\n"}) {
    EXPECT_EQ(read(text), kRead) << text;
  }
  std::string with_carriage_returns;
  for (const char c : kFile) with_carriage_returns += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(read(with_carriage_returns), kRead);
  EXPECT_EQ(read("Private-key-format: v1.3\nAlgorithm: 163 (HMAC_SHA256)\nKey: " + secret +
                     "\nBits: AAA=\n",
                 "/etc/Kagent.+163+12345.private"),
            kRead);
}

// With such a file nsupdate said that it had no key, and sent the update without one.
TEST(TsigKeyTest, WhatHasNoWholeKeyIsRefused) {
  const std::string secret = kSecret;
  const struct {
    std::string text;
    const char* what;
  } cases[] = {
      {"", "is empty"},
      {" \n\r\n", "is empty"},
      {"\n# only a comment\n", "has no key in it"},
      {kFile.substr(0, kFile.size() / 2), "has a key that does not end"},
      {secret, "name and algorithm are missing"},
      {"key \"agent\" { algorithm hmac-sha256; secret \"***\"; };", "not base64"},
      {"key \"agent\" { algorithm hmac-sha256; secret \"" + secret.substr(0, 21) + "\"; };",
       "not base64, or is cut short"},
      {"key \"agent\" { algorithm hmac-sha256; secret \"\"; };", "without a secret"},
      {"key \"agent\" { algorithm hmac-sha256; };", "without a secret"},
      {"key \"agent\" { secret \"" + secret + "\"; };", "without an algorithm"},
      {"key \"agent\" { algorithm sha256; secret \"" + secret + "\"; };", "not TSIG's"},
      {"key \"agent\" { algorithm hmac-sha256-x; secret \"" + secret + "\"; };", "not TSIG's"},
      {"key \"\" { algorithm hmac-sha256; secret \"" + secret + "\"; };", "without a name"},
      {"key \"a b\" { algorithm hmac-sha256; secret \"" + secret + "\"; };", "without a name"},
      {"key \"a\nsend\" { algorithm hmac-sha256; secret \"" + secret + "\"; };", "without a name"},
      {"-----BEGIN PRIVATE KEY-----\n" + secret, "looks like a PEM file"},
      {"Private-key-format: v1.3\nAlgorithm: 8 (RSASHA256)\nModulus: " + secret + "\n",
       "without a name"},
      {std::string("\xFF\xFEk\0e\0y\0", 8), "no text in UTF-8"},
      {"key:\n  - id: agent\n    algorithm: hmac-sha256\n", "without a secret"},
      {"/* key \"agent\" { algorithm hmac-sha256; secret \"" + secret + "\"; };", "does not end"},
      {"// key \"agent\" { algorithm hmac-sha256; secret \"" + secret + "\"; };", ""},
  };
  for (const auto& row : cases) {
    const std::string message = read(row.text);
    EXPECT_THAT(message, HasSubstr("-dns_key: /run/key ")) << row.text;
    EXPECT_THAT(message, HasSubstr(row.what)) << row.text;
    EXPECT_THAT(message, HasSubstr("tsig-keygen")) << row.text;
    EXPECT_THAT(message, Not(HasSubstr("c2VjcmV0"))) << row.text;
  }
}

TEST(TsigKeyTest, NoPrefixOfAFileIsAKey) {
  for (std::size_t length = 0; length + 3 < kFile.size(); ++length) {
    EXPECT_FALSE(parse_tsig_key(kFile.substr(0, length), "f", "f").ok()) << length;
  }
}

TEST(TsigKeyTest, IsWrittenForTheProgramsThatSign) {
  const auto key = parse_tsig_key(kFile, "f", "f");
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key_command(*key).reveal(), std::string("key hmac-sha256:agent ") + kSecret + "\n");
  const auto again = parse_tsig_key(key_statement(*key).reveal(), "f", "f");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->secret.reveal(), kSecret);
}

}  // namespace
}  // namespace mex::dns
