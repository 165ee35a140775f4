#include "certificates/jws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include <nlohmann/json.hpp>

namespace mex::certificates {
namespace {

using ::testing::StartsWith;

TEST(Base64Url, EncodesAsRfc7515AppendixC) {
  EXPECT_EQ(base64url_encode("\x03\xec\xff\xe0\xc1"), "A-z_4ME");
  EXPECT_EQ(base64url_encode(""), "");
}

TEST(Base64Url, DecodesEveryFormOfIt) {
  for (const char* text : {"A-z_4ME", "A-z_4ME=", "A+z/4ME="}) {
    EXPECT_EQ(base64url_decode(text), "\x03\xec\xff\xe0\xc1") << text;
  }
  EXPECT_EQ(base64url_decode(""), "");
  for (const char* bad : {"A", "AAAAA", "A z_", "A=z_", "\xff"}) {
    EXPECT_EQ(base64url_decode(bad), std::nullopt) << bad;
  }
}

TEST(Jws, SignsAsRfc7515AppendixA1) {
  const auto key = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const std::string jws =
      make_jws("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
               "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}",
               [&](const std::string& bytes) { return sign_hs256(*key, bytes); });
  const auto object = nlohmann::json::parse(jws);
  EXPECT_EQ(object["protected"], "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9");
  EXPECT_EQ(object["signature"], "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  EXPECT_EQ(object.size(), 3U);
}

// RFC 7515 appendix A.3.
constexpr const char* kRfcKey =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\n"
    "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\n"
    "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
    "-----END EC PRIVATE KEY-----\n";

TEST(AccountKeyTest, TellsItsPublicHalf) {
  const auto key = AccountKey::from_pem(base::Secret(kRfcKey));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->jwk(),
            R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
            R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  EXPECT_EQ(key->pem().reveal(), kRfcKey);
}

TEST(AccountKeyTest, ItsSignaturesCanBeChecked) {
  const auto made = AccountKey::create();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->pem().reveal(), StartsWith("-----BEGIN EC PRIVATE KEY-----\n"));
  const std::string pem = made->pem().reveal();
  const base::BioPtr source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const base::PrivateKeyPtr key(PEM_read_bio_PrivateKey(source.get(), nullptr, nullptr, nullptr));
  // Each has its own length in DER; 64 bytes here.
  for (int i = 0; i < 50; ++i) {
    const std::string bytes = "signed " + std::to_string(i);
    const std::string signature = made->sign(bytes);
    ASSERT_EQ(signature.size(), 64U);
    const auto* raw = reinterpret_cast<const unsigned char*>(signature.data());
    const std::unique_ptr<ECDSA_SIG, base::Freed<ECDSA_SIG_free>> pair(ECDSA_SIG_new());
    ECDSA_SIG_set0(pair.get(), BN_bin2bn(raw, 32, nullptr), BN_bin2bn(raw + 32, 32, nullptr));
    unsigned char* der = nullptr;
    const int length = i2d_ECDSA_SIG(pair.get(), &der);
    const std::unique_ptr<EVP_MD_CTX, base::Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
    EXPECT_EQ(EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(length),
                               reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()),
              1);
    OPENSSL_free(der);
  }
}

TEST(AccountKeyTest, WhatIsNoneIsRefused) {
  EXPECT_FALSE(AccountKey::from_pem(base::Secret("nonsense")).ok());
  const base::PrivateKeyPtr other(EVP_EC_gen("secp384r1"));
  const base::BioPtr sink(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(sink.get(), other.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long length = BIO_get_mem_data(sink.get(), &data);
  EXPECT_EQ(AccountKey::from_pem(base::Secret(std::string(data, static_cast<std::size_t>(length))))
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mex::certificates
