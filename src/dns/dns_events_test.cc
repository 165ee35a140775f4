#include "dns/dns_events.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_directory.h"
#include "dns/claim.h"
#include "events/event_log.h"
#include "store/sqlite_store.h"

namespace mex::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kEventName = "edge.example";
constexpr const char* kEventAddress = "203.0.113.5";

class DnsEventsTest : public ::testing::Test {
 protected:
  // One round over what is there, and its events, oldest first: "!" stands for a warning.
  std::vector<std::string> round(const absl::Status& done = absl::OkStatus()) {
    const RegistrationPlan plan = plan_registration(wanted_, state_, dead_);
    dns_events_.reconciled(wanted_, state_, plan, dead_, done);
    if (done.ok()) perform(plan);
    return new_events();
  }
  std::vector<std::string> new_events() {
    std::vector<std::string> texts;
    for (const events::Event& event : log_->page({}, 0, 100).events) {
      if (event.number <= seen_) break;
      EXPECT_EQ(event.subject, (events::Subject{.kind = "DnsName", .name = kEventName}));
      texts.insert(texts.begin(),
                   fmt::format("{}{}: {}", event.type == events::Type::Warning ? "!" : "",
                               event.reason, event.message));
    }
    const auto newest = log_->page({}, 0, 1).events;
    if (!newest.empty()) seen_ = newest.front().number;
    return texts;
  }
  void perform(const RegistrationPlan& plan) {
    for (const Step& step : plan.steps) {
      auto& records = step.record.type == RecordType::Txt ? state_.texts : state_.addresses;
      if (step.kind != Step::Kind::Add) {
        std::erase(records, step.kind == Step::Kind::Remove ? step.record : step.before);
      }
      if (step.kind != Step::Kind::Remove) records.push_back(step.record);
    }
  }

  const base::TemporaryDirectory directory_;
  std::shared_ptr<store::Store> store_ = *store::open_sqlite_store(directory_.path() + "/state");
  std::unique_ptr<events::EventLog> log_ = *events::EventLog::open(*store_, base::system_clock());
  DnsEvents dns_events_{events::Recorder(*log_)};
  Registration wanted_{
      .name = kEventName, .has_wildcard = true, .addresses = {kEventAddress}, .agent = "us"};
  NameState state_;
  std::set<std::string> dead_;
  std::uint64_t seen_ = 0;
};

TEST_F(DnsEventsTest, ARegistrationIsAnEvent) {
  EXPECT_THAT(round(), ElementsAre("Registered: edge.example A 203.0.113.5",
                                   "Registered: *.edge.example A 203.0.113.5"));
  EXPECT_THAT(round(), IsEmpty());
}

TEST_F(DnsEventsTest, AHeartbeatHasNoEvent) {
  round();
  ++wanted_.heartbeat;
  EXPECT_THAT(round(), IsEmpty());
}

TEST_F(DnsEventsTest, DriftIsToldFromAChangeOfOurs) {
  round();
  std::erase_if(state_.addresses, [](const DnsRecord& each) { return each.name == kEventName; });
  state_.addresses.front().ttl = std::chrono::seconds(7);
  EXPECT_THAT(round(),
              ElementsAre("!DriftRepaired: edge.example A 203.0.113.5 was removed by somebody "
                          "else, and is as it was",
                          "!DriftRepaired: *.edge.example A 203.0.113.5 was changed by somebody "
                          "else, and is as it was"));
  wanted_.addresses = {"203.0.113.9"};
  wanted_.has_wildcard = false;
  EXPECT_THAT(round(), ElementsAre("Registered: edge.example A 203.0.113.9",
                                   "Removed: edge.example A 203.0.113.5",
                                   "Removed: *.edge.example A 203.0.113.5"));
}

TEST_F(DnsEventsTest, WhatIsMissingAtTheStartIsNoDrift) {
  round();
  state_.addresses.clear();
  dns_events_ = DnsEvents(events::Recorder(*log_));
  EXPECT_THAT(round(), ElementsAre("Registered: edge.example A 203.0.113.5",
                                   "Registered: *.edge.example A 203.0.113.5"));
}

TEST_F(DnsEventsTest, AForeignRecordIsToldOnceAndThatItIsGone) {
  state_.addresses = {{.name = kEventName, .type = RecordType::A, .content = "198.51.100.1"}};
  EXPECT_THAT(round(), ElementsAre("!ForeignRecord: edge.example A 198.51.100.1 is there and was "
                                   "not made by an agent; it is left alone, and nothing is "
                                   "registered beside it"));
  EXPECT_THAT(round(), IsEmpty());
  state_.addresses.clear();
  EXPECT_THAT(round(), ElementsAre("Registered: edge.example A 203.0.113.5",
                                   "Registered: *.edge.example A 203.0.113.5",
                                   "InForce: the name is as it should be again"));
}

TEST_F(DnsEventsTest, AFaultIsToldWhenItComesChangesAndGoes) {
  EXPECT_THAT(round(absl::UnavailableError("down")), ElementsAre("!NotInForce: down"));
  EXPECT_THAT(round(absl::UnavailableError("down")), IsEmpty());
  EXPECT_THAT(round(absl::PermissionDeniedError("no rights")),
              ElementsAre("!NotInForce: no rights"));
  dns_events_.failed({kEventName}, absl::NotFoundError("no address"));
  EXPECT_THAT(new_events(), ElementsAre("!NotInForce: no address"));
  EXPECT_THAT(round(), ElementsAre("Registered: edge.example A 203.0.113.5",
                                   "Registered: *.edge.example A 203.0.113.5",
                                   "InForce: the name is as it should be again"));
}

TEST_F(DnsEventsTest, ADeadAgentIsNamed) {
  const DnsRecord theirs{.name = kEventName, .type = RecordType::A, .content = "203.0.113.6"};
  state_.addresses = {theirs};
  state_.texts = {{.name = claims_name(kEventName),
                   .type = RecordType::Txt,
                   .content = encode(Claim{.agent = "them", .addresses = {"203.0.113.6"}})}};
  round();
  new_events();
  dead_ = {"them", "somebody-elsewhere"};
  EXPECT_THAT(round(), ElementsAre("Removed: edge.example A 203.0.113.6",
                                   "!AgentDead: agent them does not say any more that it lives; "
                                   "what it claimed is taken out"));
  EXPECT_THAT(round(), IsEmpty());
}

TEST_F(DnsEventsTest, WithdrawalIsTold) {
  round();
  dns_events_.withdrawn({kEventName});
  EXPECT_THAT(new_events(), ElementsAre("Withdrawn: this agent withdraws from the name"));
  wanted_.addresses.clear();
  EXPECT_THAT(round(), ElementsAre("Removed: edge.example A 203.0.113.5",
                                   "Removed: *.edge.example A 203.0.113.5"));
  dns_events_.registered_again({kEventName});
  EXPECT_THAT(new_events(), ElementsAre("RegisteredAgain: this agent comes back to the name"));
}

}  // namespace
}  // namespace mex::dns
