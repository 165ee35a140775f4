// The ways into a cluster as a whole, with the kernel's own network: the host in one network
// namespace, a router with two masters behind it in another, OpenSSL's own server on the masters
// and its own client at the proxy's port.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/temporary_directory.h"
#include "proxy/control.h"
#include "routing/cluster_access.h"
#include "routing/cluster_way.h"
#include "routing/host_routes.h"
#include "server/server_group.h"
#include "server/shard.h"
#include "store/sqlite_store.h"
#include "tls/testing.h"

namespace mex::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kName = "test-1.tenant-1.edge.example";

void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }

using Pipe = std::unique_ptr<FILE, decltype(&pclose)>;

// A program that runs until it is stopped.
class Process {
 public:
  explicit Process(const std::string& command) : id_(fork()) {
    if (id_ != 0) return;
    execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
    _exit(127);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }

 private:
  const pid_t id_;
};

class ReachTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "needs root";
    make_networks();
    make_agent();
  }

  void TearDown() override {
    masters_.clear();
    proxy_.reset();
    if (control_ != nullptr) run("ip netns delete " + nodes_);
  }

  // 10.0.0.0/24 is the external network, with the host at .1 and the router at .9. Behind the
  // router is the cluster's subnet.
  void make_networks() const {
    run("ip link set lo up");
    run("ip netns add " + nodes_);
    run("ip link add outside type veth peer name router netns " + nodes_);
    run("ip addr add 10.0.0.1/24 dev outside");
    run("ip link set outside up");
    run("ip -n " + nodes_ + " addr add 10.0.0.9/24 dev router");
    run("ip -n " + nodes_ + " link set router up");
    run("ip -n " + nodes_ + " link add inside type bridge");
    run("ip -n " + nodes_ + " addr add 10.101.7.10/24 dev inside");
    run("ip -n " + nodes_ + " addr add 10.101.7.11/24 dev inside");
    run("ip -n " + nodes_ + " link set inside up");
  }

  void make_agent() {
    store_ = store::open_sqlite_store(directory_.path()).value();
    routes_ = routing::HostRoutes::open(*store_).value();
    ASSERT_TRUE(routes_->restore().ok());
    shards_ = server::ShardGroup::start(1).value();
    proxy::Options options;
    options.passthrough_retry = std::chrono::milliseconds(50);
    options.passthrough_lost_peer = std::chrono::seconds(1);
    control_ = std::make_unique<proxy::Control>(1, options, net::OriginPolicy());
    const auto own = tls::testing::make_pem_pair({.common_name = "the agent itself"});
    proxy_ = server::ServerGroup::start(
                 *shards_,
                 {.address = net::Address::loopback(0),
                  .certificates = tls::CertificateTable{tls::testing::certificate_of(own)},
                  .options = {}},
                 [this](server::Shard& shard) { return control_->make_service(shard); })
                 .value();
    ways_ = std::make_unique<routing::ClusterAccess>(
        *routes_, [this](proxy::PassthroughTablePtr table) { control_->apply(std::move(table)); });
  }

  void start_master(const std::string& name, const std::string& address) {
    const auto pair = tls::testing::make_pem_pair({.common_name = name});
    const std::string file = directory_.path() + "/" + name;
    ASSERT_TRUE(base::write_file_atomically(file, pair.certificate + pair.key, 0600).ok());
    masters_.push_back(std::make_unique<Process>("ip netns exec " + nodes_ +
                                                 " openssl s_server -www -accept " + address +
                                                 ":6443 -cert " + file + " >/dev/null 2>&1"));
  }

  std::string client_command() const {
    return "openssl s_client -connect " + proxy_->address().text() + " -servername " + kName +
           " >" + directory_.path() + "/seen 2>&1";
  }

  // Whose certificate a client sees that asks for the cluster's name; empty: none, it was reset.
  std::string answering() const {
    [[maybe_unused]] const int status = std::system((client_command() + " </dev/null").c_str());
    const std::string text = base::read_file(directory_.path() + "/seen").value();
    const std::string mark = "subject=CN = ";
    const std::size_t begin = text.find(mark);
    if (begin == std::string::npos) return "";
    return text.substr(begin + mark.size(), text.find('\n', begin) - begin - mark.size());
  }

  template <typename Condition>
  void await(Condition condition) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (!condition()) ASSERT_LT(std::chrono::steady_clock::now(), deadline) << table();
  }

  std::string table() const { return routes_->table().value(); }

  const std::string nodes_ = "mex-reach-" + std::to_string(getpid());
  const std::vector<cluster::ClusterEndpoints> reach_{
      {.cluster_id = "k3x9",
       .api_server_name = kName,
       .master_addresses = {"10.101.7.10", "10.101.7.11"},
       .subnet = "10.101.7.0/24",
       .gateway = "10.0.0.9"}};
  base::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<routing::HostRoutes> routes_;
  std::unique_ptr<server::ShardGroup> shards_;
  std::unique_ptr<proxy::Control> control_;
  std::unique_ptr<server::ServerGroup> proxy_;
  std::unique_ptr<routing::ClusterAccess> ways_;
  std::vector<std::unique_ptr<Process>> masters_;
};

TEST_F(ReachTest, ApiServersAnswerWhileOneMasterDoesAndTheWayIsThere) {
  start_master("master-1", "10.101.7.10");
  start_master("master-2", "10.101.7.11");
  EXPECT_EQ(answering(), "the agent itself");

  ways_->use(routing::to_ways(reach_));
  await([&] { return answering() == "master-1"; });
  await([&] { return answering() == "master-2"; });

  masters_.erase(masters_.begin());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(answering(), "master-2");

  run("ip link set outside down");
  await([&] { return table().find("not in force: 10.101.7.0/24") != std::string::npos; });
  EXPECT_EQ(answering(), "") << "reset, not answered by somebody else";
  run("ip link set outside up");
  await([&] { return answering() == "master-2"; });

  start_master("master-1", "10.101.7.10");
  await([&] { return answering() == "master-1"; });
  ways_->use({});
  EXPECT_EQ(answering(), "the agent itself");
  EXPECT_THAT(table(), Not(HasSubstr("10.101.7.0/24")));
}

TEST_F(ReachTest, AClusterWithoutAMasterInOrderIsAnsweredByNobody) {
  std::vector<cluster::ClusterEndpoints> reach = reach_;
  reach[0].master_addresses.clear();
  ways_->use(routing::to_ways(reach));
  EXPECT_EQ(answering(), "");
}

// As when a master's machine dies: nothing is left to report it.
TEST_F(ReachTest, ATunnelToAMachineThatIsGoneEnds) {
  start_master("master-1", "10.101.7.10");
  ways_->use(routing::to_ways(reach_));
  await([&] { return answering() == "master-1"; });
  await([&] { return control_->load().passthroughs == 0; });
  // It stays as long as its input is open.
  const Pipe client(popen(client_command().c_str(), "w"), &pclose);
  await([&] { return control_->load().passthroughs == 1; });
  run("ip -n " + nodes_ + " link set router down");
  await([&] { return control_->load().passthroughs == 0; });
}

}  // namespace
}  // namespace mex::agent
