#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/status.h"
#include "openstack/api_call.h"
#include "openstack/error.h"
#include "openstack/glance.h"
#include "openstack/live/live_cloud.h"
#include "openstack/neutron.h"
#include "openstack/nova.h"
#include "openstack/session.h"

namespace mex::openstack {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class LiveComputeTest : public ::testing::Test {
 protected:
  ~LiveComputeTest() override {
    for (const Server& server : or_none(nova_.list_servers(mine(), live_context()))) {
      EXPECT_TRUE(nova_.delete_server(server.id, live_context()).ok());
    }
    wait_until([&] { return nova_.list_servers(mine(), live_context())->empty(); });
    NeutronFilter described;
    described.description = mark_;
    for (const Port& port : or_none(neutron_.list_ports(described, live_context()))) {
      EXPECT_TRUE(neutron_.delete_port(port.id, live_context()).ok());
    }
    for (const Network& network : or_none(neutron_.list_networks(described, live_context()))) {
      EXPECT_TRUE(neutron_.delete_network(network.id, live_context()).ok());
    }
  }

  ServerFilter mine() const { return {.name = {}, .tags = {"of=" + mark_}}; }

  template <typename Condition>
  static void wait_until(Condition condition) {
    const auto deadline = base::system_clock().steady_now() + std::chrono::minutes(20);
    while (!condition()) {
      ASSERT_LT(base::system_clock().steady_now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
  }

  std::vector<Port> make_ports(int count) {
    const auto network =
        neutron_.create_network({.name = mark_, .description = mark_}, live_context());
    EXPECT_TRUE(network.ok()) << network.status();
    const auto subnet = neutron_.create_subnet({.network_id = network->id,
                                                .name = mark_,
                                                .description = mark_,
                                                .cidr = "10.77.8.0/24",
                                                .gateway_ip = "",
                                                .dns_servers = {}},
                                               live_context());
    EXPECT_TRUE(subnet.ok()) << subnet.status();
    NewPort port;
    port.network_id = network->id;
    port.description = mark_;
    const auto ports = neutron_.create_ports(
        std::vector<NewPort>(static_cast<std::size_t>(count), port), live_context());
    EXPECT_TRUE(ports.ok()) << ports.status();
    return or_none(ports);
  }

  NewServer new_server(const std::string& flavor) {
    NewServer server;
    server.name = mark_;
    server.description = mark_;
    server.image_id = glance_.find_image("cirros", live_context()).value_or(Image()).id;
    server.flavor_id = nova_.find_flavor(flavor, live_context()).value_or(Flavor()).id;
    server.tags = {"mexlive", "of=" + mark_};
    return server;
  }

  static Session::Options one_per_page() {
    Session::Options options;
    options.page_size = 1;
    return options;
  }

  const std::string mark_ = unique_name();
  Session session_{live_config(), one_per_page()};
  Nova nova_{session_};
  Neutron neutron_{session_};
  Glance glance_{session_};
};

TEST_F(LiveComputeTest, ServersAreMadeFoundListedAndDeleted) {
  const std::vector<Port> ports = make_ports(3);
  ASSERT_THAT(ports, SizeIs(3));
  NewServer wanted = new_server("m1.tiny");
  wanted.config_drive = true;
  wanted.metadata = {{"role", "k8s-master"}, {"mex:cluster", mark_}};
  wanted.user_data = "#cloud-config\nruncmd: [true]\n";
  std::vector<std::string> ids;
  for (const Port& port : ports) {
    wanted.port_ids = {port.id};
    CallTrace trace;
    const auto id = nova_.create_server(wanted, live_context(&trace));
    ASSERT_TRUE(id.ok()) << id.status();
    EXPECT_THAT(trace.request_id, StartsWith("req-"));
    ids.push_back(*id);
  }
  std::vector<Server> servers;
  wait_until([&] {
    servers = *nova_.list_servers(mine(), live_context());
    return std::all_of(servers.begin(), servers.end(),
                       [](const Server& server) { return server.status == "ACTIVE"; });
  });
  ASSERT_THAT(servers, SizeIs(3)) << "one per page";
  for (const Server& server : servers) {
    EXPECT_THAT(ids, Contains(server.id));
    EXPECT_EQ(server.name, mark_);
    EXPECT_EQ(server.description, mark_);
    EXPECT_THAT(server.tags, UnorderedElementsAre("mexlive", "of=" + mark_));
    EXPECT_EQ(server.metadata, wanted.metadata);
    EXPECT_EQ(server.flavor_name, "m1.tiny");
    EXPECT_EQ(server.image_id, wanted.image_id);
    ASSERT_THAT(server.addresses, SizeIs(1));
    EXPECT_EQ(server.addresses[0].network_name, mark_);
    EXPECT_THAT(server.addresses[0].address, StartsWith("10.77.8."));
  }
  EXPECT_THAT(*nova_.list_servers({.name = mark_, .tags = {}}, live_context()), SizeIs(3));
  EXPECT_THAT(
      *nova_.list_servers({.name = mark_.substr(0, mark_.size() - 1), .tags = {}}, live_context()),
      IsEmpty());
  const std::string bound = neutron_.get_port(ports[0].id, live_context())->device_id;
  EXPECT_THAT(ids, Contains(bound));
  const auto quotas = nova_.quotas(live_context());
  ASSERT_TRUE(quotas.ok()) << quotas.status();
  EXPECT_GE(quotas->instances.used, 3);
  EXPECT_TRUE(nova_.delete_server(ids[0], live_context()).ok());
  wait_until([&] { return absl::IsNotFound(nova_.get_server(ids[0], live_context()).status()); });
  EXPECT_TRUE(nova_.delete_server(ids[0], live_context()).ok()) << "gone is fine";
}

// The lab's flavor wants more memory than its projects may have.
TEST_F(LiveComputeTest, AnExceededQuotaIsResourceExhausted) {
  NewServer wanted = new_server("m1.impossible");
  const auto id = nova_.create_server(wanted, live_context());
  EXPECT_TRUE(absl::IsResourceExhausted(id.status())) << id.status();
  EXPECT_THAT(base::message_of(id.status()), HasSubstr("Quota exceeded for"));
  EXPECT_THAT(base::message_of(id.status()), HasSubstr("create server " + mark_));
  EXPECT_EQ(base::detail_of(id.status()).cloud_code, "forbidden");
  EXPECT_THAT(base::detail_of(id.status()).request_id, StartsWith("req-"));
  EXPECT_FALSE(outcome_unknown(id.status()));
}

TEST_F(LiveComputeTest, RefusalsNameTheirReason) {
  NewServer wanted = new_server("m1.tiny");
  wanted.image_id = "11111111-2222-3333-4444-555555555555";
  const auto no_image = nova_.create_server(wanted, live_context());
  EXPECT_TRUE(absl::IsInvalidArgument(no_image.status())) << no_image.status();
  EXPECT_THAT(base::message_of(no_image.status()), HasSubstr("image"));
  EXPECT_EQ(base::detail_of(no_image.status()).cloud_code, "badRequest");
  EXPECT_FALSE(outcome_unknown(no_image.status()));

  const auto no_server = nova_.get_server(wanted.image_id, live_context());
  EXPECT_TRUE(absl::IsNotFound(no_server.status())) << no_server.status();
  EXPECT_EQ(base::detail_of(no_server.status()).cloud_code, "itemNotFound");
  EXPECT_THAT(base::detail_of(no_server.status()).request_id, StartsWith("req-"));
}

TEST_F(LiveComputeTest, FlavorsAreFoundByNameAndById) {
  const auto flavors = nova_.list_flavors(live_context());
  ASSERT_TRUE(flavors.ok()) << flavors.status();
  EXPECT_GT(flavors->size(), 2U) << "one per page";
  const auto by_name = nova_.find_flavor("m1.tiny", live_context());
  ASSERT_TRUE(by_name.ok()) << by_name.status();
  EXPECT_GT(by_name->vcpus, 0);
  EXPECT_GT(by_name->ram_mib, 0);
  EXPECT_EQ(nova_.find_flavor(by_name->id, live_context())->name, "m1.tiny");
  const auto missing = nova_.find_flavor("no-such-flavor", live_context());
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_THAT(base::message_of(missing.status()), HasSubstr("no-such-flavor"));
}

TEST_F(LiveComputeTest, AvailabilityZones) {
  const auto zones = nova_.list_availability_zones(live_context());
  ASSERT_TRUE(zones.ok()) << zones.status();
  ASSERT_THAT(*zones, Not(IsEmpty()));
  EXPECT_EQ(zones->at(0).name, "nova");
  EXPECT_TRUE(zones->at(0).available);
}

TEST_F(LiveComputeTest, ImagesAreFoundByNameAndById) {
  const auto by_name = glance_.find_image("cirros", live_context());
  ASSERT_TRUE(by_name.ok()) << by_name.status();
  EXPECT_EQ(by_name->status, "active");
  EXPECT_EQ(glance_.find_image(by_name->id, live_context())->name, "cirros");
  for (const std::string missing : {"no-such-image", "11111111-2222-3333-4444-555555555555"}) {
    const auto image = glance_.find_image(missing, live_context());
    EXPECT_TRUE(absl::IsNotFound(image.status())) << image.status();
    EXPECT_THAT(base::message_of(image.status()), HasSubstr(missing));
  }
  EXPECT_GE(glance_.list_images(live_context())->size(), 2U) << "one per page";
}

TEST_F(LiveComputeTest, TwoImagesOfOneNameAreAClearError) {
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) {
    ApiCall call;
    call.service = Service::Image;
    call.what = "create image";
    call.method = "POST";
    call.path = "/images";
    call.body = {{"name", mark_}, {"disk_format", "raw"}, {"container_format", "bare"}};
    call.idempotent = false;
    const auto made = session_.call(call, live_context());
    ASSERT_TRUE(made.ok()) << made.status();
    ids.push_back(made->body["id"]);
  }
  const auto image = glance_.find_image(mark_, live_context());
  EXPECT_TRUE(absl::IsFailedPrecondition(image.status())) << image.status();
  for (const std::string& id : ids) {
    EXPECT_THAT(base::message_of(image.status()), HasSubstr(id));
    ApiCall call;
    call.service = Service::Image;
    call.what = "delete image";
    call.method = "DELETE";
    call.path = "/images/" + id;
    EXPECT_TRUE(session_.call(call, live_context()).ok());
  }
}

}  // namespace
}  // namespace mex::openstack
