#include "certificates/acme_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/status.h"
#include "certificates/jws.h"
#include "certificates/testing.h"
#include "http_client/scripted_server.h"

namespace mex::certificates {
namespace {

using http_client::http_answer;
using http_client::ScriptedServer;
using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kExternalKey =
    "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

std::string problem(std::string_view type, std::string_view detail) {
  return fmt::format(R"({{"type":"urn:ietf:params:acme:error:{}","detail":"{}"}})", type, detail);
}

// An authority that checks nothing and answers a new account as the test says.
class AcmeAccountTest : public ::testing::Test {
 protected:
  AcmeAccountTest()
      : server_([this](const ScriptedServer::Seen& seen) {
          return ScriptedServer::Reaction{answer(seen)};
        }) {
    options_.email = "you@example.net";
    options_.server = server_.url("/dir");
    options_.names = {"edge.example.org"};
    options_.directory = directory_.path();
    options_.external_account = "kid-1";
    options_.external_account_key = base::Secret(kExternalKey);
  }

  std::string answer(const ScriptedServer::Seen& seen) {
    const std::string nonce = fmt::format("Replay-Nonce: nonce-{}\r\n", ++nonces_);
    if (seen.target == "/dir") {
      return http_answer(200, is_acme_ ? fmt::format(R"({{"newNonce":"{0}/nonce",)"
                                                     R"("newAccount":"{0}/account"}})",
                                                     server_.url())
                                       : "<html>");
    }
    if (seen.target == "/nonce") return http_answer(200, "", nonce);
    if (bad_nonces_ > 0) {
      --bad_nonces_;
      return http_answer(400, problem("badNonce", "no"), nonce);
    }
    const std::string location =
        has_location_ ? fmt::format("Location: {}/account/7\r\n", server_.url()) : "";
    return http_answer(status_, body_, nonce + location);
  }

  absl::Status run() {
    return register_bound_account(options_,
                                  {std::chrono::steady_clock::now() + std::chrono::minutes(1)});
  }
  std::string account_key() const {
    return *base::read_file(account_directory(options_) + "/keys/you@example.net.key");
  }
  // What was posted last: protected header and payload.
  std::pair<json, json> posted() const {
    const json jws = json::parse(server_.seen().back().body);
    return {json::parse(*base64url_decode(jws["protected"].get<std::string>())),
            json::parse(*base64url_decode(jws["payload"].get<std::string>()))};
  }

  const testing::CertificateDirectory directory_;
  AcmeOptions options_;
  bool is_acme_ = true;
  bool has_location_ = true;
  int nonces_ = 0;
  int bad_nonces_ = 0;
  int status_ = 201;
  std::string body_ = R"({"status":"valid","contact":["mailto:you@example.net"]})";
  ScriptedServer server_;
};

TEST_F(AcmeAccountTest, IsLeftAsLegoLeavesItsOwn) {
  EXPECT_FALSE(has_account(options_));
  ASSERT_TRUE(run().ok()) << run();
  EXPECT_TRUE(has_account(options_));
  const std::string file = account_directory(options_) + "/account.json";
  const json account = json::parse(*base::read_file(file));
  EXPECT_EQ(account["email"], "you@example.net");
  EXPECT_EQ(account["registration"]["uri"], server_.url("/account/7"));
  EXPECT_EQ(account["registration"]["body"]["status"], "valid");
  EXPECT_TRUE(AccountKey::from_pem(base::Secret(account_key())).ok());
  const auto mode =
      std::filesystem::status(account_directory(options_) + "/keys/you@example.net.key")
          .permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(AcmeAccountTest, TheExternalKeySignsTheAccountsOwn) {
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(server_.seen().back().headers.at("content-type"), "application/jose+json");
  const auto [head, payload] = posted();
  EXPECT_EQ(head["alg"], "ES256");
  EXPECT_EQ(head["nonce"], "nonce-2");
  EXPECT_EQ(head["url"], server_.url("/account"));
  const auto key = AccountKey::from_pem(base::Secret(account_key()));
  EXPECT_EQ(head["jwk"], json::parse(key->jwk()));
  EXPECT_EQ(payload["termsOfServiceAgreed"], true);
  EXPECT_EQ(payload["contact"], json({"mailto:you@example.net"}));
  const json& binding = payload["externalAccountBinding"];
  const std::string protected_part = binding["protected"];
  const std::string payload_part = binding["payload"];
  EXPECT_EQ(json::parse(*base64url_decode(protected_part)),
            (json{{"alg", "HS256"}, {"kid", "kid-1"}, {"url", server_.url("/account")}}));
  EXPECT_EQ(json::parse(*base64url_decode(payload_part)), head["jwk"]);
  EXPECT_EQ(binding["signature"],
            base64url_encode(
                sign_hs256(*base64url_decode(kExternalKey), protected_part + "." + payload_part)));
  EXPECT_EQ(server_.seen().back().body.find(kExternalKey), std::string::npos);
}

TEST_F(AcmeAccountTest, TheKeyIsTheSameWhenItIsTriedAgain) {
  status_ = 503;
  EXPECT_EQ(run().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(has_account(options_));
  const std::string key = account_key();
  status_ = 200;  // the first one had been taken
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(account_key(), key);
}

TEST_F(AcmeAccountTest, ANonceThatIsRefusedIsReplaced) {
  bad_nonces_ = 3;
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(posted().first["nonce"], "nonce-5");
  bad_nonces_ = 100;
  const absl::Status refused = run();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(refused.ToString(), HasSubstr("refused 10 nonces that it had issued"));
}

TEST_F(AcmeAccountTest, ARefusalIsInTheAuthoritysWords) {
  status_ = 403;
  body_ = problem("unauthorized", "unknown key id");
  absl::Status refused = run();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.ToString(),
              HasSubstr("/account: 403 urn:ietf:params:acme:error:unauthorized unknown key id"));
  status_ = 429;
  body_ = problem("rateLimited", "enough");
  EXPECT_EQ(run().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(has_account(options_));
}

TEST_F(AcmeAccountTest, WhatIsNotAcmeIsToldSo) {
  has_location_ = false;
  EXPECT_THAT(run().ToString(), HasSubstr("has no account URL"));
  is_acme_ = false;
  EXPECT_THAT(run().ToString(), HasSubstr("not an ACME directory"));
  options_.server = server_.url("/account");
  status_ = 404;
  EXPECT_THAT(run().ToString(), HasSubstr("/account: 404"));
  options_.server = "http://127.0.0.1:1/dir";
  EXPECT_EQ(run().code(), absl::StatusCode::kUnavailable);
}

TEST_F(AcmeAccountTest, AnExternalKeyThatIsNoneIsNamed) {
  for (const char* bad : {"a b", "", "A"}) {
    options_.external_account_key = base::Secret(bad);
    EXPECT_THAT(run().ToString(), HasSubstr("MEX_ACME_EAB_HMAC"));
  }
  EXPECT_TRUE(server_.seen().empty());
}

}  // namespace
}  // namespace mex::certificates
