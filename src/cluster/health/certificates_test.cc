#include "cluster/health/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "cluster/records/inventory_fixture.h"
#include "cluster/steps/node_bootstrap.h"

namespace mex::cluster {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

const base::WallTime kBegin = std::chrono::sys_days(std::chrono::January / 1 / 2030);

kubernetes::CertificateLife life(std::string name, std::chrono::seconds begin,
                                 std::chrono::seconds end) {
  return {.name = std::move(name), .begin = kBegin + begin, .end = kBegin + end};
}

class CertificatesTest : public testing::Test {
 protected:
  CertificatesTest() {
    sweep_.health.ready = true;
    known_ = {{.holder = "the cluster",
               .life = life("certificate authority", {}, days(3650)),
               .renewer = Renewer::Nobody}};
    for (const NodeSpec& spec : cluster_.spec.nodes) {
      kubernetes::Node& node = node_of(spec.slot);
      node.name = node_name(cluster_.spec, cluster_.id, spec);
      node.created = kBegin;
      node.certificates.lives = {life("kubelet-client", {}, days(365))};
    }
    tell("master-1", life("etcd/server", {}, days(365)));
  }

  kubernetes::Node& node_of(const std::string& slot) {
    return sweep_.nodes[node_name(cluster_.spec, cluster_.id, *find_node(cluster_.spec, slot))];
  }
  void tell(const std::string& slot, kubernetes::CertificateLife life) {
    node_of(slot).certificates.lives.push_back(std::move(life));
  }
  CertificateVerdict at(std::chrono::seconds time) {
    return judge_certificates(cluster_,
                              {.servers = servers_,
                               .kubernetes = is_asked_ ? &sweep_ : nullptr,
                               .is_kubernetes_old = is_old_,
                               .certificates = known_},
                              kBegin + time);
  }

  ClusterRecord cluster_ = whole_record();
  std::map<std::string, ObservedServer> servers_;
  KubernetesSweep sweep_;
  std::vector<KnownCertificate> known_;
  bool is_asked_ = true;
  bool is_old_ = false;
};

TEST_F(CertificatesTest, OfANewClusterAreInTimeAndTheFirstToEndIsSaid) {
  tell("master-1", life("apiserver", {}, days(364)));
  const CertificateVerdict verdict = at(days(1));
  EXPECT_EQ(verdict.truth, Truth::True);
  EXPECT_EQ(verdict.reason.code, kCertificatesInTime);
  EXPECT_EQ(verdict.reason.message,
            "the first to end is apiserver of master-1 at 2030-12-31T00:00:00.000Z");
  EXPECT_EQ(verdict.first_end, kBegin + days(364));
}

TEST_F(CertificatesTest, AYearPassesAndNobodyRenews) {
  for (const auto& [day, code, truth] : {std::tuple(days(243), kCertificatesInTime, Truth::True),
                                         std::tuple(days(244), kRenewalOverdue, Truth::True),
                                         std::tuple(days(334), kRenewalOverdue, Truth::True),
                                         std::tuple(days(335), kCertificateEnding, Truth::False),
                                         std::tuple(days(365), kCertificateEnded, Truth::False)}) {
    const CertificateVerdict verdict = at(day);
    EXPECT_EQ(verdict.reason.code, code) << day.count();
    EXPECT_EQ(verdict.truth, truth) << day.count();
    if (code == kRenewalOverdue) {
      EXPECT_THAT(verdict.reason.message, HasSubstr("etcd/server of master-1"));
      EXPECT_THAT(verdict.reason.next, HasSubstr("journalctl -u mexosagent-certificates"));
    }
  }
}

// The kubelet renews with 10 to 30 % of the life left, as it likes.
TEST_F(CertificatesTest, AKubeletThatTakesItsTimeIsNotOverdue) {
  node_of("master-1").certificates.lives = {life("kubelet-client", {}, days(365))};
  EXPECT_EQ(at(days(330)).reason.code, kCertificatesInTime);
  EXPECT_EQ(at(days(336)).reason.code, kCertificateEnding);
}

TEST_F(CertificatesTest, LivesOfMinutesAreMeasuredAlike) {
  node_of("master-1").certificates.lives = {life("apiserver", hours(5), hours(5) + minutes(12))};
  EXPECT_EQ(at(hours(5) + minutes(7)).reason.code, kCertificatesInTime);
  EXPECT_EQ(at(hours(5) + minutes(9)).reason.code, kRenewalOverdue);
  EXPECT_EQ(at(hours(5) + minutes(12)).reason.code, kCertificateEnded);
}

TEST_F(CertificatesTest, WhatAnApiServerShowsCountsAlthoughItsNodeSaysOtherwise) {
  tell("master-1", life("apiserver", days(220), days(585)));
  // kubeadm dates back to the authority's begin; a year is what it signs for.
  known_.push_back({.holder = "master-1", .life = life("apiserver", {}, days(365))});
  EXPECT_EQ(at(days(250)).reason.code, kRenewalOverdue);
  node_of("master-1").certificates.lives = {life("apiserver", days(220), days(585))};
  known_.back().life = life("apiserver", {}, days(585));
  EXPECT_EQ(at(days(250)).reason.code, kCertificatesInTime);
  // The same where no node tells when it was signed.
  for (auto& [name, node] : sweep_.nodes) node.certificates.lives.clear();
  EXPECT_EQ(at(days(450)).reason.code, kCertificatesNotRenewed);
  EXPECT_EQ(at(days(470)).reason.code, kRenewalOverdue);
}

TEST_F(CertificatesTest, AnAuthorityThatEndsIsSaidAYearBefore) {
  for (auto& [name, node] : sweep_.nodes) {
    node.certificates.lives = {life("kubelet-client", days(3200), days(3650))};
  }
  EXPECT_EQ(at(days(3280)).reason.code, kCertificatesInTime);
  const CertificateVerdict verdict = at(days(3290));
  EXPECT_EQ(verdict.reason.code, kRenewalOverdue);
  EXPECT_THAT(verdict.reason.message, HasSubstr("certificate authority of the cluster"));
  EXPECT_THAT(verdict.reason.next, HasSubstr("make another cluster"));
  EXPECT_EQ(at(days(3600)).reason.code, kCertificateEnding);
  EXPECT_EQ(at(days(3650)).reason.code, kCertificateEnded);
}

TEST_F(CertificatesTest, MastersOfAnEarlierVersionAreNamedWithWhatToDo) {
  node_of("worker-2").certificates.lives.clear();
  EXPECT_EQ(at(hours(3)).reason.code, kCertificatesInTime);  // its kubelet renews its only one
  node_of("master-1").certificates.lives.clear();
  EXPECT_EQ(at(hours(1)).reason.code, kCertificatesInTime);  // it may be booting
  const CertificateVerdict verdict = at(hours(3));
  EXPECT_EQ(verdict.truth, Truth::True);
  EXPECT_EQ(verdict.reason.code, kCertificatesNotRenewed);
  EXPECT_THAT(verdict.reason.message, HasSubstr("nothing is heard of a renewal on master-1;"));
  EXPECT_THAT(verdict.reason.next, HasSubstr(":renew puts the renewal on them"));
}

TEST_F(CertificatesTest, WhyARenewalFailsIsPassedOn) {
  node_of("master-1").certificates.problem = "kubeadm certs renew all: no space left on device";
  EXPECT_EQ(at(days(1)).reason.code, kRenewalFails);
  EXPECT_EQ(at(days(1)).truth, Truth::True);
  EXPECT_THAT(at(days(1)).reason.message,
              HasSubstr("master-1: kubeadm certs renew all: no space left on device; the first"));
  EXPECT_EQ(at(days(300)).reason.code, kRenewalOverdue);
  EXPECT_THAT(at(days(300)).reason.message, HasSubstr("no space left on device"));
}

TEST_F(CertificatesTest, OneThatCannotBeReadHasEnded) {
  tell("master-1", {.name = "apiserver", .begin = kBegin, .end = {}});
  EXPECT_EQ(at(days(1)).truth, Truth::False);
  EXPECT_EQ(at(days(1)).reason.code, kCertificateEnded);
  EXPECT_THAT(at(days(1)).reason.message, HasSubstr("apiserver of master-1 cannot be read"));
}

TEST_F(CertificatesTest, WhatIsNotSeenIsUnknownUnlessWhatIsKnownHasEnded) {
  is_old_ = true;
  EXPECT_EQ(at(days(1)).truth, Truth::Unknown);
  EXPECT_EQ(at(days(1)).reason.code, "NotSeen");
  EXPECT_EQ(at(days(366)).truth, Truth::False);
  is_old_ = false;
  sweep_.health.ready = false;
  EXPECT_EQ(at(days(1)).truth, Truth::Unknown);
  is_asked_ = false;
  EXPECT_EQ(at(days(366)).truth, Truth::Unknown);
  known_.push_back({.holder = "master-1", .life = life("apiserver", {}, days(365))});
  EXPECT_EQ(at(days(366)).truth,
            Truth::False);  // as its handshake shows, though it answers nothing
  known_.clear();
  EXPECT_EQ(at(days(1)).truth, Truth::Unknown);
  EXPECT_EQ(at(days(1)).first_end, std::nullopt);
  is_asked_ = true;
  sweep_.health.ready = true;
  for (auto& [name, node] : sweep_.nodes) node.certificates.lives.clear();
  EXPECT_EQ(at(days(1)).reason.code, kCertificatesNotRenewed);
  EXPECT_EQ(at(days(1)).truth, Truth::True);
}

}  // namespace
}  // namespace mex::cluster
