#include "certificates/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/mutex.h"
#include "base/status.h"
#include "certificates/testing.h"
#include "metrics/metrics.h"

namespace mex::certificates {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tls::testing::make_pem_pair;

class CertificatesTest : public ::testing::Test {
 protected:
  void open() {
    certificates_ = *Certificates::open({.directory = directory_.path(),
                                         .own_names = {"edge.example.org"},
                                         .clock = &clock_,
                                         .quiet = std::chrono::milliseconds(1),
                                         .patience = std::chrono::milliseconds(20)});
  }
  void follow() {
    certificates_->follow([this](const tls::CertificateTable& table) {
      const base::MutexLock lock(mutex_);
      applied_ = table;
      changed_.notify_all();
      return absl::OkStatus();
    });
  }
  // Waits until the active default certificate has this subject.
  bool serves(const std::string& subject) {
    base::MutexLock lock(mutex_);
    return changed_.wait_until(lock, steady_clock::now() + seconds(30), [&] {
      mutex_.assert_held();
      return applied_.fallback && applied_.fallback->subject() == subject;
    });
  }
  const CertificateView first() const { return certificates_->list().front(); }

  const testing::CertificateDirectory directory_;
  testing::ManualClock clock_;
  base::Mutex mutex_;
  base::CondVar changed_;
  tls::CertificateTable applied_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Certificates> certificates_;
};

TEST_F(CertificatesTest, WithNothingThereIsASelfSignedOne) {
  open();
  EXPECT_EQ(first().name, "default");
  EXPECT_EQ(first().source, Source::SelfSigned);
  EXPECT_THAT(first().names, ElementsAre("edge.example.org"));
  EXPECT_THAT(first().subject, HasSubstr("not trusted"));
  EXPECT_THAT(first().problem, HasSubstr("cert.pem"));
  EXPECT_TRUE(certificates_->table().fallback);
  EXPECT_THAT(std::string(base::message_of(certificates_->readiness())),
              HasSubstr("the certificate is self-signed: " + directory_.file("cert.pem")));
}

TEST_F(CertificatesTest, TheDirectoryNeedNotBeThere) {
  certificates_ = *Certificates::open({.directory = directory_.file("later"), .own_names = {}});
  EXPECT_EQ(first().source, Source::SelfSigned);
  EXPECT_THAT(first().names, ElementsAre("localhost"));
}

TEST_F(CertificatesTest, ServesWhatIsThere) {
  directory_.put(make_pem_pair());
  open();
  EXPECT_EQ(first().source, Source::Files);
  EXPECT_EQ(first().problem, "");
  EXPECT_EQ(first().certificate_file, directory_.file("cert.pem"));
  EXPECT_TRUE(certificates_->readiness().ok());
}

TEST_F(CertificatesTest, ReplacesTheSelfSignedOneByTheFirstRealOne) {
  open();
  follow();
  directory_.put(make_pem_pair());
  EXPECT_TRUE(serves("CN=edge.example.org"));
}

TEST_F(CertificatesTest, TakesTheNextOneAndLeavesBadOnesAlone) {
  directory_.put(make_pem_pair());
  open();
  follow();
  directory_.write("key.pem", "nonsense");
  directory_.put(make_pem_pair({.common_name = "next"}));
  EXPECT_TRUE(serves("CN=next"));
}

TEST_F(CertificatesTest, DirectoriesBelowAreForTheirNames) {
  directory_.put(make_pem_pair());
  const auto apps = make_pem_pair({.names = {"DNS:*.apps.example.org"}, .common_name = "apps"});
  directory_.put(apps, "apps/");
  directory_.put(apps, ".hidden/");
  std::filesystem::create_directory(directory_.file("empty"));
  open();
  const auto views = certificates_->list();
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(views[1].name, "apps");
  const tls::CertificateTable table = certificates_->table();
  ASSERT_EQ(table.by_name.size(), 2U);
  EXPECT_EQ(table.by_name[1].subject(), "CN=apps");
  EXPECT_EQ(table.fallback->subject(), "CN=edge.example.org");
}

TEST_F(CertificatesTest, ADirectoryThatIsGoneTakesItsCertificateAlong) {
  directory_.put(make_pem_pair());
  directory_.put(make_pem_pair({.common_name = "apps"}), "apps/");
  open();
  follow();
  std::filesystem::remove_all(directory_.file("apps"));
  base::MutexLock lock(mutex_);
  EXPECT_TRUE(changed_.wait_until(lock, steady_clock::now() + seconds(30), [&] {
    mutex_.assert_held();
    return applied_.by_name.size() == 1;
  }));
}

TEST_F(CertificatesTest, WhatHasExpiredGivesWayToWhatHasNot) {
  directory_.put(make_pem_pair());
  directory_.put(make_pem_pair({.common_name = "late", .valid_to_seconds = -30}), "apps/");
  open();
  const tls::CertificateTable table = certificates_->table();
  ASSERT_EQ(table.by_name.size(), 2U);
  EXPECT_EQ(table.by_name.back().subject(), "CN=edge.example.org");
}

TEST_F(CertificatesTest, TellsOfTheEndInTime) {
  directory_.put(make_pem_pair());
  open();
  EXPECT_EQ(first().problem, "");
  clock_.now += std::chrono::minutes(50);
  EXPECT_THAT(first().problem, HasSubstr("ends soon"));
  EXPECT_TRUE(certificates_->readiness().ok());
  clock_.now += std::chrono::minutes(20);
  EXPECT_THAT(std::string(base::message_of(certificates_->readiness())), HasSubstr("expired at"));
}

TEST_F(CertificatesTest, ShowsTheEndInTheMetrics) {
  directory_.put(make_pem_pair());
  open();
  const auto end = std::chrono::floor<std::chrono::seconds>(first().not_after);
  EXPECT_THAT(
      metrics::prometheus_text(),
      HasSubstr(fmt::format("mex_certificate_not_after_seconds{{certificate=\"default\"}} {}",
                            end.time_since_epoch().count())));
}

TEST_F(CertificatesTest, ForOneNameTwoDirectoriesCountAlikeAndBeforeTheDefaultOne) {
  open();
  EXPECT_THAT(certificates_->table().ranks, ElementsAre(0)) << "the makeshift one";
  directory_.put(make_pem_pair());
  directory_.put(make_pem_pair({.has_rsa_key = true}), "rsa/");
  directory_.put(make_pem_pair({.valid_from_seconds = -7200, .valid_to_seconds = -3600}), "late/");
  directory_.put(make_pem_pair(), "zed/");
  open();
  EXPECT_THAT(certificates_->table().ranks, ElementsAre(1, 2, 3, 3));
}

TEST_F(CertificatesTest, WhatClientsMayRefuseIsSaidAndServed) {
  directory_.put(make_pem_pair({.names = {"DNS:other.example.org"},
                                .common_name = "other",
                                .issuer = "R11",
                                .names_issuers_place = true}));
  open();
  EXPECT_EQ(first().source, Source::Files);
  EXPECT_EQ(first().problem, "");
  EXPECT_THAT(first().notices, ElementsAre(HasSubstr("without its chain"),
                                           HasSubstr("no certificate is for edge.example.org")));
  EXPECT_TRUE(certificates_->readiness().ok());
}

TEST_F(CertificatesTest, ANameThatAnotherDirectoryHasIsNotMissing) {
  directory_.put(make_pem_pair({.names = {"DNS:other.example.org"}}));
  directory_.put(make_pem_pair(), "edge/");
  open();
  EXPECT_THAT(first().notices, ElementsAre());
}

}  // namespace
}  // namespace mex::certificates
