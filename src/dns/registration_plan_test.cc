#include "dns/registration_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::dns {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kEdge = "edge.example";
constexpr const char* kOurs = "203.0.113.5";
constexpr const char* kTheirs = "203.0.113.6";

DnsRecord address(const std::string& content, const std::string& name = kEdge) {
  return {.name = name, .content = content};
}

DnsRecord text(const Claim& claim) {
  return {.name = claims_name(kEdge), .type = RecordType::Txt, .content = encode(claim)};
}

Registration wanted(std::vector<std::string> addresses = {kOurs}) {
  Registration registration;
  registration.name = kEdge;
  registration.addresses = std::move(addresses);
  registration.agent = "us";
  registration.heartbeat = 2;
  return registration;
}

const Claim kOurClaim{"us", {kOurs}, false, 2};
const Claim kOurLastClaim{"us", {kOurs}, false, 1};
const Claim kTheirClaim{"them", {kTheirs}, false, 9};

Step add(const DnsRecord& record) { return {Step::Kind::Add, record, {}}; }
Step remove(const DnsRecord& record) { return {Step::Kind::Remove, record, {}}; }
Step change(const DnsRecord& from, const DnsRecord& to) { return {Step::Kind::Change, to, from}; }

std::vector<Step> steps(const Registration& registration, const NameState& state,
                        const std::set<std::string>& dead = {}) {
  return plan_registration(registration, state, dead).steps;
}

TEST(RegistrationPlanTest, ClaimsBeforeItMakes) {
  EXPECT_THAT(steps(wanted(), {}), ElementsAre(add(text(kOurClaim)), add(address(kOurs))));
}

TEST(RegistrationPlanTest, BothFamiliesAndEverythingBelow) {
  Registration all = wanted({kOurs, "2001:db8::5"});
  all.has_wildcard = true;
  const Claim claim{"us", {kOurs, "2001:db8::5"}, true, 2};
  DnsRecord v6 = address("2001:db8::5");
  v6.type = RecordType::Aaaa;
  DnsRecord v6_below = v6;
  v6_below.name = "*.edge.example";
  EXPECT_THAT(steps(all, {}),
              ElementsAre(add(text(claim)), add(address(kOurs)),
                          add(address(kOurs, "*.edge.example")), add(v6), add(v6_below)));
}

TEST(RegistrationPlanTest, WhenAllIsWellOnlyTheBeatChanges) {
  EXPECT_THAT(steps(wanted(), {{text(kOurLastClaim)}, {address(kOurs)}}),
              ElementsAre(change(text(kOurLastClaim), text(kOurClaim))));
}

TEST(RegistrationPlanTest, DriftIsRepaired) {
  DnsRecord drifted = address(kOurs);
  drifted.ttl = std::chrono::seconds(5);
  EXPECT_THAT(steps(wanted(), {{text(kOurClaim)}, {drifted}}),
              ElementsAre(change(drifted, address(kOurs))));
  EXPECT_THAT(steps(wanted(), {{text(kOurClaim)}, {}}), ElementsAre(add(address(kOurs))));
}

TEST(RegistrationPlanTest, WhatIsProxiedHasATtlOfTheProvidersOwn) {
  Registration proxied = wanted();
  proxied.is_proxied = true;
  DnsRecord shown = address(kOurs);
  shown.is_proxied = true;
  shown.ttl = std::chrono::seconds(1);
  EXPECT_THAT(steps(proxied, {{text(kOurClaim)}, {shown}}), IsEmpty());
  EXPECT_EQ(steps(wanted(), {{text(kOurClaim)}, {shown}}).size(), 1U);
}

TEST(RegistrationPlanTest, AnotherAddressIsClaimedAndMadeBeforeTheFormerOneGoes) {
  const Claim moved{"us", {"203.0.113.9"}, false, 2};
  EXPECT_THAT(steps(wanted({"203.0.113.9"}), {{text(kOurLastClaim)}, {address(kOurs)}}),
              ElementsAre(add(text(moved)), add(address("203.0.113.9")), remove(address(kOurs)),
                          remove(text(kOurLastClaim))));
}

// Whatever was the last step that was done, the next plan does what is left, and nothing twice.
TEST(RegistrationPlanTest, EveryStepMayBeTheLast) {
  const Registration moving = wanted({"203.0.113.9"});
  const NameState begin{{text(kOurLastClaim), text(kTheirClaim)},
                        {address(kOurs), address(kTheirs)}};
  const std::size_t count = steps(moving, begin).size();
  for (std::size_t done = 0; done <= count; ++done) {
    NameState state = begin;
    const auto apply = [&state](const Step& step) {
      auto& records = step.record.type == RecordType::Txt ? state.texts : state.addresses;
      const DnsRecord& gone = step.kind == Step::Kind::Change ? step.before : step.record;
      if (step.kind != Step::Kind::Add) std::erase(records, gone);
      if (step.kind != Step::Kind::Remove) records.push_back(step.record);
    };
    const auto first = steps(moving, begin);
    std::for_each(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(done), apply);
    for (const Step& step : steps(moving, state)) apply(step);
    EXPECT_THAT(steps(moving, state), IsEmpty()) << done;
    EXPECT_THAT(state.addresses,
                ::testing::UnorderedElementsAre(address("203.0.113.9"), address(kTheirs)));
    EXPECT_EQ(state.texts.size(), 2U);
  }
}

TEST(RegistrationPlanTest, OthersBehindTheSameNameAreLeftAlone) {
  EXPECT_THAT(steps(wanted(), {{text(kTheirClaim)}, {address(kTheirs)}}),
              ElementsAre(add(text(kOurClaim)), add(address(kOurs))));
  EXPECT_THAT(
      steps(wanted({}), {{text(kTheirClaim), text(kOurClaim)}, {address(kTheirs), address(kOurs)}}),
      ElementsAre(remove(address(kOurs)), remove(text(kOurClaim))));
}

TEST(RegistrationPlanTest, TheDeadAreTakenOut) {
  EXPECT_THAT(
      steps(wanted(), {{text(kTheirClaim), text(kOurClaim)}, {address(kTheirs), address(kOurs)}},
            {"them"}),
      ElementsAre(remove(address(kTheirs)), remove(text(kTheirClaim))));
}

TEST(RegistrationPlanTest, AnAddressThatTwoClaimStaysUntilBothAreGone) {
  const Claim shared{"them", {kOurs}, false, 9};
  EXPECT_THAT(steps(wanted(), {{text(shared), text(kOurClaim)}, {address(kOurs)}}, {"them"}),
              ElementsAre(remove(text(shared))));
  EXPECT_THAT(steps(wanted({}), {{text(shared), text(kOurClaim)}, {address(kOurs)}}),
              ElementsAre(remove(text(kOurClaim))));
}

TEST(RegistrationPlanTest, WhatIsForeignKeepsUsAway) {
  for (const char* unmanaged : {"198.51.100.1", kOurs}) {
    const RegistrationPlan plan = plan_registration(wanted(), {{}, {address(unmanaged)}}, {});
    EXPECT_THAT(plan.steps, IsEmpty());
    EXPECT_THAT(plan.unmanaged, ElementsAre(address(unmanaged)));
  }
}

TEST(RegistrationPlanTest, WhatIsForeignIsNeverRemoved) {
  const NameState state{{text(kOurLastClaim)}, {address("198.51.100.1"), address(kOurs)}};
  EXPECT_THAT(steps(wanted(), state), ElementsAre(change(text(kOurLastClaim), text(kOurClaim))));
  EXPECT_THAT(steps(wanted({}), state),
              ElementsAre(remove(address(kOurs)), remove(text(kOurLastClaim))));
}

TEST(RegistrationPlanTest, AForeignWildcardMattersOnlyIfOursWouldBeThere) {
  const NameState state{{}, {address("198.51.100.1", "*.edge.example")}};
  EXPECT_EQ(steps(wanted(), state).size(), 2U);
  Registration all = wanted();
  all.has_wildcard = true;
  EXPECT_THAT(steps(all, state), IsEmpty());
}

TEST(RegistrationPlanTest, WithoutTheWildcardItsRecordsGo) {
  Claim previous = kOurLastClaim;
  previous.has_wildcard = true;
  EXPECT_THAT(
      steps(wanted(), {{text(previous)}, {address(kOurs), address(kOurs, "*.edge.example")}}),
      ElementsAre(add(text(kOurClaim)), remove(address(kOurs, "*.edge.example")),
                  remove(text(previous))));
}

TEST(RegistrationPlanTest, TextsOfOthersAreNoClaims) {
  const DnsRecord other{.name = claims_name(kEdge), .type = RecordType::Txt, .content = "v=x"};
  EXPECT_THAT(steps(wanted({}), {{other}, {address(kOurs)}}), IsEmpty());
  EXPECT_THAT(owners_of(address(kTheirs), {{other, text(kTheirClaim)}, {}}), ElementsAre("them"));
}

}  // namespace
}  // namespace mex::dns
