#include "kubernetes/renewal/certificate_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kubernetes/node.h"

namespace mex::kubernetes {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

base::WallTime at(std::int64_t seconds) { return base::WallTime(std::chrono::seconds(seconds)); }

TEST(CertificateReportTest, IsReadAsTheNodesProgramWritesIt) {
  EXPECT_THAT(parse_certificate_lives(
                  "apiserver=1764480000-1796016000 etcd/server=1764480000- kubelet-client=1-2"),
              ElementsAre(CertificateLife{"apiserver", at(1'764'480'000), at(1'796'016'000)},
                          CertificateLife{"etcd/server", at(1'764'480'000), {}},
                          CertificateLife{"kubelet-client", at(1), at(2)}));
}

TEST(CertificateReportTest, WhatIsOfAnotherFormIsPassedOver) {
  for (const char* text : {"", " ", "apiserver", "apiserver=", "apiserver=1", "=1-2", "A=1-2",
                           "a=-1-2", "a=1--2", "a=1-2x", "a=x-2", "a=123456789012-2",
                           "a=1-123456789012", "a=+1-2", "a= 1-2", "a=1-2\n", "a\"b=1-2"}) {
    EXPECT_THAT(parse_certificate_lives(text), IsEmpty()) << text;
  }
  EXPECT_THAT(parse_certificate_lives("x y=1 z=3-4  w"),
              ElementsAre(CertificateLife{"z", at(3), at(4)}));
  EXPECT_THAT(parse_certificate_lives(std::string(65, 'a') + "=1-2"), IsEmpty());
}

TEST(CertificateReportTest, ANodeThatSaysTooMuchIsHeardOnlySoFar) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "a=1-2 ";
  EXPECT_EQ(parse_certificate_lives(text).size(), 64U);
  const CertificateReport report = certificate_report(
      {{std::string(kCertificatesProblemAnnotation), std::string(5000, 'x') + "\x1b[31m\n"}});
  EXPECT_EQ(report.problem, std::string(400, 'x'));
}

TEST(CertificateReportTest, IsPartOfTheNode) {
  const auto node =
      node_from_json(nlohmann::json::parse(R"({"metadata": {"name": "n", "annotations":
      {"mexosagent/certificates": "apiserver=1-2", "mexosagent/certificates-problem": "no\u001b space",
       "other": "x", "odd": 3}}})"));
  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_THAT(node->certificates.lives, ElementsAre(CertificateLife{"apiserver", at(1), at(2)}));
  EXPECT_EQ(node->certificates.problem, "no space");
}

TEST(CertificateReportTest, ANodeOfAnEarlierVersionSaysNothing) {
  for (const char* metadata :
       {R"({"name": "n"})", R"({"name": "n", "annotations": null})",
        R"({"name": "n", "annotations": [1]})",
        R"({"name": "n", "annotations": {"mexosagent/certificates": {"a": 1}}})"}) {
    const auto node = node_from_json({{"metadata", nlohmann::json::parse(metadata)}});
    ASSERT_TRUE(node.ok()) << node.status();
    EXPECT_THAT(node->certificates.lives, IsEmpty()) << metadata;
    EXPECT_EQ(node->certificates.problem, "");
  }
}

}  // namespace
}  // namespace mex::kubernetes
