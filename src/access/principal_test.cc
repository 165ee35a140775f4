#include "access/principal.h"

#include <gtest/gtest.h>

namespace mex::access {
namespace {

TEST(PrincipalTest, IsReadAsItWasWritten) {
  for (const Proof proof : {Proof::None, Proof::Loopback, Proof::Token}) {
    const Principal principal{
        .name = "J\u00f6rg \"x\"\n", .role = Role::Admin, .tenant = "tenant-1", .proof = proof};
    const std::string text = to_json(principal);
    for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << text;
    const auto read = from_json(text);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, principal);
  }
}

TEST(PrincipalTest, IsNotReadFromAnythingElse) {
  for (const char* text : {
           "",
           "admin",
           "[]",
           "{}",
           R"({"name":"a","role":"admin","tenant":""})",
           R"({"name":"a","role":"admin","tenant":"","proof":"word"})",
           R"({"name":"a","role":"owner","tenant":"","proof":"token"})",
           R"({"name":1,"role":"admin","tenant":"","proof":"token"})",
           R"({"name":"a","role":"admin","tenant":null,"proof":"token"})",
           R"({"name":"a","role":"admin","tenant":"","proof":"token","more":1})",
       }) {
    EXPECT_EQ(from_json(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(PrincipalTest, LogsSayWhoAndHowItWasProven) {
  Principal principal{.name = "local", .role = Role::Admin, .proof = Proof::Loopback};
  EXPECT_EQ(to_string(principal), "local (admin, proven by loopback)");
  principal.tenant = "tenant-1";
  EXPECT_EQ(to_string(principal), "local (admin of tenant-1, proven by loopback)");
}

}  // namespace
}  // namespace mex::access
