#include "nginx/reconcile/origin_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "nginx/model/testing.h"

namespace mex::nginx {
namespace {

using ::testing::Contains;
using testing::instance;
using ::testing::IsEmpty;
using testing::tcp;

class OriginAddressesTest : public ::testing::Test {
 protected:
  const net::OriginPolicy policy_{{18889}};
  OriginAddresses addresses_{policy_, base::system_clock()};
};

TEST_F(OriginAddressesTest, AddressesStayAsTheyAre) {
  const Instance given = instance("a", {tcp(1, "10.0.0.9:80"), tcp(2, "[fd00::7]:80")});
  EXPECT_EQ(addresses_.resolved(given).value(), given);
}

TEST_F(OriginAddressesTest, NamesGetTheirs) {
  Instance given = instance("a", {tcp(1, "10.0.0.9:80")});
  given.ports[0].origins[0].host = "localhost";  // of /etc/hosts
  const auto found = addresses_.resolved(given);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->ports[0].origins[0].addresses, Contains("127.0.0.1"));
}

TEST_F(OriginAddressesTest, ANameDoesNotLeadToTheApi) {
  Instance given = instance("a", {tcp(1, "10.0.0.9:18889")});
  given.ports[0].origins[0].host = "localhost";
  const absl::Status status = addresses_.resolved(given).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(base::detail_of(status).field, "ports[0].origin");
}

TEST_F(OriginAddressesTest, OnAContainerNetworkNamesAreTheEngines) {
  Instance given = instance("a", {tcp(1, "some_container:80")});
  given.network = "apps";
  const auto found = addresses_.resolved(given);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->ports[0].origins[0].addresses, IsEmpty());
}

TEST_F(OriginAddressesTest, NoAddressIsNone) {
  EXPECT_FALSE(addresses_.resolved(instance("a", {tcp(1, "0.0.0.0:80")})).ok());
  EXPECT_FALSE(addresses_.resolved(instance("a", {tcp(1, "[::]:80")})).ok());
  EXPECT_FALSE(addresses_.resolved(instance("a", {tcp(1, "no-such-host.invalid:80")})).ok());
}

}  // namespace
}  // namespace mex::nginx
