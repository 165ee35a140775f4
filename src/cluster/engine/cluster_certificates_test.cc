#include "cluster/engine/cluster_certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "base/status.h"
#include "cluster/observation/virtual_time.h"
#include "cluster/records/inventory_fixture.h"

namespace mex::cluster {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class ClusterCertificatesTest : public testing::Test {
 protected:
  kubernetes::CertificateLife ends_in(std::chrono::milliseconds time) const {
    return {.name = "apiserver", .begin = time_.wall_now(), .end = time_.wall_now() + time};
  }
  std::string address() const { return master_addresses(cluster_).front(); }

  void advance(std::chrono::milliseconds time) {
    time_.in_the_world_after(time, [] {});
    time_.run_next();
  }

  VirtualTime time_;
  ClusterRecord cluster_ = whole_record();
  ClusterCertificates certificates_{time_};
};

TEST_F(ClusterCertificatesTest, MastersAreAskedAtOnceAndThenEveryHour) {
  EXPECT_THAT(certificates_.take_due(cluster_), ElementsAre(address()));
  certificates_.keep(cluster_, {{address(), ends_in(days(365))}});
  EXPECT_THAT(certificates_.take_due(cluster_), IsEmpty());
  advance(minutes(59));
  EXPECT_THAT(certificates_.take_due(cluster_), IsEmpty());
  advance(minutes(1));
  EXPECT_THAT(certificates_.take_due(cluster_), ElementsAre(address()));
}

TEST_F(ClusterCertificatesTest, OneThatSaysNothingIsAskedAsSeldom) {
  EXPECT_THAT(certificates_.take_due(cluster_), ElementsAre(address()));
  certificates_.keep(cluster_, {});
  advance(minutes(59));
  EXPECT_THAT(certificates_.take_due(cluster_), IsEmpty());
}

// It may become due while the sweep runs.
TEST_F(ClusterCertificatesTest, ASweepThatWasNotToReadThemSaysNothing) {
  certificates_.keep(cluster_, {});
  EXPECT_THAT(certificates_.take_due(cluster_), ElementsAre(address()));
}

TEST_F(ClusterCertificatesTest, WhatEndsSoonIsSeenSoonAgain) {
  certificates_.take_due(cluster_);
  certificates_.keep(cluster_, {{address(), ends_in(minutes(20))}});
  advance(seconds(61));
  EXPECT_THAT(certificates_.take_due(cluster_), ElementsAre(address()));
  certificates_.keep(cluster_, {{address(), ends_in(-hours(1))}});
  advance(seconds(29));
  EXPECT_THAT(certificates_.take_due(cluster_), IsEmpty());
  advance(seconds(1));
  EXPECT_THAT(certificates_.take_due(cluster_), ElementsAre(address()));
}

TEST_F(ClusterCertificatesTest, TheAuthoritiesAndTheAgentsOwnAreKnownFromTheBeginning) {
  auto secrets =
      std::make_shared<const ClusterSecrets>(*make_cluster_secrets("c", time_.wall_now()));
  ClusterCredentials credentials(ClusterCredentials::Secrets(secrets), "");
  std::vector<std::string> names;
  for (const KnownCertificate& each : certificates_.known(credentials)) {
    EXPECT_EQ(each.renewer, Renewer::Nobody);
    EXPECT_EQ(each.life.end, time_.wall_now() + kubernetes::kAuthorityValidity);
    names.push_back(each.life.name);
  }
  EXPECT_THAT(names,
              ElementsAre("authority kubernetes", "authority front-proxy-ca", "authority etcd-ca"));
  ASSERT_TRUE(credentials.client(cluster_, time_.wall_now()).ok());
  certificates_.take_due(cluster_);
  certificates_.keep(cluster_, {{address(), ends_in(hours(5))}, {"192.0.2.1", ends_in(hours(5))}});
  const auto known = certificates_.known(credentials);
  ASSERT_EQ(known.size(), 5U);
  EXPECT_EQ(known[3].renewer, Renewer::Agent);
  EXPECT_EQ(known[3].life.end, time_.wall_now() + kubernetes::kClientValidity);
  EXPECT_EQ(known[4].holder, "master-1");
  EXPECT_EQ(known[4].life, ends_in(hours(5)));
}

TEST_F(ClusterCertificatesTest, OfAClusterWhoseKeysCannotBeHadNothingIsKnown) {
  const ClusterCredentials credentials(absl::DataLossError("its keys do not open"), "");
  EXPECT_THAT(certificates_.known(credentials), IsEmpty());
}

}  // namespace
}  // namespace mex::cluster
