#include "routing/host_route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "routing/stored_host_route.h"

namespace mex::routing {
namespace {

using ::testing::HasSubstr;

TEST(HostRouteTest, IsBroughtIntoOneForm) {
  const auto route = normalized({"10.101.3.0/24", "10.0.0.9", "eth0"}, "routes[0]");
  ASSERT_TRUE(route.ok()) << route.status();
  EXPECT_EQ(to_string(*route), "10.101.3.0/24 via 10.0.0.9 dev eth0");
  EXPECT_EQ(normalized({"10.101.3.7", "10.0.0.9", ""}, "r")->subnet, "10.101.3.7/32");
  EXPECT_EQ(normalized({"FD00:0::/64", "fd01::0001", ""}, "r").value(),
            (HostRoute{"fd00::/64", "fd01::1", ""}));
  EXPECT_EQ(to_string(*normalized({"10.1.0.0/16", "", "eth0"}, "r")), "10.1.0.0/16 dev eth0");
}

struct Refusal {
  HostRoute route;
  const char* field;
  const char* text;
};

class HostRouteRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(HostRouteRefusalTest, NamesTheFieldAndWhatWouldBeRight) {
  const absl::Status status = normalized(GetParam().route, "routes[2]").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(base::detail_of(status).field, std::string("routes[2].") + GetParam().field);
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    All, HostRouteRefusalTest,
    ::testing::Values(
        Refusal{{"", "10.0.0.9", ""}, "subnet", "is not a subnet like 10.101.3.0/24"},
        Refusal{{"10.101.3.0/33", "10.0.0.9", ""}, "subnet", "is not a subnet"},
        Refusal{{"10.101.3.0/-1", "10.0.0.9", ""}, "subnet", "is not a subnet"},
        Refusal{{"10.101.3.0/", "10.0.0.9", ""}, "subnet", "is not a subnet"},
        Refusal{{"10.101.3/24", "10.0.0.9", ""}, "subnet", "is not a subnet"},
        Refusal{{"host/24", "10.0.0.9", ""}, "subnet", "is not a subnet"},
        Refusal{{"fd00::/129", "fd01::1", ""}, "subnet", "is not a subnet"},
        Refusal{{"10.101.3.7/24", "10.0.0.9", ""}, "subnet", "the subnet is 10.101.3.0/24"},
        Refusal{{"0.0.0.0/0", "10.0.0.9", ""}, "subnet", "the host's default route"},
        Refusal{{"::/0", "fd01::1", ""}, "subnet", "the host's default route"},
        Refusal{{"127.0.0.0/8", "10.0.0.9", ""}, "subnet", "loopback"},
        Refusal{{"169.254.169.254", "10.0.0.9", ""}, "subnet", "link-local"},
        Refusal{{"128.0.0.0/1", "10.0.0.9", ""}, "subnet", "link-local"},
        Refusal{{"239.0.0.0/8", "10.0.0.9", ""}, "subnet", "multicast"},
        Refusal{{"fe80::/64", "fd01::1", ""}, "subnet", "link-local"},
        Refusal{{"10.101.3.0/24", "router", ""}, "gateway", "is not an IP address"},
        Refusal{{"10.101.3.0/24", "10.0.0.9/32", ""}, "gateway", "is not an IP address"},
        Refusal{{"10.101.3.0/24", "fd01::1", ""}, "gateway", "same family"},
        Refusal{{"10.101.3.0/24", "", ""}, "gateway", "is missing"},
        Refusal{{"10.101.3.0/24", "10.0.0.9", "an interface"}, "dev", "not the name"},
        Refusal{{"10.101.3.0/24", "10.0.0.9", "../eth0"}, "dev", "not the name"},
        Refusal{{"10.101.3.0/24", "10.0.0.9", "sixteencharacter"}, "dev", "not the name"}));

TEST(StoredHostRouteTest, IsReadAsItWasWritten) {
  for (const char* cluster_id : {"", "k3x9"}) {
    const StoredHostRoute stored{{"fd00::/64", "fd01::1", "eth0"}, cluster_id, false};
    const auto read = host_route_from_json(to_json(stored), "/host-routes/x");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->route, stored.route);
    EXPECT_EQ(read->cluster_id, cluster_id);
    EXPECT_FALSE(read->is_wanted);
  }
  EXPECT_EQ(host_route_key(kHostRoutePrefix, "10.1.0.0/16"), "/host-routes/10.1.0.0_16");
}

TEST(StoredHostRouteTest, IsWrittenAsEver) {
  EXPECT_EQ(to_json(StoredHostRoute{{"fd00::/64", "fd01::1", "eth0"}, "k3x9", false}),
            R"({"cluster":"k3x9","dev":"eth0","format":2,"gateway":"fd01::1","subnet":"fd00::/64",)"
            R"("wanted":false})");
  EXPECT_EQ(to_json(StoredHostRoute{{"10.1.0.0/16", "", ""}, "", true}),
            R"({"dev":"","format":2,"gateway":"","subnet":"10.1.0.0/16","wanted":true})");
}

TEST(StoredHostRouteTest, AnythingElseIsDataLoss) {
  for (const char* text :
       {"", "[]", "{}", R"({"subnet":"10.1.0.0/16","gateway":"","dev":7,"wanted":true})",
        R"({"subnet":"10.1.0.0/16","gateway":"","dev":"a","wanted":1})",
        R"({"subnet":"10.1.0.0/16","gateway":"","dev":"a","wanted":true,"cluster":1})"}) {
    EXPECT_TRUE(absl::IsDataLoss(host_route_from_json(text, "/host-routes/x").status())) << text;
  }
}

}  // namespace
}  // namespace mex::routing
