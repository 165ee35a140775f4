#include "access/access_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::access {
namespace {

using ::testing::HasSubstr;

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

AccessPolicy policy(bool open = false, bool trust_loopback = true) {
  return AccessPolicy({.open = open,
                       .trust_loopback = trust_loopback,
                       .token = base::Secret("secret-token-secret"),
                       .own_names = {"agent1.example.org"}});
}

HttpCaller http_caller(bool loopback, std::string_view host) {
  HttpCaller caller;
  caller.loopback = loopback;
  caller.host = host;
  return caller;
}

TEST(AccessPolicyTest, TokenOpensFromAnywhere) {
  for (const bool loopback : {false, true}) {
    EXPECT_TRUE(policy().check({loopback, "Bearer secret-token-secret"}).ok());
    EXPECT_TRUE(policy().check({loopback, "bearer secret-token-secret"}).ok());
  }
}

TEST(AccessPolicyTest, WrongTokenIsRefusedEvenOnLoopback) {
  for (const std::string_view shown : {"Bearer ", "Bearer secret-token-secreT", "Bearer  secret"}) {
    EXPECT_EQ(policy().check({true, shown}).status().code(), kUnauthenticated) << shown;
  }
}

TEST(AccessPolicyTest, NoTokenIsEnoughOnLoopbackOnly) {
  EXPECT_TRUE(policy().check({true, ""}).ok());
  EXPECT_TRUE(policy().check({true, "Basic YTpi"}).ok());
  EXPECT_EQ(policy().check({false, ""}).status().code(), kUnauthenticated);
  EXPECT_EQ(policy(false, /*trust_loopback=*/false).check({true, ""}).status().code(),
            kUnauthenticated);
}

TEST(AccessPolicyTest, EmptyTokenNeverFits) {
  EXPECT_EQ(AccessPolicy({}).check({false, "Bearer "}).status().code(), kUnauthenticated);
}

TEST(AccessPolicyTest, OpenTakesEveryone) {
  EXPECT_TRUE(policy(/*open=*/true).check({false, ""}).ok());
  EXPECT_TRUE(policy(/*open=*/true).check({false, "Bearer wrong"}).ok());
}

TEST(AccessPolicyTest, RefusalTellsWhatToDo) {
  EXPECT_THAT(policy().check({false, ""}).status().ToString(), HasSubstr("Authorization: Bearer"));
}

// Host header → verdict for a caller on loopback without a token.
TEST(AccessPolicyTest, HostMustBeThisMachine) {
  const struct {
    std::string_view host;
    absl::StatusCode code;
  } cases[] = {
      {"localhost:18889", kOk},
      {"LOCALHOST", kOk},
      {"127.0.0.1:18889", kOk},
      {"[::1]:18889", kOk},
      {"192.0.2.7:18889", kOk},
      {"a.localhost:18889", kOk},
      {"", kOk},
      {"agent1.example.org:18889", kOk},
      {"agent1.example.org.:18889", kOk},
      {"localhost.", kOk},
      {"localhost.:18889", kOk},
      {"a.localhost.", kOk},
      {"localhost..", kDenied},
      {"evil.example.", kDenied},
      {".", kDenied},
      {"evil.example", kDenied},
      {"notlocalhost", kDenied},
      {"localhost.evil", kDenied},
      {"evil.example:18889", kDenied},
      {"a b", kDenied},
      {"127.0.0.1.evil.example", kDenied},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(policy().check_http(http_caller(true, row.host)).status().code(), row.code)
        << row.host;
  }
}

TEST(AccessPolicyTest, OpenApiHasNamesWeCannotKnow) {
  EXPECT_TRUE(policy(/*open=*/true).check_http(http_caller(false, "any.example")).ok());
}

TEST(AccessPolicyTest, PagesOfOtherSitesAreRefused) {
  const struct {
    std::string_view origin;
    std::string_view sec_fetch_site;
    absl::StatusCode code;
  } cases[] = {
      {"http://localhost:18889", "", kOk},
      {"http://localhost:18889", "same-origin", kOk},
      {"", "none", kOk},
      {"http://evil.example", "", kDenied},
      {"http://localhost:8080", "", kDenied},
      {"https://evil.example", "cross-site", kDenied},
      {"", "cross-site", kDenied},
      {"", "same-site", kDenied},
      {"null", "", kDenied},
  };
  for (const auto& row : cases) {
    HttpCaller caller = http_caller(true, "localhost:18889");
    caller.origin = row.origin;
    caller.sec_fetch_site = row.sec_fetch_site;
    EXPECT_EQ(policy().check_http(caller).status().code(), row.code)
        << row.origin << row.sec_fetch_site;
    EXPECT_EQ(policy(/*open=*/true).check_http(caller).status().code(), row.code) << row.origin;
  }
}

TEST(AccessPolicyTest, TokenStandsAboveWhatPagesCanFake) {
  HttpCaller caller = http_caller(false, "evil.example");
  caller.origin = "http://other.example";
  caller.authorization = "Bearer secret-token-secret";
  EXPECT_TRUE(policy().check_http(caller).ok());
}

TEST(AccessPolicyTest, BehindAProxyLoopbackMeansNothing) {
  HttpCaller caller = http_caller(true, "localhost");
  caller.forwarded = true;
  EXPECT_EQ(policy().check_http(caller).status().code(), kUnauthenticated);
}

TEST(AccessPolicyTest, SaysWhoCallsAndHowThatWasProven) {
  const auto proof_of = [](const AccessPolicy& policy, const CallerIdentity& caller) {
    const auto principal = policy.check(caller);
    EXPECT_TRUE(principal.ok()) << principal.status();
    EXPECT_EQ(principal->role, Role::Admin);
    EXPECT_EQ(principal->tenant, "");
    EXPECT_NE(principal->name, "");
    return principal->proof;
  };
  EXPECT_EQ(proof_of(policy(), {true, ""}), Proof::Loopback);
  EXPECT_EQ(proof_of(policy(), {true, "Bearer secret-token-secret"}), Proof::Token);
  EXPECT_EQ(proof_of(policy(true), {false, ""}), Proof::None);
  EXPECT_EQ(proof_of(policy(true), {true, "Bearer wrong"}), Proof::None);
  EXPECT_EQ(proof_of(policy(true), {true, "Bearer secret-token-secret"}), Proof::Token);
}

TEST(AccessPolicyTest, OverHttpTheSamePrincipalCalls) {
  EXPECT_EQ(policy().check_http(http_caller(true, "localhost"))->proof, Proof::Loopback);
  HttpCaller caller = http_caller(true, "localhost");
  caller.authorization = "Bearer secret-token-secret";
  EXPECT_EQ(policy().check_http(caller)->proof, Proof::Token);
}

}  // namespace
}  // namespace mex::access
