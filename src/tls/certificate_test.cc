#include "tls/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <filesystem>

#include "base/file.h"
#include "base/status.h"
#include "tls/certificate_content.h"
#include "tls/testing.h"

namespace mex::tls {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(std::string_view certificate, const std::string& key) {
  const auto parsed = Certificate::parse(certificate, base::Secret(key));
  return parsed.ok() ? "accepted" : std::string(base::message_of(parsed.status()));
}

TEST(Certificate, KnowsItsNamesSubjectAndTimes) {
  const Certificate certificate = testing::certificate_of(testing::make_pem_pair(
      {.names = {"DNS:Edge.example.org", "DNS:*.apps.example.org", "IP:10.0.0.1", "IP:2001:db8::1"},
       .common_name = "ignored"}));
  EXPECT_THAT(certificate.names(),
              ElementsAre("edge.example.org", "*.apps.example.org", "10.0.0.1", "2001:db8::1"));
  EXPECT_EQ(certificate.subject(), "CN=ignored");
  EXPECT_EQ(certificate.not_after() - certificate.not_before(), std::chrono::seconds(3660));
}

TEST(Certificate, KnowsWhoSignedItAndWhatTellsItFromOthers) {
  const Certificate certificate = testing::certificate_of(testing::make_pem_pair());
  EXPECT_EQ(certificate.issuer(), "CN=edge.example.org");
  EXPECT_EQ(certificate.serial(), "01");
  EXPECT_EQ(certificate.fingerprint().size(), 64U);
  EXPECT_NE(certificate.fingerprint(),
            testing::certificate_of(testing::make_pem_pair()).fingerprint());
}

TEST(Certificate, IsAnotherOneWithOtherIssuersBehindIt) {
  const testing::PemPair own = testing::make_pem_pair();
  const Certificate alone = testing::certificate_of(own);
  const Certificate chained = testing::certificate_of({own.certificate + own.certificate, own.key});
  EXPECT_TRUE(alone == testing::certificate_of(own));
  EXPECT_FALSE(alone == chained);
  EXPECT_FALSE(alone == testing::certificate_of(testing::make_pem_pair()));
}

TEST(Certificate, AWildcardStandsForOneLabel) {
  const Certificate certificate = testing::certificate_of(
      testing::make_pem_pair({.names = {"DNS:edge.example.org", "DNS:*.edge.example.org"}}));
  for (const char* name : {"edge.example.org", "a.edge.example.org"}) {
    EXPECT_TRUE(certificate.covers(name)) << name;
  }
  for (const char* name : {"example.org", "b.a.edge.example.org", "aedge.example.org", "org", ""}) {
    EXPECT_FALSE(certificate.covers(name)) << name;
  }
}

TEST(Certificate, FallsBackToTheCommonName) {
  const Certificate certificate = testing::certificate_of(
      testing::make_pem_pair({.names = {}, .common_name = "Old.example.org"}));
  EXPECT_THAT(certificate.names(), ElementsAre("old.example.org"));
}

TEST(Certificate, TakesAChain) {
  const testing::PemPair own = testing::make_pem_pair();
  const testing::PemPair issuer = testing::make_pem_pair();
  const auto certificate =
      Certificate::parse(own.certificate + issuer.certificate, base::Secret(own.key));
  ASSERT_TRUE(certificate.ok());
  EXPECT_EQ(certificate->content().issuers.size(), 1U);
  EXPECT_THAT(error_of(issuer.certificate + own.certificate, own.key),
              HasSubstr("not the key of the first certificate"));
}

TEST(Certificate, SaysWhatIsWrong) {
  const testing::PemPair pair = testing::make_pem_pair();
  EXPECT_THAT(error_of("", pair.key), HasSubstr("certificate: holds no certificate in PEM form"));
  EXPECT_THAT(error_of(pair.key, pair.key), HasSubstr("holds no certificate"));
  EXPECT_THAT(error_of(pair.certificate, ""), HasSubstr("private key: holds no private key"));
  EXPECT_THAT(error_of(pair.certificate, pair.certificate), HasSubstr("holds no private key"));
  EXPECT_THAT(error_of(pair.certificate, testing::make_pem_pair().key),
              HasSubstr("is not the key of the first certificate in certificate"));
  std::string damaged = pair.certificate;
  damaged.replace(damaged.size() / 2, 4, "!!!!");
  EXPECT_THAT(error_of(damaged, pair.key), HasSubstr("certificate 1 is damaged"));
  EXPECT_THAT(error_of(pair.certificate + damaged, pair.key), HasSubstr("certificate 2"));
  std::string damaged_key = pair.key;
  damaged_key.replace(damaged_key.size() / 2, 4, "!!!!");
  EXPECT_THAT(error_of(pair.certificate, damaged_key), HasSubstr("private key is damaged"));
}

TEST(Certificate, AnEncryptedKeyIsRefusedWithoutAsking) {
  const testing::PemPair pair = testing::make_pem_pair();
  const BioPtr in(BIO_new_mem_buf(pair.key.data(), static_cast<int>(pair.key.size())));
  const PrivateKeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const BioPtr out(BIO_new(BIO_s_mem()));
  const unsigned char password[] = "secret";
  PEM_write_bio_PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(), password, 6, nullptr, nullptr);
  EXPECT_THAT(error_of(pair.certificate, testing::pem_text(out)), HasSubstr("is encrypted"));
}

TEST(Certificate, LoadNamesTheFile) {
  const std::string directory = ::testing::TempDir() + "mex_tls_certificate";
  ASSERT_TRUE(base::make_directories(directory, 0700).ok());
  const std::string certificate_file = directory + "/cert.pem";
  const std::string key_file = directory + "/key.pem";
  const testing::PemPair pair = testing::make_pem_pair();
  ASSERT_TRUE(base::write_file_atomically(certificate_file, pair.certificate, 0600).ok());
  const auto message = [&] {
    const auto loaded = Certificate::load(certificate_file, key_file);
    return loaded.ok() ? "accepted" : std::string(base::message_of(loaded.status()));
  };
  EXPECT_THAT(message(), HasSubstr(key_file));
  ASSERT_TRUE(base::write_file_atomically(key_file, "nonsense", 0600).ok());
  EXPECT_THAT(message(), HasSubstr(key_file + ": holds no private key"));
  ASSERT_TRUE(base::write_file_atomically(key_file, pair.key, 0600).ok());
  EXPECT_EQ(message(), "accepted");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace mex::tls
