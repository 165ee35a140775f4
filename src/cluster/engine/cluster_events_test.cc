#include "cluster/engine/cluster_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/temporary_directory.h"
#include "cluster/health/certificates.h"
#include "cluster/observation/virtual_time.h"
#include "cluster/plan/plan_fixture.h"
#include "store/sqlite_store.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CertificateEventsTest : public testing::Test {
 protected:
  CertificateEventsTest() {
    cluster_.spec = test_spec();
    cluster_.phase = ClusterPhase::Active;
  }

  void say(Truth truth, std::string_view code) {
    Reason reason = because(code, "what ends");
    reason.next = "what to do";
    set_condition(cluster_.conditions, kCertificatesValid, truth, reason, time_.wall_now());
  }
  std::vector<std::string> emitted() const {
    std::vector<std::string> texts;
    for (const events::Event& event : log_->page({}, 0, 100).events) {
      texts.push_back(fmt::format("{} {}: {}", event.type == events::Type::Warning ? "W" : "N",
                                  event.reason, event.message));
    }
    return texts;
  }

  const base::TemporaryDirectory directory_;
  VirtualTime time_;
  std::unique_ptr<store::Store> store_ = *store::open_sqlite_store(directory_.path() + "/db");
  std::unique_ptr<events::EventLog> log_ = *events::EventLog::open(*store_, time_);
  ClusterRecord cluster_;
};

TEST_F(CertificateEventsTest, EachStateIsToldOnceWithWhatToDo) {
  ClusterEvents events(events::Recorder(*log_), cluster_);
  events.emit_certificates(cluster_);
  say(Truth::True, kCertificatesInTime);
  events.emit_certificates(cluster_);
  EXPECT_THAT(emitted(), IsEmpty());
  for (int i = 0; i < 3; ++i) {
    say(Truth::True, kRenewalOverdue);
    events.emit_certificates(cluster_);
  }
  say(Truth::Unknown, "NotSeen");  // for a moment
  events.emit_certificates(cluster_);
  say(Truth::True, kRenewalOverdue);
  events.emit_certificates(cluster_);
  say(Truth::False, kCertificateEnding);
  events.emit_certificates(cluster_);
  say(Truth::True, kCertificatesInTime);
  events.emit_certificates(cluster_);
  EXPECT_THAT(emitted(), ElementsAre("N CertificatesInTime: what ends",
                                     "W CertificateEnding: what ends; what to do",
                                     "W RenewalOverdue: what ends; what to do"));
}

TEST_F(CertificateEventsTest, AfterARestartWhatWasToldIsNotToldAgain) {
  say(Truth::False, kCertificateEnding);
  ClusterEvents events(events::Recorder(*log_), cluster_);
  events.emit_certificates(cluster_);
  EXPECT_THAT(emitted(), IsEmpty());
  say(Truth::False, kCertificateEnded);
  events.emit_certificates(cluster_);
  EXPECT_THAT(emitted(), ElementsAre("W CertificateEnded: what ends; what to do"));
}

TEST_F(CertificateEventsTest, OfAClusterThatGoesNothingIsTold) {
  ClusterEvents events(events::Recorder(*log_), cluster_);
  cluster_.phase = ClusterPhase::Destroying;
  say(Truth::False, kCertificateEnded);
  events.emit_certificates(cluster_);
  EXPECT_THAT(emitted(), IsEmpty());
}

}  // namespace
}  // namespace mex::cluster
