#include "cluster/engine/manager.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "cluster/engine/change_requests.h"
#include "cluster/engine/manager_context.h"
#include "cluster/records/journal.h"
#include "store/sealer.h"
#include "store/sqlite_store.h"

namespace mex::cluster {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A port of loopback on which nothing listens, or one that takes connections and never answers.
class DeadPort {
 public:
  DeadPort() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, generic, size), 0);
    EXPECT_EQ(getsockname(fd_, generic, &size), 0);
    number_ = ntohs(address.sin_port);
  }
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  ~DeadPort() { close(fd_); }
  int number() const { return number_; }
  void take_connections() { EXPECT_EQ(listen(fd_, 8), 0); }

 private:
  int fd_;
  int number_ = 0;
};

// A disk that can be full.
class FullableStore final : public store::Store {
 public:
  explicit FullableStore(std::shared_ptr<store::Store> below) : below_(std::move(below)) {}
  absl::StatusOr<store::Entry> get(std::string_view key) const override { return below_->get(key); }
  absl::StatusOr<std::vector<store::Entry>> list(std::string_view prefix) const override {
    return below_->list(prefix);
  }
  absl::StatusOr<store::Revision> commit(const store::Transaction& transaction) override {
    if (is_full) return absl::UnavailableError("database or disk is full");
    return below_->commit(transaction);
  }
  std::atomic<bool> is_full = false;

 private:
  std::shared_ptr<store::Store> below_;
};

ClusterRequest request_for(std::string name, std::string tenant = "tenant-1") {
  ClusterRequest request;
  request.name = std::move(name);
  request.tenant = std::move(tenant);
  request.kind = "kubernetes-mini-openstack";
  return request;
}

// With a cloud that cannot be reached: everything up to the first answer of the cloud.
class ManagerTest : public testing::Test {
 protected:
  void SetUp() override { open(true); }

  void open(bool with_cloud) {
    manager_.reset();
    events_.reset();
    store_.reset();
    store_ = std::make_shared<FullableStore>(*store::open_sqlite_store(directory_.path()));
    events_ = *events::EventLog::open(*store_, base::system_clock());
    ManagerContext setup;
    setup.store = store_;
    setup.sealer = std::make_shared<const store::Sealer>(
        *store::Sealer::open(store::sealing_key_path(directory_.path())));
    setup.clock = &base::system_clock();
    setup.platform.image = "debian-12";
    setup.platform.flavor = "m1.small";
    setup.platform.address_pool = "10.101.0.0/22";
    setup.threads = 4;
    setup.fqdn = "edge.example";
    setup.events = events::Recorder(*events_);
    setup.host_networks = [this] { return host_networks_; };
    if (with_cloud) {
      openstack::CloudConfig config;
      config.auth_url = fmt::format("http://127.0.0.1:{}/v3", port_.number());
      config.region = "RegionOne";
      setup.cloud = std::make_shared<Cloud>(config, openstack::Session::Options{.max_attempts = 1});
    } else {
      setup.cloud_problem = absl::FailedPreconditionError("no OpenStack: set OS_AUTH_URL");
    }
    auto manager = Manager::open(std::move(setup));
    ASSERT_TRUE(manager.ok()) << manager.status();
    manager_ = *std::move(manager);
  }

  // As if the cloud had refused what the only cluster needs: a server, or a subnet before anything
  // was asked for.
  void fail_the_cluster(bool has_resources = true) {
    manager_.reset();
    auto journal = *load_journal(*store_);
    ClusterRecord& cluster = journal.clusters.at(0);
    OperationRecord& operation = journal.operations.at(0);
    cluster.phase = ClusterPhase::Failed;
    cluster.has_cloud_resources = has_resources;
    if (!has_resources) cluster.refused_subnets.push_back(cluster.spec.subnet);
    operation.state = OperationState::Failed;
    operation.ended = operation.created;
    store::Transaction transaction;
    add(transaction, cluster);
    add(transaction, operation);
    ASSERT_TRUE(store_->commit(transaction).ok());
    open(true);
  }

  // Waits for what other threads do; fails the test instead of hanging.
  template <typename Condition>
  void await(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
  }

  std::vector<base::Ipv4Block> host_networks_;
  DeadPort port_;
  base::TemporaryDirectory directory_;
  std::shared_ptr<FullableStore> store_;
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<Manager> manager_;
};

TEST_F(ManagerTest, AnswersWhenTheRequestIsStored) {
  const auto accepted = manager_->create({request_for("a"), request_for("b", "tenant-2")});
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  ASSERT_THAT(*accepted, SizeIs(2));
  EXPECT_FALSE(accepted->front().already_satisfied);
  const auto cluster = manager_->cluster("tenant-1", "a");
  ASSERT_TRUE(cluster.ok());
  EXPECT_EQ(cluster->phase, ClusterPhase::Creating);
  EXPECT_EQ(cluster->subnet, "10.101.0.0/24");
  EXPECT_EQ(cluster->operation_id, accepted->front().operation_id);
  ASSERT_THAT(cluster->nodes, SizeIs(3));
  EXPECT_EQ(cluster->nodes[1].address, "10.101.0.101");
  EXPECT_EQ(manager_->cluster("tenant-2", "b")->subnet, "10.101.1.0/24");
  EXPECT_THAT(manager_->clusters(""), SizeIs(2));
  EXPECT_THAT(manager_->clusters("tenant-2"), SizeIs(1));
  EXPECT_THAT(manager_->operations(), SizeIs(2));
}

TEST_F(ManagerTest, ShowsWhatBlocksAnOperation) {
  const auto accepted = manager_->create({request_for("a")});
  OperationView operation;
  await([&] {
    operation = *manager_->operation(accepted->front().operation_id);
    return operation.state == OperationState::Blocked;
  });
  EXPECT_EQ(operation.reason.code, "UNAVAILABLE");
  EXPECT_THAT(operation.reason.message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(operation.reason.next, HasSubstr("tried again at"));
  ASSERT_FALSE(operation.steps.empty());
  EXPECT_EQ(operation.steps.front().name, "token");
  EXPECT_TRUE(operation.steps.front().retry_at);
}

// A create that was BLOCKED was shown as CREATING, without a reason in cluster and status, and the
// operation's own reason was gone while the next attempt ran.
TEST_F(ManagerTest, TheReasonOfABlockedOperationIsTheClustersAlsoWhileItIsTriedAgain) {
  const auto accepted = manager_->create({request_for("a")});
  const auto operation = [&] { return *manager_->operation(accepted->front().operation_id); };
  const auto cluster = [&] { return *manager_->cluster("tenant-1", "a"); };
  await([&] { return operation().state == OperationState::Blocked; });
  EXPECT_THAT(cluster().reason.message, HasSubstr("127.0.0.1"));
  port_.take_connections();
  await([&] { return operation().steps.front().state == StepState::Running; });
  EXPECT_EQ(operation().state, OperationState::Blocked);
  EXPECT_EQ(operation().reason.code, "UNAVAILABLE");
  EXPECT_EQ(cluster().phase, ClusterPhase::Creating);
  EXPECT_EQ(cluster().reason.code, "UNAVAILABLE");
  EXPECT_EQ(cluster().reason.message, operation().reason.message);
}

TEST_F(ManagerTest, AClusterWithoutOneServerHasNoKubeconfig) {
  const auto accepted = manager_->create({request_for("a")});
  await([&] {
    return manager_->operation(accepted->front().operation_id)->state == OperationState::Blocked;
  });
  const auto kubeconfig = manager_->kubeconfig("tenant-1", "a");
  EXPECT_TRUE(absl::IsFailedPrecondition(kubeconfig.status())) << kubeconfig.status();
  EXPECT_THAT(base::message_of(kubeconfig.status()),
              HasSubstr("has no API server yet: none of its masters has a server; "));
  EXPECT_THAT(base::message_of(kubeconfig.status()), HasSubstr("127.0.0.1"));
}

TEST_F(ManagerTest, AnOperationIsCancelledOnceAndSaysHowItIsAskedForAgain) {
  const std::string id = manager_->create({request_for("a")})->front().operation_id;
  await([&] { return manager_->operation(id)->state == OperationState::Blocked; });
  EXPECT_THAT(base::message_of(manager_->changes().retry(id).status()), HasSubstr("is blocked"));
  EXPECT_TRUE(manager_->changes().cancel(id).ok());
  await([&] { return manager_->operation(id)->state == OperationState::Cancelled; });
  const absl::Status again = manager_->changes().cancel(id);
  EXPECT_TRUE(absl::IsFailedPrecondition(again)) << again;
  EXPECT_THAT(base::message_of(again), HasSubstr("is cancelled"));
  EXPECT_THAT(base::message_of(manager_->changes().retry(id).status()),
              HasSubstr("POST /v1/provision"));
  EXPECT_TRUE(absl::IsNotFound(manager_->changes().cancel("none")));
  EXPECT_TRUE(absl::IsNotFound(manager_->changes().retry("none").status()));
}

TEST_F(ManagerTest, TheSameRequestTwiceIsOneCluster) {
  const auto first = manager_->create({request_for("a")});
  const auto second = manager_->create({request_for("a")});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(second->front().already_satisfied);
  EXPECT_EQ(second->front().cluster_id, first->front().cluster_id);
  EXPECT_THAT(second->front().detail, HasSubstr("exists already: creating"));
  ClusterRequest other = request_for("a");
  other.image = "another";
  EXPECT_EQ(manager_->create({other}).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(ManagerTest, AListIsTakenWholeOrNotAtAll) {
  const auto refused = manager_->create({request_for("a"), request_for("B")});
  EXPECT_EQ(base::detail_of(refused.status()).field, "provisions[1].name");
  const auto twice = manager_->create({request_for("a"), request_for("a")});
  EXPECT_EQ(base::detail_of(twice.status()).field, "provisions[1].name");
  const auto too_many = manager_->create(
      {request_for("a"), request_for("b"), request_for("c"), request_for("d"), request_for("e")});
  EXPECT_EQ(too_many.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(manager_->clusters(""), IsEmpty());
  EXPECT_THAT(manager_->operations(), IsEmpty());
}

TEST_F(ManagerTest, AListWithAFailedClusterIsTakenWholeOrNotAtAll) {
  ASSERT_TRUE(manager_->create({request_for("a")}).ok());
  fail_the_cluster();
  store_->is_full = true;
  const auto refused = manager_->create({request_for("a"), request_for("b")});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable) << refused.status();
  EXPECT_THAT(base::message_of(refused.status()), HasSubstr("disk is full"));
  EXPECT_EQ(manager_->cluster("tenant-1", "a")->phase, ClusterPhase::Failed);
  EXPECT_THAT(manager_->clusters(""), SizeIs(1));

  store_->is_full = false;
  const auto accepted = manager_->create({request_for("b"), request_for("a")});
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_THAT(accepted->back().detail, HasSubstr("is tried again"));
  EXPECT_FALSE(accepted->back().already_satisfied);
  EXPECT_EQ(manager_->cluster("tenant-1", "a")->phase, ClusterPhase::Creating);
  EXPECT_TRUE(manager_->operation(accepted->back().operation_id).ok());
  open(true);
  EXPECT_EQ(manager_->cluster("tenant-1", "a")->phase, ClusterPhase::Creating);
  EXPECT_THAT(manager_->clusters(""), SizeIs(2));
}

TEST_F(ManagerTest, DestroyingTheUnknownIsFine) {
  const auto answer = manager_->destroy({request_for("never")});
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->front().already_satisfied);
  EXPECT_EQ(answer->front().operation_id, "");
  EXPECT_EQ(manager_->destroy({request_for("No")}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// Nothing was asked of the cloud yet, so nothing has to be asked of it.
TEST_F(ManagerTest, DestroyCancelsACreateAndReleasesTheName) {
  const auto created = manager_->create({request_for("a")});
  const auto destroyed = manager_->destroy({request_for("a")});
  ASSERT_TRUE(destroyed.ok());
  // Free as soon as the operation says that it is done, not some moment later.
  await([&] {
    const auto operation = manager_->operation(destroyed->front().operation_id);
    return operation.ok() && operation->state == OperationState::Done;
  });
  EXPECT_FALSE(manager_->cluster("tenant-1", "a").ok());
  EXPECT_EQ(manager_->operation(created->front().operation_id)->state, OperationState::Cancelled);
  const auto operation = manager_->operation(destroyed->front().operation_id);
  ASSERT_TRUE(operation.ok());
  EXPECT_EQ(operation->state, OperationState::Done);
  const auto again = manager_->create({request_for("a")});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(manager_->cluster("tenant-1", "a")->subnet, "10.101.0.0/24");
}

// The login in flight holds the destroy up; stop() gives the call up instead of waiting for it.
TEST_F(ManagerTest, EmitsWhatHappensToAnOperation) {
  const std::string create = manager_->create({request_for("test-1")})->at(0).operation_id;
  await([&] { return events_->page({}, 0, 10).events.size() == 2; });
  const std::string destroy = manager_->destroy({request_for("test-1")})->at(0).operation_id;
  const auto last = [&] { return events_->page({}, 0, 1).events.at(0); };
  await([&] { return last().reason == "DestroyDone"; });
  std::vector<std::string> emitted;
  for (const events::Event& event : events_->page({}, 0, 10).events) {
    EXPECT_EQ(event.subject,
              (events::Subject{.kind = "Cluster", .name = "test-1", .tenant = "tenant-1"}));
    emitted.push_back(fmt::format("{} {}", event.reason, event.message));
  }
  EXPECT_THAT(
      emitted,
      testing::ElementsAre(
          fmt::format("DestroyDone operation {}", destroy),
          fmt::format("DestroyBegun operation {}", destroy),
          fmt::format("CreateCancelled operation {}: the cluster is to be destroyed", create),
          testing::StartsWith("CreateBlocked token: "),
          fmt::format("CreateBegun operation {}", create)));
  EXPECT_EQ(events_->page({.type = events::Type::Warning}, 0, 10).events.size(), 1U);
}

TEST_F(ManagerTest, ANameIsNotFreeWhileItsClusterIsBeingDestroyed) {
  port_.take_connections();
  const auto created = manager_->create({request_for("a")});
  await([&] {
    const auto steps = manager_->operation(created->front().operation_id)->steps;
    return !steps.empty() && steps.front().state == StepState::Running;
  });
  const auto destroyed = manager_->destroy({request_for("a")});
  const auto refused = manager_->create({request_for("a")});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(refused.status()), HasSubstr("is being destroyed"));
  const auto again = manager_->destroy({request_for("a")});
  EXPECT_TRUE(again->front().already_satisfied);
  EXPECT_EQ(again->front().operation_id, destroyed->front().operation_id);
  EXPECT_EQ(manager_->cluster("tenant-1", "a")->phase, ClusterPhase::Destroying);
}

TEST_F(ManagerTest, GoesOnAfterARestart) {
  const auto accepted = manager_->create({request_for("a")});
  open(true);
  const auto cluster = manager_->cluster("tenant-1", "a");
  ASSERT_TRUE(cluster.ok());
  EXPECT_EQ(cluster->id, accepted->front().cluster_id);
  EXPECT_EQ(manager_->operation(accepted->front().operation_id)->kind, OperationKind::Create);
  EXPECT_TRUE(manager_->create({request_for("a")})->front().already_satisfied);
}

TEST_F(ManagerTest, RemembersEndedOperationsAfterARestart) {
  const auto created = manager_->create({request_for("a")});
  const auto destroyed = manager_->destroy({request_for("a")});
  await([&] { return !manager_->cluster("tenant-1", "a").ok(); });
  open(true);
  EXPECT_THAT(manager_->operations(), SizeIs(2));
  EXPECT_EQ(manager_->operation(destroyed->front().operation_id)->state, OperationState::Done);
}

TEST_F(ManagerTest, WithoutACloudItSaysSoAndStillDestroys) {
  const auto accepted = manager_->create({request_for("a")});
  open(false);
  EXPECT_FALSE(manager_->cloud_configured().ok());
  const auto refused = manager_->create({request_for("b")});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(refused.status()), HasSubstr("OS_AUTH_URL"));
  EXPECT_EQ(manager_->create({request_for("B")}).status().code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(manager_->destroy({request_for("a")}).ok());
  await([&] { return !manager_->cluster("tenant-1", "a").ok(); });
  EXPECT_EQ(manager_->operation(accepted->front().operation_id)->state, OperationState::Cancelled);
}

ClusterFlavor edge_flavor(int workers) {
  ClusterFlavor flavor;
  flavor.name = "edge";
  flavor.worker_pools = {{.name = "big", .count = workers, .shape = {}}};
  return flavor;
}

ClusterRequest edge_request(const char* name) {
  ClusterRequest request = request_for(name);
  request.kind = "edge";
  return request;
}

TEST_F(ManagerTest, AFlavorIsUsedAsSoonAsItIsMadeAndKept) {
  EXPECT_EQ(manager_->create({edge_request("a")}).status().code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(manager_->flavors().create(edge_flavor(1)).ok());
  ASSERT_TRUE(manager_->create({edge_request("a")}).ok());
  ASSERT_TRUE(manager_->flavors().replace(edge_flavor(3), 1).ok());
  ASSERT_TRUE(manager_->create({edge_request("b")}).ok());
  // The first is still what it was, for those who look and for those who ask for it again.
  for (int restart = 0; restart < 2; ++restart) {
    const auto first = manager_->cluster("tenant-1", "a");
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_EQ(first->kind, "edge");
    EXPECT_EQ(first->flavor_revision, 1);
    ASSERT_THAT(first->nodes, SizeIs(2));
    EXPECT_EQ(first->nodes[1].slot, "big-1");
    EXPECT_EQ(first->nodes[1].pool, "big");
    EXPECT_EQ(manager_->cluster("tenant-1", "b")->flavor_revision, 2);
    EXPECT_THAT(manager_->cluster("tenant-1", "b")->nodes, SizeIs(4));
    EXPECT_TRUE(manager_->create({edge_request("a")})->front().already_satisfied);
    open(true);
  }
}

TEST_F(ManagerTest, AFailedClusterIsTriedAgainAsItWas) {
  ASSERT_TRUE(manager_->flavors().create(edge_flavor(1)).ok());
  ASSERT_TRUE(manager_->create({edge_request("a")}).ok());
  fail_the_cluster();
  ASSERT_TRUE(manager_->flavors().replace(edge_flavor(3), 1).ok());
  ClusterRequest again = edge_request("a");
  again.image = "debian-13";
  ASSERT_TRUE(manager_->create({again}).ok());
  const auto cluster = manager_->cluster("tenant-1", "a");
  EXPECT_EQ(cluster->image, "debian-13");
  EXPECT_EQ(cluster->flavor_revision, 1);
  ASSERT_THAT(cluster->nodes, SizeIs(2));
  EXPECT_EQ(cluster->nodes[1].address, "10.101.0.101");
}

TEST_F(ManagerTest, AFailedClusterOfWhichNothingWasMadeTakesAnotherSubnetAndTheFlavorOfNow) {
  ASSERT_TRUE(manager_->flavors().create(edge_flavor(1)).ok());
  ASSERT_TRUE(manager_->create({edge_request("a")}).ok());
  fail_the_cluster(false);
  ASSERT_TRUE(manager_->flavors().replace(edge_flavor(3), 1).ok());
  ASSERT_TRUE(manager_->create({edge_request("a"), edge_request("b")}).ok());
  const auto cluster = manager_->cluster("tenant-1", "a");
  EXPECT_EQ(cluster->subnet, "10.101.1.0/24");
  EXPECT_EQ(cluster->flavor_revision, 2);
  EXPECT_THAT(cluster->nodes, SizeIs(4));
  EXPECT_EQ(manager_->cluster("tenant-1", "b")->subnet, "10.101.2.0/24");
  ASSERT_TRUE(manager_->create({edge_request("c")}).ok());
  EXPECT_EQ(manager_->cluster("tenant-1", "c")->subnet, "10.101.0.0/24") << "it is free again";
  open(true);
  EXPECT_EQ(manager_->cluster("tenant-1", "a")->subnet, "10.101.1.0/24");
}

TEST_F(ManagerTest, NoClusterGetsASubnetThatTheHostReachesElsewhere) {
  host_networks_ = {*base::parse_ipv4_block("10.101.0.128/25"),
                    *base::parse_ipv4_block("10.101.2.0/24"),
                    *base::parse_ipv4_block("10.0.0.0/8")};
  ASSERT_TRUE(manager_->create({request_for("a"), request_for("b")}).ok());
  EXPECT_EQ(manager_->cluster("tenant-1", "a")->subnet, "10.101.1.0/24");
  EXPECT_EQ(manager_->cluster("tenant-1", "b")->subnet, "10.101.3.0/24");
  EXPECT_EQ(manager_->create({request_for("c")}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(ManagerTest, AFlavorWithClustersIsNotDeleted) {
  ASSERT_TRUE(manager_->flavors().create(edge_flavor(1)).ok());
  ASSERT_TRUE(manager_->create({edge_request("a"), edge_request("b")}).ok());
  const absl::Status refused = manager_->delete_flavor("edge");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(base::message_of(refused), HasSubstr("tenant-1/a, tenant-1/b"));
  ASSERT_TRUE(manager_->destroy({edge_request("a"), edge_request("b")}).ok());
  await([&] { return manager_->clusters("").empty(); });
  EXPECT_TRUE(manager_->delete_flavor("edge").ok());
  EXPECT_EQ(manager_->delete_flavor("edge").code(), absl::StatusCode::kNotFound);
}

TEST_F(ManagerTest, AFlavorOnAFullDiskIsNotMade) {
  store_->is_full = true;
  EXPECT_EQ(manager_->flavors().create(edge_flavor(1)).status().code(),
            absl::StatusCode::kUnavailable);
  store_->is_full = false;
  EXPECT_EQ(manager_->flavors().find("edge").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ManagerTest, UnknownThingsAreNotFound) {
  EXPECT_EQ(manager_->cluster("x", "y").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(manager_->operation("x").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mex::cluster
