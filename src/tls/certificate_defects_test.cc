#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tls/certificate.h"
#include "tls/testing.h"

namespace mex::tls {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> defects(const testing::CertificateRequest& request,
                                 const std::string& behind = "") {
  const testing::PemPair pair = testing::make_pem_pair(request);
  return Certificate::parse(pair.certificate + behind, base::Secret(pair.key))->defects();
}

TEST(CertificateDefectsTest, WhatClientsTakeHasNone) {
  EXPECT_THAT(defects({}), IsEmpty());
  EXPECT_THAT(defects({.names_issuers_place = true}), IsEmpty()) << "signed by itself";
  EXPECT_THAT(defects({.issuer = "a private authority"}), IsEmpty()) << "which clients know";
  const std::string issuer = testing::make_pem_pair({.common_name = "R11"}).certificate;
  EXPECT_THAT(defects({.issuer = "R11", .names_issuers_place = true}, issuer), IsEmpty());
}

// Browsers that had seen the issuer elsewhere took it, curl did not.
TEST(CertificateDefectsTest, ALeafWithoutItsChain) {
  EXPECT_THAT(defects({.issuer = "R11", .names_issuers_place = true}),
              ElementsAre(HasSubstr("without its chain")));
}

TEST(CertificateDefectsTest, AChainThatDoesNotHangTogether) {
  const std::string other = testing::make_pem_pair({.common_name = "E6"}).certificate;
  EXPECT_THAT(defects({.issuer = "R11", .names_issuers_place = true}, other),
              ElementsAre(HasSubstr("chain is broken")));
  const std::string issuer =
      testing::make_pem_pair({.common_name = "R11", .issuer = "root"}).certificate;
  EXPECT_THAT(defects({.issuer = "R11"}, issuer + other),
              ElementsAre(HasSubstr("chain is broken")));
}

TEST(CertificateDefectsTest, NoAlternativeNames) {
  EXPECT_THAT(defects({.names = {}}), ElementsAre(HasSubstr("no subjectAltName")));
}

}  // namespace
}  // namespace mex::tls
