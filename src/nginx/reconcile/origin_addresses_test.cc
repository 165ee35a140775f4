#include "nginx/reconcile/origin_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "nginx/model/testing.h"

namespace mex::nginx {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::instance;
using ::testing::IsEmpty;
using testing::tcp;

class OriginAddressesTest : public ::testing::Test {
 protected:
  absl::StatusOr<ResolvedOrigins> resolve(const Instance& instance) {
    ResolvedOrigins all;
    for (const Port& port : instance.ports) {
      MEX_ASSIGN_OR_RETURN(
          const ResolvedOrigins some,
          addresses_.resolve(port.origins, instance.network.empty(),
                             fmt::format("ports[{}].origin", &port - instance.ports.data())));
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

  const net::OriginPolicy policy_{{18889}};
  OriginAddresses addresses_{policy_, base::system_clock()};
};

TEST_F(OriginAddressesTest, AddressesStayAsTheyAre) {
  const Instance given = instance("a", {tcp(1, "10.0.0.9:80"), tcp(2, "[fd00::7]:80")});
  EXPECT_THAT(resolve(given).value(),
              ElementsAre(ResolvedOrigin{.origin = given.ports[0].origins[0]},
                          ResolvedOrigin{.origin = given.ports[1].origins[0]}));
}

TEST_F(OriginAddressesTest, NamesGetTheirs) {
  Instance given = instance("a", {tcp(1, "10.0.0.9:80")});
  given.ports[0].origins[0].host = "localhost";  // of /etc/hosts
  const auto found = resolve(given);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->at(0).addresses, Contains("127.0.0.1"));
}

TEST_F(OriginAddressesTest, ANameDoesNotLeadToTheApi) {
  Instance given = instance("a", {tcp(1, "10.0.0.9:18889")});
  given.ports[0].origins[0].host = "localhost";
  const absl::Status status = resolve(given).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(base::detail_of(status).field, "ports[0].origin");
}

TEST_F(OriginAddressesTest, OnAContainerNetworkNamesAreTheEngines) {
  Instance given = instance("a", {tcp(1, "some_container:80")});
  given.network = "apps";
  const auto found = resolve(given);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->at(0).addresses, IsEmpty());
}

// One that does not resolve is its own matter.
TEST_F(OriginAddressesTest, WhatIsThereIsServedWhateverIsMissing) {
  const Instance given = instance(
      "a", {tcp(1, "no-such-host.invalid:80"), tcp(2, "10.0.0.9:80"), tcp(3, "127.0.0.1:18889")});
  ResolvedOrigins all;
  for (const Port& port : given.ports) {
    const ResolvedOrigins some = addresses_.resolve_available(port.origins, /*is_on_host=*/true);
    all.insert(all.end(), some.begin(), some.end());
  }
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[0].is_nowhere);
  EXPECT_THAT(all[0].problem, HasSubstr("no-such-host.invalid: "));
  EXPECT_THAT(all[0].hosts(), IsEmpty());
  EXPECT_EQ(all[1], ResolvedOrigin{.origin = given.ports[1].origins[0]});
  EXPECT_TRUE(all[2].is_nowhere) << "the agent's own API";
  EXPECT_THAT(all[2].problem, HasSubstr("cannot be an origin"));
}

TEST_F(OriginAddressesTest, ANameKeepsTheAddressesThatItHad) {
  const Instance given = instance("a", {tcp(1, "no-such-host.invalid:80")});
  addresses_.remember({"no-such-host.invalid", {"10.0.0.7", "169.254.169.254"}});
  const ResolvedOrigins kept = addresses_.resolve_available(given.ports[0].origins, true);
  EXPECT_THAT(kept.at(0).addresses, ElementsAre("10.0.0.7")) << "and no forbidden one";
  EXPECT_FALSE(kept.at(0).is_nowhere);
  EXPECT_NE(kept.at(0).problem, "");
}

TEST_F(OriginAddressesTest, WhatIsKnownOfNamesIsListedForTheStore) {
  ResolvedInstance instance;
  instance.origins = {{{.origin = {.host = "b.example", .port = 80}, .addresses = {"10.0.0.2"}}},
                      {{.origin = {.host = "10.0.0.1", .port = 80}},
                       {.origin = {.host = "a.example", .port = 80}, .addresses = {"10.0.0.1"}},
                       {.origin = {.host = "gone.example", .port = 80}}}};
  EXPECT_THAT(known_addresses(instance), ElementsAre(KnownAddresses{"a.example", {"10.0.0.1"}},
                                                     KnownAddresses{"b.example", {"10.0.0.2"}}));
}

TEST_F(OriginAddressesTest, NoAddressIsNone) {
  EXPECT_FALSE(resolve(instance("a", {tcp(1, "0.0.0.0:80")})).ok());
  EXPECT_FALSE(resolve(instance("a", {tcp(1, "[::]:80")})).ok());
  EXPECT_FALSE(resolve(instance("a", {tcp(1, "no-such-host.invalid:80")})).ok());
}

}  // namespace
}  // namespace mex::nginx
