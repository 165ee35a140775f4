#include "certificates/certificate_events.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "events/event_log.h"
#include "store/sqlite_store.h"

namespace mex::certificates {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CertificateEventsTest : public ::testing::Test {
 protected:
  // The events since the last call, oldest first: "!" stands for a warning.
  std::vector<std::string> emitted(const std::vector<CertificateView>& views) {
    certificate_events_.emit(views);
    std::vector<std::string> texts;
    for (const events::Event& event : log_->page({}, 0, 100).events) {
      if (event.number <= seen_) break;
      EXPECT_EQ(event.subject.kind, "Certificate");
      texts.insert(texts.begin(), fmt::format("{} {}{}: {}", event.subject.name,
                                              event.type == events::Type::Warning ? "!" : "",
                                              event.reason, event.message));
    }
    const auto newest = log_->page({}, 0, 1).events;
    if (!newest.empty()) seen_ = newest.front().number;
    return texts;
  }
  static CertificateView view(std::string name, std::string fingerprint) {
    CertificateView view;
    view.name = std::move(name);
    view.names = {"a.example", "b.example"};
    view.issuer = "CN=issuer";
    view.serial = "0A";
    view.fingerprint = std::move(fingerprint);
    return view;
  }
  static CertificateView bad(CertificateView view, std::string problem,
                             Trouble trouble = Trouble::Files) {
    view.problem = std::move(problem);
    view.trouble = trouble;
    return view;
  }

  const base::TemporaryDirectory directory_;
  std::shared_ptr<store::Store> store_ = *store::open_sqlite_store(directory_.path() + "/state");
  std::unique_ptr<events::EventLog> log_ = *events::EventLog::open(*store_, base::system_clock());
  CertificateEvents certificate_events_{events::Recorder(*log_)};
  std::uint64_t seen_ = 0;
};

TEST_F(CertificateEventsTest, WhatIsThereAtTheBeginningIsNone) {
  EXPECT_THAT(emitted({view("default", "1"), view("apps", "2")}), IsEmpty());
  EXPECT_THAT(emitted({view("default", "1"), view("apps", "2")}), IsEmpty());
}

TEST_F(CertificateEventsTest, ACertificateThatTakesThePlaceOfAnotherIs) {
  emitted({view("default", "1")});
  EXPECT_THAT(emitted({view("default", "2"), view("apps", "3")}),
              ElementsAre("default Replaced: served from now on: serial 0A for a.example, "
                          "b.example, issued by CN=issuer, until 1970-01-01T00:00:00.000Z",
                          "apps Added: served from now on: serial 0A for a.example, b.example, "
                          "issued by CN=issuer, until 1970-01-01T00:00:00.000Z"));
  EXPECT_THAT(emitted({view("default", "2")}), ElementsAre("apps Removed: its directory is gone"));
}

TEST_F(CertificateEventsTest, AProblemIsToldOnceUntilItChangesOrGoes) {
  const CertificateView good = view("default", "1");
  EXPECT_THAT(emitted({bad(good, "no pair")}),
              ElementsAre("default !PairRefused: the one that is there serves on: no pair"));
  EXPECT_THAT(emitted({bad(good, "no pair")}), IsEmpty());
  EXPECT_THAT(emitted({bad(good, "no key")}),
              ElementsAre("default !PairRefused: the one that is there serves on: no key"));
  EXPECT_THAT(emitted({good}), ElementsAre("default InOrder: the certificate is in order again"));
  EXPECT_THAT(emitted({good}), IsEmpty());
  EXPECT_THAT(emitted({bad(good, "it ends soon", Trouble::EndsSoon)}),
              ElementsAre("default !EndsSoon: it ends soon"));
}

TEST_F(CertificateEventsTest, AMakeshiftIsCalledSo) {
  CertificateView makeshift = bad(view("default", "1"), "cert.pem: No such file");
  makeshift.source = Source::SelfSigned;
  EXPECT_THAT(emitted({makeshift}),
              ElementsAre("default !SelfSigned: clients are answered with a self-signed one: "
                          "cert.pem: No such file"));
}

TEST_F(CertificateEventsTest, AProblemThatWentWithItsDirectoryIsToldAnew) {
  emitted({view("default", "1"), bad(view("apps", "2"), "no pair")});
  EXPECT_THAT(emitted({view("default", "1")}), ElementsAre("apps Removed: its directory is gone"));
  emitted({view("default", "1"), bad(view("apps", "2"), "no pair")});
  EXPECT_EQ(log_->page({.name = "apps", .type = events::Type::Warning}, 0, 9).events[0].count, 2U);
}

}  // namespace
}  // namespace mex::certificates
