// What a create is refused for before anything is made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "cluster/plan/create_plan_fixture.h"

namespace mex::cluster {
namespace {

using testing::HasSubstr;

class CreateRefusalTest : public CreatePlanTest {};

TEST_F(CreateRefusalTest, ServersOfANovaFlavorWithoutADiskBootFromVolumesThatAreCounted) {
  discovered_.flavors["m1.small"].disk_gib = 0;
  discovered_.has_volumes = true;
  discovered_.volumes.volumes = {.limit = 5, .used = 2};
  discovered_.volumes.gigabytes = {.limit = 100, .used = 40};
  const Plan made = plan();
  const auto& server = std::get<CreateServer>(step(made, "server worker-1").action).body;
  ASSERT_TRUE(server.root_volume);
  EXPECT_EQ(server.root_volume->size_gib, 20);
  discovered_.volumes.volumes.used = 3;
  discovered_.volumes.gigabytes.used = 41;
  discovered_.volume_request_id = "req-v";
  const absl::Status lacking = try_plan().status();
  EXPECT_EQ(base::message_of(lacking),
            "quota: volumes: 3 needed, 2 of 5 left; volume gigabytes: 60 needed, 59 of 100 left");
  EXPECT_EQ(base::detail_of(lacking).request_id, "req-v");
}

TEST_F(CreateRefusalTest, ASharedNetworkThatPodsOrServicesWouldHideIsRefused) {
  spec_.scheme = NetworkScheme::Shared;
  spec_.network = "net-1";
  spec_.subnet = "";
  spec_.flavor.kubernetes.image_style = ImageStyle::Baked;
  discovered_.references.network = {.id = "net-id", .name = "net-1"};
  discovered_.shared_subnet = "10.244.7.0/24";
  const absl::Status pods = try_plan().status();
  EXPECT_EQ(pods.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(pods), HasSubstr("kubernetes.pod_network"));
  EXPECT_THAT(base::detail_of(pods).next, HasSubstr("another kubernetes.pod_network"));
  discovered_.shared_subnet = "10.0.0.0/8";
  spec_.flavor.kubernetes.pod_network = "192.168.0.0/16";
  EXPECT_THAT(base::message_of(try_plan().status()), HasSubstr("kubernetes.service_network"));
  discovered_.shared_subnet = "192.0.2.0/24";
  EXPECT_TRUE(try_plan().ok());
}

TEST_F(CreateRefusalTest, ServerGroupsHaveQuotasToo) {
  spec_.flavor.placement.anti_affinity = AntiAffinity::Hard;
  discovered_.compute.server_groups = {.limit = 10, .used = 10};
  discovered_.compute.server_group_members = 1;
  EXPECT_EQ(base::message_of(try_plan().status()),
            "quota: server groups: 1 needed, 0 of 10 left; members of a server group: 2 needed, 1 "
            "of 1 left");
}

TEST_F(CreateRefusalTest, RefusesAnImageThatDoesNotFit) {
  const auto refused = [this](const char* text) {
    const absl::Status status = try_plan().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(base::message_of(status), HasSubstr(text));
    discovered_ = test_discovered();
  };
  discovered_.images["debian-12"].status = "queued";
  refused("image debian-12: is queued, not active");
  discovered_.images["debian-12"].min_ram_mib = 4096;
  refused("needs 4096 MiB of memory, flavor m1.small has 2048");
  discovered_.images["debian-12"].min_disk_gib = 40;
  refused("needs a disk of 40 GiB, flavor m1.small has 20");
  discovered_.flavors["m1.small"].disk_gib = 0;
  discovered_.images["debian-12"].min_disk_gib = 40;
  EXPECT_TRUE(try_plan().ok());
}

TEST_F(CreateRefusalTest, NamesEveryShortageOfQuota) {
  discovered_.compute.instances = {.limit = 10, .used = 9};
  discovered_.compute.cores = {.limit = 20, .used = 14};
  discovered_.compute.ram_mib = {.limit = 6144, .used = 1024};
  discovered_.compute_request_id = "req-compute";
  discovered_.network.ports = {.limit = 5, .used = 4};
  discovered_.network.networks = {.limit = 1, .used = 3};
  discovered_.network_request_id = "req-network";
  const absl::Status status = try_plan().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(base::message_of(status),
            "quota: instances: 3 needed, 1 of 10 left; ram (MiB): 6144 needed, 5120 of 6144 left; "
            "networks: 1 needed, 0 of 1 left; ports: 4 needed, 1 of 5 left");
  EXPECT_EQ(base::detail_of(status).cloud_code, "QuotaExceeded");
  EXPECT_EQ(base::detail_of(status).request_id, "req-compute");
  discovered_.compute = {};
  EXPECT_EQ(base::detail_of(try_plan().status()).request_id, "req-network");
}

TEST_F(CreateRefusalTest, VolumesAndTheirGigabytesAreCounted) {
  spec_.flavor.masters.shape.root_volume_gib = 50;
  discovered_.flavors["m1.small"].disk_gib = 0;
  discovered_.has_volumes = true;
  discovered_.volumes = {.volumes = {.limit = 10, .used = 8},
                         .gigabytes = {.limit = 100, .used = 20}};
  discovered_.volume_request_id = "req-volume";
  const absl::Status status = try_plan().status();
  EXPECT_EQ(base::message_of(status),
            "quota: volumes: 3 needed, 2 of 10 left; volume gigabytes: 90 needed, 80 of 100 left");
  EXPECT_EQ(base::detail_of(status).request_id, "req-volume");
  present_[{ResourceKind::Volume, "master-1"}] = "v";
  check_existing_ = true;
  EXPECT_TRUE(try_plan().ok()) << "one is there: " << try_plan().status();
}

TEST_F(CreateRefusalTest, QuotaIsAskedOnlyForWhatIsMissing) {
  discovered_.compute.instances = {.limit = 3, .used = 3};
  discovered_.network.security_group_rules = {.limit = 8, .used = 8};
  EXPECT_FALSE(try_plan().ok());
  present_ = whole_journal();
  check_existing_ = true;
  EXPECT_TRUE(try_plan().ok()) << try_plan().status();
}

}  // namespace
}  // namespace mex::cluster
