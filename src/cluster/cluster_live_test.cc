// The engine against a real OpenStack, named by OS_* or clouds.yaml in the environment. What it
// makes it removes again; it needs a project whose quotas hold two clusters of three servers.
// MEX_TEST_IMAGE and MEX_TEST_FLAVOR choose image and flavor.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

// What a cluster leaves in the project: network, subnet, router, security group; a port and a
// server for each of three nodes.
constexpr std::size_t kWholeCluster = 4 + 3 + 3;

TEST_F(ClusterLiveTest, CreatesAndDestroys) {
  const OperationView created = create(wish("live-1"));
  print(created);
  EXPECT_EQ(created.state, OperationState::Done) << created.reason.message;
  EXPECT_THAT(created.audit.found, IsEmpty());  // no answer was lost: no audit needed
  const auto cluster = manager_->cluster("tenant-1", "live-1");
  ASSERT_TRUE(cluster.ok());
  EXPECT_EQ(cluster->phase, ClusterPhase::Active);
  for (const NodeView& node : cluster->nodes) EXPECT_EQ(node.status, "ACTIVE") << node.slot;
  for (const ConditionView& condition : cluster->conditions) {
    EXPECT_EQ(condition.status, "True") << condition.type;
  }
  EXPECT_THAT(left_of("live-1"), SizeIs(kWholeCluster));
  EXPECT_TRUE(manager_->create({wish("live-1")})->front().already);

  const OperationView destroyed = destroy(wish("live-1"));
  print(destroyed);
  EXPECT_EQ(destroyed.state, OperationState::Done) << destroyed.reason.message;
  EXPECT_THAT(destroyed.audit.removed, SizeIs(kWholeCluster));
  EXPECT_THAT(destroyed.audit.refused, IsEmpty());
  EXPECT_THAT(left_of("live-1"), IsEmpty());
}

TEST_F(ClusterLiveTest, TwoTenantsAtOnce) {
  const auto accepted = manager_->create({wish("live-2", "red"), wish("live-2", "blue")});
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  for (const Accepted& one : *accepted) {
    EXPECT_EQ(wait_end(one.operation_id).state, OperationState::Done);
  }
  EXPECT_NE(manager_->cluster("red", "live-2")->subnet,
            manager_->cluster("blue", "live-2")->subnet);
  EXPECT_THAT(left_of("live-2"), SizeIs(2 * kWholeCluster));
  destroy(wish("live-2", "red"));
  EXPECT_THAT(left_of("live-2"), SizeIs(kWholeCluster));
  destroy(wish("live-2", "blue"));
  EXPECT_THAT(left_of("live-2"), IsEmpty());
}

TEST_F(ClusterLiveTest, DestroyCancelsACreateUnderWay) {
  const auto created = manager_->create({wish("live-3")});
  ASSERT_TRUE(created.ok());
  while (left_of("live-3").size() < 3) {
  }
  destroy(wish("live-3"));
  EXPECT_EQ(manager_->operation(created->front().operation_id)->state, OperationState::Cancelled);
  EXPECT_THAT(left_of("live-3"), IsEmpty());
}

TEST_F(ClusterLiveTest, AnUnknownFlavorFailsAndTheNextWishGoesOn) {
  ClusterRequest request = wish("live-4");
  request.flavor = "no-such-flavor";
  const OperationView failed = create(request);
  EXPECT_EQ(failed.state, OperationState::Failed);
  EXPECT_EQ(failed.reason.code, "FlavorNotFound");
  EXPECT_THAT(failed.reason.message, HasSubstr("no-such-flavor"));
  EXPECT_THAT(failed.reason.request_id, HasSubstr("req-"));
  EXPECT_THAT(failed.reason.next, HasSubstr("send the same provision again"));
  EXPECT_EQ(manager_->cluster("tenant-1", "live-4")->phase, ClusterPhase::Failed);
  EXPECT_THAT(left_of("live-4"), IsEmpty());
  const OperationView retried = create(wish("live-4"));
  EXPECT_EQ(retried.state, OperationState::Done) << retried.reason.message;
  EXPECT_THAT(left_of("live-4"), SizeIs(kWholeCluster));
  destroy(wish("live-4"));
  EXPECT_THAT(left_of("live-4"), IsEmpty());
}

TEST_F(ClusterLiveTest, UnknownThingsAreNamed) {
  ClusterRequest image = wish("live-5");
  image.image = "no-such-image";
  EXPECT_EQ(create(image).reason.code, "ImageNotFound");
  ClusterRequest zone = wish("live-6");
  zone.zone = "no-such-zone";
  EXPECT_EQ(create(zone).reason.code, "ZoneNotFound");
  ClusterRequest network = wish("live-7");
  network.network = "no-such-network";
  EXPECT_EQ(create(network).reason.code, "NetworkNotFound");
  platform_.external_network = "no-such-network";
  open();
  const OperationView failed = create(wish("live-8"));
  EXPECT_EQ(failed.reason.code, "ExternalNetworkNotFound");
  EXPECT_THAT(failed.reason.request_id, HasSubstr("req-"));
}

TEST_F(ClusterLiveTest, LackingQuotaIsRefusedBeforeAnythingIsMade) {
  ClusterRequest request = wish("live-9");
  request.flavor = variable("MEX_TEST_LARGE_FLAVOR", "m1.impossible");
  const OperationView failed = create(request);
  EXPECT_EQ(failed.state, OperationState::Failed);
  EXPECT_EQ(failed.reason.code, "QuotaExceeded");
  EXPECT_THAT(failed.reason.message, HasSubstr("needed"));
  EXPECT_THAT(failed.reason.request_id, HasSubstr("req-"));
  EXPECT_THAT(left_of("live-9"), IsEmpty());
}

TEST_F(ClusterLiveTest, AWrongPasswordIsSaid) {
  auto config = openstack::load_cloud_config(openstack::process_variables());
  ASSERT_TRUE(config.ok());
  auto* login = std::get_if<openstack::PasswordLogin>(&config->login);
  if (login == nullptr) GTEST_SKIP() << "this cloud is entered by an application credential";
  login->password = base::Secret("wrong");
  cloud_ = std::make_shared<Cloud>(*config);
  open();
  const OperationView failed = create(wish("live-10"));
  EXPECT_EQ(failed.state, OperationState::Failed);
  EXPECT_EQ(failed.reason.code, "Unauthorized");
  EXPECT_THAT(failed.reason.request_id, HasSubstr("req-"));
}

// A flavor that fits no host: every server goes to ERROR. The next wish replaces them.
TEST_F(ClusterLiveTest, AServerInErrorFailsWithNovasReason) {
  ClusterRequest request = wish("live-11");
  request.flavor = variable("MEX_TEST_UNSCHEDULABLE_FLAVOR", "m1.unschedulable");
  const OperationView failed = create(request);
  if (failed.reason.code == "FlavorNotFound") GTEST_SKIP() << "no such flavor in this cloud";
  EXPECT_EQ(failed.state, OperationState::Failed);
  EXPECT_EQ(failed.reason.code, "ServerError");
  EXPECT_THAT(failed.reason.message, HasSubstr("is in ERROR: No valid host"));
  EXPECT_THAT(failed.reason.request_id, HasSubstr("req-"));
  const OperationView retried = create(wish("live-11"));
  print(retried);
  EXPECT_EQ(retried.state, OperationState::Done) << retried.reason.message;
  EXPECT_THAT(left_of("live-11"), SizeIs(kWholeCluster));
  destroy(wish("live-11"));
  EXPECT_THAT(left_of("live-11"), IsEmpty());
}

TEST_F(ClusterLiveTest, SomebodyElsesPortKeepsTheNetworkAndIsNamed) {
  ASSERT_EQ(create(wish("live-12")).state, OperationState::Done);
  openstack::CallContext context;
  context.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  openstack::NeutronFilter filter;
  filter.name = fmt::format("live-12-{}-network", manager_->cluster("tenant-1", "live-12")->id);
  const auto networks = cloud_->neutron.list_networks(filter, context);
  ASSERT_THAT(*networks, SizeIs(1));
  openstack::NewPort foreign;
  foreign.network_id = networks->front().id;
  foreign.name = "foreign";
  const auto ports = cloud_->neutron.create_ports({foreign}, context);
  ASSERT_TRUE(ports.ok()) << ports.status();

  const auto accepted = manager_->destroy({wish("live-12")});
  OperationView operation;
  while (operation.state != OperationState::Blocked) {
    operation = *manager_->operation(accepted->front().operation_id);
  }
  EXPECT_THAT(operation.reason.message, HasSubstr("in use by"));
  EXPECT_THAT(operation.reason.message, HasSubstr(ports->front().id));
  ASSERT_TRUE(cloud_->neutron.delete_port(ports->front().id, context).ok());
  EXPECT_EQ(wait_end(accepted->front().operation_id).state, OperationState::Done);
  EXPECT_THAT(left_of("live-12"), IsEmpty());
}

// The life of one agent process, for the crash test: goes on until it is killed.
TEST_F(ClusterLiveTest, DISABLED_Child) {
  manager_.reset();
  store_.reset();
  auto store = store::open_sqlite_store(variable("MEX_TEST_STATE", ""));
  ASSERT_TRUE(store.ok()) << store.status();
  ManagerSetup setup;
  setup.store = *std::move(store);
  setup.clock = &base::system_clock();
  setup.cloud = cloud_;
  setup.platform = platform_;
  const auto manager = Manager::open(std::move(setup));
  ASSERT_TRUE(manager.ok()) << manager.status();
  const ClusterRequest request = wish("live-13");
  if (variable("MEX_TEST_WISH", "") == "create") {
    EXPECT_TRUE((*manager)->create({request}).ok());
  } else {
    EXPECT_TRUE((*manager)->destroy({request}).ok());
  }
  std::this_thread::sleep_for(std::chrono::minutes(5));
}

class ClusterCrashTest : public ClusterLiveTest {
 protected:
  // Starts this program as an agent with the state of this test and kills it after `life`.
  void live_and_die(const char* wish, std::chrono::milliseconds life) {
    const std::string state = "MEX_TEST_STATE=" + directory_.path();
    const std::string wished = std::string("MEX_TEST_WISH=") + wish;
    std::vector<char*> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
    environment.push_back(const_cast<char*>(state.c_str()));
    environment.push_back(const_cast<char*>(wished.c_str()));
    environment.push_back(nullptr);
    std::string program = "/proc/self/exe";
    std::string disabled = "--gtest_also_run_disabled_tests";
    std::string filter = "--gtest_filter=*DISABLED_Child";
    std::vector<char*> arguments{program.data(), disabled.data(), filter.data(), nullptr};
    pid_t child = 0;
    ASSERT_EQ(posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments.data(),
                          environment.data()),
              0);
    std::this_thread::sleep_for(life);
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  }
};

TEST_F(ClusterCrashTest, KilledAgainAndAgainItMakesOneClusterAndRemovesIt) {
  manager_.reset();
  store_.reset();
  for (const int life : {300, 900, 600, 1500, 1200, 2500, 1800, 4000}) {
    live_and_die("create", std::chrono::milliseconds(life));
  }
  open();
  const auto accepted = manager_->create({wish("live-13")});
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  const OperationView created = wait_end(accepted->front().operation_id);
  print(created);
  EXPECT_EQ(created.state, OperationState::Done) << created.reason.message;
  EXPECT_THAT(left_of("live-13"), SizeIs(kWholeCluster));

  manager_.reset();
  store_.reset();
  for (const int life : {300, 900, 600, 1500}) {
    live_and_die("destroy", std::chrono::milliseconds(life));
  }
  open();
  destroy(wish("live-13"));
  EXPECT_THAT(left_of("live-13"), IsEmpty());
}

}  // namespace
}  // namespace mex::cluster
