#include "certificates/acme_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/status.h"
#include "certificates/acme_record.h"
#include "certificates/testing.h"
#include "store/sqlite_store.h"

// With programs in lego's place that go wrong in one way each; the real one is at work in
// test/integration/test_acme.py.
namespace mex::certificates {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// As if an authority had signed it.
tls::testing::PemPair pair_of_authority(tls::testing::CertificateRequest request = {}) {
  request.issuer = "an authority";
  return tls::testing::make_pem_pair(request);
}

constexpr const char* kHelp =
    "case \"$*\" in *--help*) echo ' --accept-tos, --email v --server v --path v --key-type v "
    "--domains v --http --http.webroot v '; exit 0;; esac\n";

class AcmeClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = *store::open_sqlite_store(scratch_.file("state"));
    events_ = *events::EventLog::open(*store_, clock_);
    certificates_ = *Certificates::open({.directory = directory_.path(),
                                         .own_names = {},
                                         .clock = &clock_,
                                         .quiet = milliseconds(1),
                                         .patience = milliseconds(20)});
    certificates_->follow([](const tls::CertificateTable&) { return absl::OkStatus(); });
    options_.email = "you@example.net";
    options_.server = "https://ca.test/dir";
    options_.names = {"edge.example.org"};
    options_.challenge = Challenge::Http01;
    options_.directory = directory_.path();
  }
  void TearDown() override { client_.reset(); }

  // In lego's place from now on.
  void lego(const std::string& script) {
    options_.lego = scratch_.file("lego");
    scratch_.write("lego", std::string("#!/bin/sh\n") + kHelp + script);
    std::filesystem::permissions(options_.lego, std::filesystem::perms::owner_all);
  }
  // One that leaves this pair behind.
  void lego_that_issues(const tls::testing::PemPair& pair) {
    scratch_.write("crt", pair.certificate);
    scratch_.write("key", pair.key);
    const std::string to = directory_.file("acme/certificates");
    lego(
        fmt::format("echo x >> {0}/runs; mkdir -p {1}; cp {0}/crt {1}/edge.example.org.crt; "
                    "cp {0}/key {1}/edge.example.org.key",
                    scratch_.path(), to));
  }
  std::size_t runs() const {
    return base::read_file(scratch_.file("runs")).value_or("").size() / 2;
  }

  void start(milliseconds deadline = minutes(1)) {
    client_ = *AcmeClient::create({.options = options_,
                                   .store = store_,
                                   .certificates = *certificates_,
                                   .solver = std::make_unique<WebrootSolver>(scratch_.file("web")),
                                   .environment = {"PATH=/usr/bin:/bin"},
                                   .events = events::Recorder(*events_),
                                   .clock = &clock_,
                                   .order_deadline = deadline});
  }
  RenewalView renewal() const { return *certificates_->list().front().renewal; }
  bool until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + minutes(5);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool fails() {
    return until([&] { return renewal().state == RenewalState::BackingOff; });
  }
  // How often such an event is recorded.
  std::uint64_t recorded(std::string_view reason) const {
    std::uint64_t count = 0;
    for (const events::Event& event : events_->page({}, 0, 100).events) {
      if (event.reason == reason) count += event.count;
    }
    return count;
  }
  // The same, soon.
  std::uint64_t emitted(std::string_view reason) {
    until([&] { return recorded(reason) > 0; });
    return recorded(reason);
  }
  bool serves(const std::string& subject) {
    return until([&] { return certificates_->default_certificate().subject() == subject; });
  }

  const testing::CertificateDirectory directory_;
  const testing::CertificateDirectory scratch_;
  testing::ManualClock clock_;
  std::shared_ptr<store::Store> store_;
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<Certificates> certificates_;
  AcmeOptions options_;
  std::unique_ptr<AcmeClient> client_;
};

TEST_F(AcmeClientTest, OrdersTheFirstOneAndPutsItWhereItIsServed) {
  lego_that_issues(pair_of_authority());
  start();
  EXPECT_TRUE(serves("CN=edge.example.org"));
  EXPECT_TRUE(until([&] { return renewal().last_success.has_value(); }));
  EXPECT_EQ(certificates_->list().front().source, Source::Acme);
  EXPECT_EQ(emitted("Ordered"), 1U);
  EXPECT_EQ(emitted("Issued"), 1U);
  EXPECT_EQ(renewal().state, RenewalState::Waiting);
  const auto key = std::filesystem::status(directory_.file("key.pem")).permissions();
  EXPECT_EQ(key & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(AcmeClientTest, LeavesAloneWhatIsGood) {
  directory_.put(pair_of_authority());
  EXPECT_TRUE(serves("CN=edge.example.org"));
  lego_that_issues(pair_of_authority());
  start();
  const base::WallTime next = client_->next_order();
  EXPECT_GT(next, clock_.now + minutes(35));
  EXPECT_LE(next, clock_.now + minutes(41));
  EXPECT_EQ(runs(), 0U);
}

TEST_F(AcmeClientTest, WhatIsNotForAllNamesIsReplaced) {
  directory_.put(pair_of_authority({.names = {"DNS:other.example.org"}, .common_name = "other"}));
  EXPECT_TRUE(serves("CN=other"));
  lego_that_issues(pair_of_authority());
  start();
  EXPECT_TRUE(serves("CN=edge.example.org"));
}

TEST_F(AcmeClientTest, AProgramThatIsNotThereIsNamed) {
  options_.lego = "no-such-lego";
  start();
  ASSERT_TRUE(fails());
  EXPECT_EQ(renewal().problem,
            "no-such-lego: there is no such program; install the package lego, or name the program "
            "with -lego");
  EXPECT_EQ(renewal().failures, 1);
  EXPECT_EQ(renewal().next_attempt, clock_.now + minutes(1));
}

TEST_F(AcmeClientTest, AProgramThatIsTooOldIsNamed) {
  options_.lego = scratch_.file("lego");
  scratch_.write("lego", "#!/bin/sh\necho '--accept-tos, --email v'\n");
  std::filesystem::permissions(options_.lego, std::filesystem::perms::owner_all);
  start();
  ASSERT_TRUE(fails());
  EXPECT_THAT(renewal().problem, HasSubstr("is too old: it has no option --server"));
}

TEST_F(AcmeClientTest, AProgramThatHangsIsKilled) {
  lego("echo at it; exec sleep 1000");
  start(milliseconds(100));
  ASSERT_TRUE(fails());
  EXPECT_THAT(renewal().problem, HasSubstr("took too long and was killed; it had said: at it"));
}

TEST_F(AcmeClientTest, AProgramThatIsKilledIsTold) {
  lego("echo '2026/11/23 00:00:00 last words'; kill -9 $$");
  start();
  ASSERT_TRUE(fails());
  EXPECT_EQ(renewal().problem, "last words");
}

TEST_F(AcmeClientTest, SuccessWithoutACertificateIsNone) {
  lego("exit 0");
  start();
  ASSERT_TRUE(fails());
  EXPECT_THAT(renewal().problem, HasSubstr("edge.example.org.crt"));
}

TEST_F(AcmeClientTest, WhatIsForOtherNamesIsNotPutInPlace) {
  lego_that_issues(pair_of_authority({.names = {"DNS:other.example.org"}}));
  start();
  ASSERT_TRUE(fails());
  EXPECT_THAT(renewal().problem, HasSubstr("is not for all the names"));
  EXPECT_FALSE(std::filesystem::exists(directory_.file("cert.pem")));
}

TEST_F(AcmeClientTest, ARateLimitIsKeptForAnHourAtLeast) {
  lego("echo 'error: 429 :: urn:ietf:params:acme:error:rateLimited'; exit 1");
  start();
  ASSERT_TRUE(fails());
  EXPECT_EQ(renewal().next_attempt, clock_.now + hours(1));
  EXPECT_EQ(emitted("RateLimited"), 1U);
}

// A process that ended between the two had shown what the next one did not know.
TEST_F(AcmeClientTest, AFailureThatIsShownIsStoredAndRecorded) {
  lego("echo 'error: 429 :: urn:ietf:params:acme:error:rateLimited'; exit 1");
  start();
  ASSERT_TRUE(fails());
  const auto stored = acme_record_from_json(store_->get(kAcmeRecordKey)->value);
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->failures, 1);
  EXPECT_EQ(recorded("RateLimited"), 1U);
}

TEST_F(AcmeClientTest, BackOffSurvivesARestart) {
  lego("echo x >> " + scratch_.file("runs") + "; exit 1");
  start();
  ASSERT_TRUE(fails());
  const RenewalView before = renewal();
  client_.reset();
  EXPECT_FALSE(certificates_->list().front().renewal);
  start();
  EXPECT_EQ(renewal().state, RenewalState::BackingOff);
  EXPECT_EQ(renewal().next_attempt, before.next_attempt);
  EXPECT_EQ(renewal().problem, before.problem);
  EXPECT_EQ(runs(), 1U);
  EXPECT_EQ(emitted("OrderFailed"), 1U);
}

TEST_F(AcmeClientTest, WhatWasWrittenUnderAWrongClockDoesNotHoldUp) {
  clock_.now += hours(30 * 24);
  lego("exit 1");
  start();
  ASSERT_TRUE(fails());
  client_.reset();
  clock_.now -= hours(30 * 24);
  lego_that_issues(pair_of_authority());
  start();
  EXPECT_TRUE(serves("CN=edge.example.org"));
}

TEST_F(AcmeClientTest, NorDoesASuccessOfTheFuture) {
  lego_that_issues(pair_of_authority());
  start();
  ASSERT_TRUE(serves("CN=edge.example.org"));
  ASSERT_TRUE(until([&] { return renewal().last_success.has_value(); }));
  const base::WallTime success = clock_.now;
  clock_.now -= hours(1);
  EXPECT_GT(client_->next_order(), success + minutes(30));
}

TEST_F(AcmeClientTest, OtherNamesBeginAnew) {
  lego("exit 1");
  start();
  ASSERT_TRUE(fails());
  client_.reset();
  options_.names = {"next.example.org"};
  start();
  EXPECT_TRUE(until([&] { return renewal().failures == 1 && renewal().last_attempt; }));
}

TEST_F(AcmeClientTest, OrdersAtOnceWhenAskedButNotWithoutEnd) {
  lego("exit 1");
  start();
  ASSERT_TRUE(fails());
  for (int failures = 2; failures <= 5; ++failures) {
    ASSERT_TRUE(certificates_->renew("default").ok());
    ASSERT_TRUE(until([&] { return renewal().failures == failures; }));
  }
  const absl::Status refused = certificates_->renew("default");
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(base::message_of(refused)), HasSubstr("the next order may be made at"));
}

TEST_F(AcmeClientTest, AnOrderUnderWayIsGivenUpAtTheEndAndIsNoFailure) {
  lego("echo x >> " + scratch_.file("runs") + "; exec sleep 1000");
  start();
  ASSERT_TRUE(until([&] { return runs() == 1; }));
  EXPECT_EQ(renewal().state, RenewalState::Ordering);
  EXPECT_TRUE(certificates_->renew("default").ok());
  client_.reset();
  lego_that_issues(pair_of_authority());
  start();
  EXPECT_TRUE(serves("CN=edge.example.org"));
  EXPECT_EQ(renewal().failures, 0);
  EXPECT_EQ(emitted("OrderInterrupted"), 1U);
}

TEST_F(AcmeClientTest, WhatWasOrderedAndNotPutInPlaceIsPutThere) {
  const auto pair = pair_of_authority();
  directory_.write("acme/certificates/edge.example.org.crt", pair.certificate);
  directory_.write("acme/certificates/edge.example.org.key", pair.key);
  directory_.write("key.pem", pair.key);  // the process was killed here
  AcmeClient::finish_installation(options_, clock_);
  EXPECT_EQ(*base::read_file(directory_.file("cert.pem")), pair.certificate);
}

TEST_F(AcmeClientTest, AnOrderThatAWrongClockRefusedIsTakenUpWhenTheClockIsRight) {
  clock_.now -= hours(1000 * 24);
  lego_that_issues(pair_of_authority());
  start();
  ASSERT_TRUE(fails());
  EXPECT_THAT(renewal().problem, HasSubstr("is not valid before"));
  client_.reset();
  clock_.now += hours(1000 * 24);
  AcmeClient::finish_installation(options_, clock_);
  ASSERT_TRUE(serves("CN=edge.example.org"));
  for (int life = 1; life <= 2; ++life) {
    client_.reset();
    start();
    EXPECT_EQ(certificates_->list().front().source, Source::Acme);
    EXPECT_EQ(renewal().state, RenewalState::Waiting);
    EXPECT_EQ(renewal().failures, 0);
    EXPECT_EQ(renewal().problem, "");
  }
  EXPECT_EQ(runs(), 1U);
}

TEST_F(AcmeClientTest, AFailureAfterASuccessIsNotTakenForOne) {
  lego_that_issues(pair_of_authority());
  start();
  ASSERT_TRUE(serves("CN=edge.example.org"));
  ASSERT_TRUE(until([&] { return renewal().last_success.has_value(); }));
  lego("exit 1");
  ASSERT_TRUE(certificates_->renew("default").ok());
  ASSERT_TRUE(fails());
  client_.reset();
  start();
  EXPECT_EQ(renewal().state, RenewalState::BackingOff);
  EXPECT_EQ(renewal().failures, 1);
}

TEST_F(AcmeClientTest, AnAccountWithoutItsKeyIsForgotten) {
  const std::string account = "acme/accounts/ca.test/you@example.net/account.json";
  directory_.write(account, "{}");
  lego(fmt::format("test -e {} && exit 1; echo '2026/11/23 00:00:00 gone'; exit 1",
                   directory_.file(account)));
  start();
  ASSERT_TRUE(fails());
  EXPECT_EQ(renewal().problem, "gone");
  EXPECT_EQ(emitted("AccountKeyLost"), 1U);
}

TEST_F(AcmeClientTest, AnAccountThatTheAuthorityDoesNotKnowIsForgotten) {
  directory_.write("acme/accounts/ca.test/you@example.net/account.json", "{}");
  directory_.write("acme/accounts/ca.test/you@example.net/keys/you@example.net.key", "k");
  lego("echo urn:ietf:params:acme:error:accountDoesNotExist; exit 1");
  start();
  ASSERT_TRUE(fails());
  EXPECT_FALSE(std::filesystem::exists(directory_.file("acme/accounts/ca.test/you@example.net")));
}

TEST_F(AcmeClientTest, OnlyTheDefaultOneIsOrdered) {
  EXPECT_EQ(certificates_->renew("default").code(), absl::StatusCode::kFailedPrecondition);
  lego("exit 1");
  start();
  EXPECT_EQ(certificates_->renew("apps").code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(AcmeClientTest, ARecordThatCannotBeReadStaysAndTheAuthorityIsLeftAloneAtFirst) {
  constexpr const char* kCut = "{\"server\":\"https";
  ASSERT_TRUE(store_->commit(store::Transaction().put(std::string(kAcmeRecordKey), kCut)).ok());
  lego_that_issues(pair_of_authority());
  start();
  EXPECT_TRUE(store_->is_set_aside(kAcmeRecordKey));
  EXPECT_EQ(renewal().next_attempt, clock_.wall_now() + minutes(1));
  EXPECT_EQ(runs(), 0U);
  EXPECT_EQ(store_->get(kAcmeRecordKey)->value, kCut);
}

}  // namespace
}  // namespace mex::certificates
