// The engine against a real OpenStack, named by OS_* or clouds.yaml in the environment. What it
// makes it removes again; it needs a project whose quotas hold two clusters of three servers.
// MEX_TEST_IMAGE and MEX_TEST_FLAVOR choose image and flavor.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <thread>

#include "base/status.h"
#include "cluster/manager.h"
#include "cluster/manager_setup.h"
#include "cluster/resource.h"
#include "store/sqlite_store.h"
#include "store/temporary_directory.h"

namespace mex::cluster {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string variable(const char* name, const char* fallback) {
  const char* value = getenv(name);
  return value == nullptr ? fallback : value;
}

class ClusterLiveTest : public testing::Test {
 protected:
  void SetUp() override {
    auto config = openstack::load_cloud_config(openstack::process_variables());
    ASSERT_TRUE(config.ok()) << config.status();
    cloud_ = std::make_shared<Cloud>(*std::move(config));
    open();
  }

  void TearDown() override {
    if (manager_ == nullptr) return;
    for (const ClusterView& cluster : manager_->clusters({})) {
      EXPECT_TRUE(manager_->destroy({wish(cluster.name, cluster.tenant)}).ok());
      wait_gone(cluster.tenant, cluster.name);
    }
  }

  void open() {
    manager_.reset();
    store_.reset();
    auto store = store::open_sqlite_store(directory_.path());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    ManagerSetup setup;
    setup.store = store_;
    setup.clock = &base::system_clock();
    setup.cloud = cloud_;
    setup.platform = platform_;
    auto manager = Manager::open(std::move(setup));
    ASSERT_TRUE(manager.ok()) << manager.status();
    manager_ = *std::move(manager);
  }

  static PlatformConfig platform() {
    PlatformConfig platform;
    platform.image = variable("MEX_TEST_IMAGE", "debian-12");
    platform.flavor = variable("MEX_TEST_FLAVOR", "m1.nano");
    platform.user_data = "#cloud-config\n";
    return platform;
  }

  static ClusterRequest wish(std::string name, std::string tenant = "tenant-1") {
    ClusterRequest request;
    request.name = std::move(name);
    request.tenant = std::move(tenant);
    request.kind = "kubernetes-mini-openstack";
    return request;
  }

  OperationView wait_end(const std::string& operation_id) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(3);
    while (std::chrono::steady_clock::now() < deadline) {
      const auto operation = manager_->operation(operation_id);
      if (operation.ok() && operation->ended) return *operation;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << "operation " << operation_id << " did not end";
    return {};
  }

  void wait_gone(const std::string& tenant, const std::string& name) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(3);
    while (manager_->cluster(tenant, name).ok()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << name << " is still there";
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  OperationView create(const ClusterRequest& request) {
    const auto accepted = manager_->create({request});
    EXPECT_TRUE(accepted.ok()) << accepted.status();
    return accepted.ok() ? wait_end(accepted->front().operation_id) : OperationView();
  }

  OperationView destroy(const ClusterRequest& request) {
    const auto accepted = manager_->destroy({request});
    EXPECT_TRUE(accepted.ok()) << accepted.status();
    OperationView operation = wait_end(accepted->front().operation_id);
    wait_gone(request.tenant, request.name);
    return operation;
  }

  static void print(const OperationView& operation) {
    for (const StepView& step : operation.steps) {
      const auto since = [&](const std::optional<base::WallTime>& time) {
        return time ? (*time - operation.created).count() : -1;
      };
      fmt::print("{:30} {:8} {:6} {:6} {}\n", step.name, to_text(step.state), since(step.started),
                 since(step.ended), step.reason.message);
    }
  }

  // Everything in the project whose name begins with the cluster's.
  std::vector<std::string> left_of(const std::string& name) {
    openstack::CallContext context;
    context.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::vector<std::string> names;
    const auto add = [&](const auto& resources) {
      EXPECT_TRUE(resources.ok()) << resources.status();
      for (const auto& resource : *resources) {
        if (resource.name.rfind(name + "-", 0) == 0) names.push_back(resource.name);
      }
    };
    add(cloud_->neutron.list_networks({}, context));
    add(cloud_->neutron.list_subnets({}, context));
    add(cloud_->neutron.list_routers({}, context));
    add(cloud_->neutron.list_security_groups({}, context));
    add(cloud_->neutron.list_ports({}, context));
    add(cloud_->nova.list_servers({}, context));
    return names;
  }

  store::TemporaryDirectory directory_;
  PlatformConfig platform_ = platform();
  std::shared_ptr<Cloud> cloud_;
  std::shared_ptr<store::Store> store_;
  std::unique_ptr<Manager> manager_;
};

TEST_F(ClusterLiveTest, CreatesAndDestroys) {
  const OperationView created = create(wish("live-1"));
  print(created);
  EXPECT_EQ(created.state, OperationState::Done) << created.reason.message;
  const auto cluster = manager_->cluster("tenant-1", "live-1");
  ASSERT_TRUE(cluster.ok());
  EXPECT_EQ(cluster->phase, ClusterPhase::Active);
  EXPECT_THAT(left_of("live-1"), SizeIs(4 + 3 + 3));
  const OperationView destroyed = destroy(wish("live-1"));
  print(destroyed);
  EXPECT_EQ(destroyed.state, OperationState::Done) << destroyed.reason.message;
  EXPECT_THAT(destroyed.audit.removed, SizeIs(4 + 3 + 3));
  EXPECT_THAT(left_of("live-1"), IsEmpty());
}

}  // namespace
}  // namespace mex::cluster
