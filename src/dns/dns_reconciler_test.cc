#include "dns/dns_reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "dns/testing.h"
#include "store/sqlite_store.h"

namespace mex::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kName = "edge.example";
constexpr const char* kAddress = "203.0.113.5";

class DnsReconcilerTest : public ::testing::Test {
 protected:
  void SetUp() override { store_ = *store::open_sqlite_store(directory_.path() + "/state"); }

  void start(std::vector<std::string> names = {kName}, bool has_wildcards = false) {
    registrations_.reset();
    auto started = DnsReconciler::create(
        {.store = store_,
         .provider = zone_,
         .addresses = [this](const base::CallLimits&) -> absl::StatusOr<std::vector<std::string>> {
           if (!address_error_.ok()) return address_error_;
           return std::vector<std::string>{kAddress};
         },
         .names = std::move(names),
         .has_wildcards = has_wildcards,
         .interval = std::chrono::seconds(3600)});
    ASSERT_TRUE(started.ok()) << started.status();
    registrations_ = *std::move(started);
    // The first round.
    ASSERT_TRUE(until([&] { return registrations_->view().checked_at.has_value(); }));
  }
  bool until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool leads_nowhere(const std::string& name) {
    return until([&] {
      return zone_.contents(name).empty() &&
             zone_.contents(claims_name(name), RecordType::Txt).empty();
    });
  }

  const base::TemporaryDirectory directory_;
  std::shared_ptr<store::Store> store_;
  testing::MemoryZone zone_;
  absl::Status address_error_;
  std::unique_ptr<DnsReconciler> registrations_;
};

TEST_F(DnsReconcilerTest, RegistersAndTells) {
  start();
  EXPECT_THAT(zone_.contents(kName), ElementsAre(kAddress));
  const DnsView view = registrations_->view();
  EXPECT_EQ(view.provider, "memory");
  EXPECT_EQ(view.problem, "");
  ASSERT_EQ(view.records.size(), 1U);
  EXPECT_EQ(view.records[0].state, RecordState::Active);
  EXPECT_THAT(view.records[0].agents, ElementsAre(view.agent));
}

TEST_F(DnsReconcilerTest, IsTheSameAgentAfterARestart) {
  start();
  const std::string agent = registrations_->view().agent;
  start();
  EXPECT_EQ(registrations_->view().agent, agent);
  EXPECT_EQ(zone_.contents(claims_name(kName), RecordType::Txt).size(), 1U);
  EXPECT_THAT(zone_.contents(kName), ElementsAre(kAddress));
}

TEST_F(DnsReconcilerTest, AProviderThatDoesNotAnswerIsTold) {
  zone_.fail(absl::UnavailableError("down"), {});
  start();
  EXPECT_EQ(registrations_->view().problem, "down");
  ASSERT_EQ(registrations_->view().records.size(), 1U);
  EXPECT_EQ(registrations_->view().records[0].state, RecordState::Pending);
  EXPECT_EQ(registrations_->view().records[0].problem, "down");
}

TEST_F(DnsReconcilerTest, AChangeThatIsRefusedNamesTheRecord) {
  zone_.fail({}, absl::PermissionDeniedError("no rights"));
  start();
  EXPECT_THAT(registrations_->view().problem,
              HasSubstr("add _mexosagent.edge.example TXT: no rights"));
}

TEST_F(DnsReconcilerTest, WithoutAnAddressNothingIsTouched) {
  start();
  address_error_ = absl::NotFoundError("no address");
  start();
  EXPECT_EQ(registrations_->view().problem, "no address");
  EXPECT_THAT(zone_.contents(kName), ElementsAre(kAddress));
}

TEST_F(DnsReconcilerTest, FormerNamesAreRemoved) {
  start({kName, "a.edge.example"});
  EXPECT_THAT(zone_.contents("a.edge.example"), ElementsAre(kAddress));
  registrations_->use_names({kName, "b.edge.example"});
  EXPECT_TRUE(leads_nowhere("a.edge.example"));
  EXPECT_TRUE(until([&] { return zone_.contents("b.edge.example").size() == 1; }));
  // Also if they were dropped while no agent was running.
  start();
  EXPECT_TRUE(leads_nowhere("b.edge.example"));
  EXPECT_THAT(zone_.contents(kName), ElementsAre(kAddress));
}

TEST_F(DnsReconcilerTest, AWildcardGoesWhenItIsNotWantedAnyMore) {
  start({kName}, /*has_wildcards=*/true);
  EXPECT_THAT(zone_.contents("*.edge.example"), ElementsAre(kAddress));
  start({kName}, /*has_wildcards=*/false);
  EXPECT_THAT(zone_.contents("*.edge.example"), IsEmpty());
  EXPECT_THAT(zone_.contents(kName), ElementsAre(kAddress));
}

TEST_F(DnsReconcilerTest, AWithdrawalLasts) {
  start();
  ASSERT_TRUE(registrations_->withdraw().ok());
  EXPECT_TRUE(registrations_->view().is_withdrawn);
  EXPECT_TRUE(leads_nowhere(kName));
  start();
  EXPECT_THAT(zone_.contents(kName), IsEmpty());
  ASSERT_TRUE(registrations_->register_again().ok());
  EXPECT_TRUE(until([&] { return zone_.contents(kName).size() == 1; }));
}

TEST_F(DnsReconcilerTest, AWithdrawalThatDidNotSucceedIsMadeGoodLater) {
  start();
  zone_.fail({}, absl::UnavailableError("down"));
  ASSERT_TRUE(registrations_->withdraw().ok());
  ASSERT_TRUE(until([&] { return !registrations_->view().problem.empty(); }));
  EXPECT_THAT(zone_.contents(kName), ElementsAre(kAddress));
  zone_.fail({}, {});
  start();
  EXPECT_TRUE(leads_nowhere(kName));
}

TEST_F(DnsReconcilerTest, RecordsThatCannotBeReadStayAndItsNamesAreRegisteredAllTheSame) {
  ASSERT_TRUE(
      store_
          ->commit(store::Transaction().put("/dns/agent", "k3v9").put("/dns/names/not a name", ""))
          .ok());
  start();
  EXPECT_THAT(zone_.contents(kName), ElementsAre(kAddress));
  EXPECT_NE(registrations_->view().agent, "k3v9");
  EXPECT_EQ(store_->get("/dns/agent")->value, "k3v9");
  EXPECT_TRUE(store_->is_set_aside("/dns/agent"));
  EXPECT_TRUE(store_->is_set_aside("/dns/names/not a name"));
}

}  // namespace
}  // namespace mex::dns
