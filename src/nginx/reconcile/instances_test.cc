// All parts together, with the machine's nginx, in a separate network namespace.
#include "nginx/reconcile/instances.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "nginx/model/stored_instance.h"
#include "nginx/model/testing.h"
#include "nginx/runtime/process/instance_processes.h"
#include "nginx/runtime/process/process_runtime.h"
#include "store/sqlite_store.h"
#include "tls/testing.h"

namespace mex::nginx {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::https;
using testing::instance;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::tcp;
using testing::udp;

class InstancesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "needs root";
    ASSERT_EQ(std::system("ip link set lo up && ip link add outside type bridge && "
                          "ip addr add 10.0.0.1/24 dev outside && ip link set outside up"),
              0);
    use_certificate(tls::testing::make_pem_pair());
    restart();
  }

  void TearDown() override {
    instances_.reset();
    end_all(SIGKILL);
  }

  // As after a kill of the agent: the next process on the same store, with the nginx of the last.
  void restart() {
    instances_.reset();
    events_.reset();
    store_.reset();
    store_ = store::open_sqlite_store(directory_.path() + "/state").value();
    InstancesContext context;
    context.store = store_.get();
    context.policy = &policy_;
    context.clock = &base::system_clock();
    context.runtime = ProcessRuntime::create(root()).value();
    context.certificate = [this]() -> absl::StatusOr<CertificatePair> {
      const base::MutexLock lock(sources_mutex_);
      if (!has_certificate_) return absl::NotFoundError("cert.pem does not exist");
      return pair_;
    };
    context.cluster_api = [this](const ClusterName& cluster) -> absl::StatusOr<ClusterApi> {
      const base::MutexLock lock(sources_mutex_);
      return cluster == ClusterName{"tenant-1", "test-1"} ? cluster_
                                                          : absl::NotFoundError("no cluster");
    };
    context.reserved = {{18889, "the agent's REST API"}};
    events_ = events::EventLog::open(*store_, base::system_clock()).value();
    context.events = events::Recorder(*events_);
    instances_ = std::make_unique<Instances>(std::move(context));
    ASSERT_TRUE(instances_->restore().ok());
  }

  std::string root() const { return directory_.path() + "/nginx"; }

  void use_certificate(const tls::testing::PemPair& pair) {
    const base::MutexLock lock(sources_mutex_);
    pair_ = {pair.certificate, base::Secret(pair.key)};
  }

  void forget_certificate() {
    const base::MutexLock lock(sources_mutex_);
    has_certificate_ = false;
  }

  pid_t master_of(const std::string& name) const {
    const auto all = processes_below(root());
    const auto found = all.find(full_name(Kind::Ports, name));
    return found == all.end() ? 0 : found->second.master;
  }

  void end_all(int signal_number) const {
    for (const auto& [name, processes] : processes_below(root())) {
      for (const pid_t pid : processes.all) kill(pid, signal_number);
    }
  }

  static bool listens(std::uint16_t port, bool is_udp = false) {
    const auto listeners = listening_ports().value();
    return std::any_of(listeners.begin(), listeners.end(), [&](const Listener& each) {
      return each.address.port() == port && each.udp == is_udp;
    });
  }

  // Reasons of the events of an instance, oldest first.
  std::vector<std::string> events_of(const std::string& name) const {
    std::vector<std::string> reasons;
    for (const auto& event : events_->page({.kind = "NginxProxy", .name = name}, 0, 100).events) {
      reasons.insert(reasons.begin(), event.reason);
    }
    return reasons;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& view : instances_->list(Kind::Ports)) names.push_back(view.instance.name);
    return names;
  }

  template <typename Condition>
  void await(Condition condition) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  base::TemporaryDirectory directory_;
  const net::OriginPolicy policy_{{18888, 18889}};
  // What the sources of the context return; the reconciler's thread calls them.
  base::Mutex sources_mutex_;
  CertificatePair pair_ ABSL_GUARDED_BY(sources_mutex_);
  bool has_certificate_ ABSL_GUARDED_BY(sources_mutex_) = true;
  absl::StatusOr<ClusterApi> cluster_ ABSL_GUARDED_BY(sources_mutex_) =
      absl::NotFoundError("there is no cluster test-1");
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<events::EventLog> events_;
  std::unique_ptr<Instances> instances_;
};

Instance test1() {
  return instance("test1", {https(8888, "127.0.0.1:8889", "/hello"), tcp(7777, "127.0.0.1:777"),
                            udp(6666, "127.0.0.1:6667")});
}

TEST_F(InstancesTest, AddedIsActiveAndDeletedIsGone) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  EXPECT_TRUE(listens(8888) && listens(7777) && listens(6666, true));
  EXPECT_THAT(names(), ElementsAre("test1"));
  ASSERT_TRUE(instances_->remove(Kind::Ports, "test1").ok());
  EXPECT_FALSE(listens(8888) || listens(7777) || listens(6666, true));
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(root()));
  EXPECT_TRUE(instances_->remove(Kind::Ports, "test1").ok());
  EXPECT_THAT(events_of("test1"), ElementsAre("Added", "Removed"));
}

TEST_F(InstancesTest, TheSameNameReplacesWithoutARestart) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  const pid_t master = master_of("test1");
  ASSERT_TRUE(
      instances_->add(instance("test1", {tcp(7777, "127.0.0.1:777"), tcp(7778, "127.0.0.1:777")}))
          .ok());
  EXPECT_EQ(master_of("test1"), master);
  EXPECT_TRUE(listens(7777) && listens(7778));
  EXPECT_FALSE(listens(8888));
}

TEST_F(InstancesTest, OneInstanceDoesNotTouchAnother) {
  ASSERT_TRUE(instances_->add(instance("a", {tcp(7001, "127.0.0.1:1")})).ok());
  ASSERT_TRUE(instances_->add(instance("b", {tcp(7002, "127.0.0.1:1")})).ok());
  const auto before = processes_below(root()).at("a-nginx-lbproxy").all;
  ASSERT_TRUE(instances_->add(instance("b", {tcp(7003, "127.0.0.1:1")})).ok());
  EXPECT_EQ(processes_below(root()).at("a-nginx-lbproxy").all, before);
}

TEST_F(InstancesTest, ItGoesOnWithoutTheAgentAndIsFoundAgain) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  const auto before = processes_below(root()).at("test1-nginx-lbproxy").all;
  restart();
  ASSERT_TRUE(instances_->add(instance("other", {tcp(7001, "127.0.0.1:1")})).ok());
  EXPECT_EQ(processes_below(root()).at("test1-nginx-lbproxy").all, before);
  ASSERT_TRUE(instances_->remove(Kind::Ports, "test1").ok());
  EXPECT_FALSE(listens(7777));
}

TEST_F(InstancesTest, AMasterThatIsKilledComesBackAndItsWorkersGo) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  const auto before = processes_below(root()).at("test1-nginx-lbproxy");
  ASSERT_EQ(kill(before.master, SIGKILL), 0);
  await([&] { return master_of("test1") > before.master && listens(7777); });
  const auto after = processes_below(root()).at("test1-nginx-lbproxy");
  for (const pid_t pid : before.all) {
    EXPECT_THAT(after.all, Not(Contains(pid)));
  }
  await([&] { return events_of("test1").size() == 2; });
  EXPECT_THAT(events_of("test1"), ElementsAre("Added", "Restarted"));
}

TEST_F(InstancesTest, WhatIsGoneWhileNoAgentRunsComesBack) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  instances_.reset();
  end_all(SIGKILL);
  restart();
  await([&] { return listens(7777) && listens(8888); });
}

TEST_F(InstancesTest, OrphansAreRemoved) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  instances_.reset();
  store::Transaction transaction;
  transaction.erase("/nginx/test1-nginx-lbproxy");
  ASSERT_TRUE(store_->commit(transaction).ok());
  restart();
  await([&] { return !listens(7777) && std::filesystem::is_empty(root()); });
  await([&] { return !events_of("test1-nginx-lbproxy").empty(); });
  EXPECT_THAT(events_of("test1-nginx-lbproxy"), ElementsAre("Swept"));
}

TEST_F(InstancesTest, ANewCertificateIsPassedOn) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  const std::string command =
      "openssl s_client -connect 127.0.0.1:8888 </dev/null 2>/dev/null | grep -q CN.=.renewed";
  EXPECT_NE(std::system(command.c_str()), 0);
  const pid_t master = master_of("test1");
  use_certificate(tls::testing::make_pem_pair({.common_name = "renewed"}));
  await([&] { return std::system(command.c_str()) == 0; });
  EXPECT_EQ(master_of("test1"), master);
  // The previous pair is gone from the disk.
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(root() + "/test1-nginx-lbproxy")) {
    files += file.path().extension() == ".pem" ? 1 : 0;
  }
  EXPECT_EQ(files, 2U);
  await([&] { return events_of("test1").size() == 2; });
  EXPECT_THAT(events_of("test1"), ElementsAre("Added", "Reloaded"));
}

// The way to a cluster's API, with a key of that cluster.
class ClusterInstancesTest : public InstancesTest {
 protected:
  static constexpr const char* kName = "kcp-nginx-kcproxy";

  void SetUp() override {
    InstancesTest::SetUp();
    if (IsSkipped()) return;
    const auto pair = tls::testing::make_pem_pair();
    api_.masters = {parse_origin("10.0.0.10:6443", 0).value()};
    api_.server_name = "api.cluster.internal";
    api_.authority = api_.certificate = pair.certificate;
    api_.key = base::Secret(pair.key);
    ASSERT_TRUE(instances_->users().put("ann", base::Secret("a long password")).ok());
  }

  void use_cluster(absl::StatusOr<ClusterApi> api) {
    const base::MutexLock lock(sources_mutex_);
    cluster_ = std::move(api);
  }

  static Instance cluster_proxy() {
    return kubernetes_proxy("kcp", 8443, {.tenant = "tenant-1", .name = "test-1"}, ApiAccess::Read);
  }

  std::string configuration() const {
    return base::read_file(root() + "/" + kName + "/nginx.conf").value_or("");
  }
  std::string problem() const {
    return instances_->get(Kind::KubernetesProxy, "kcp").value().problem;
  }

  ClusterApi api_;
};

TEST_F(ClusterInstancesTest, AClusterThatIsNotThereIsRefused) {
  const absl::Status status = instances_->add(cluster_proxy());
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(base::detail_of(status).field, "cluster");
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr("there is no cluster test-1"));
  use_cluster(absl::FailedPreconditionError("it has no API server yet"));
  EXPECT_TRUE(absl::IsFailedPrecondition(instances_->add(cluster_proxy())));
  EXPECT_THAT(instances_->list(Kind::KubernetesProxy), IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(root()));
}

TEST_F(ClusterInstancesTest, MastersAndIdentityAreFollowed) {
  use_cluster(api_);
  ASSERT_TRUE(instances_->add(cluster_proxy()).ok());
  EXPECT_THAT(configuration(), HasSubstr("server 10.0.0.10:6443 "));
  api_.masters = {parse_origin("10.0.0.11:6443", 0).value(),
                  parse_origin("10.0.0.12:6443", 0).value()};
  use_cluster(api_);
  await([&] { return configuration().find("server 10.0.0.12:6443 ") != std::string::npos; });
  EXPECT_THAT(configuration(), Not(HasSubstr("10.0.0.10")));
  // What is not known for a moment changes nothing.
  use_cluster(absl::FailedPreconditionError("its keys do not open"));
  await([&] { return problem() == "its keys do not open"; });
  EXPECT_TRUE(listens(8443));
  const std::string before = configuration();
  const auto renewed = tls::testing::make_pem_pair();
  api_.certificate = renewed.certificate;
  api_.key = base::Secret(renewed.key);
  use_cluster(api_);
  await([&] { return configuration() != before && problem().empty(); });
  // The previous key is gone.
  std::size_t keys = 0;
  for (const auto& file : std::filesystem::directory_iterator(root() + "/" + kName)) {
    if (!file.path().filename().string().starts_with("api-key-")) continue;
    ++keys;
    EXPECT_EQ(file.status().permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  EXPECT_EQ(keys, 1U);
}

TEST_F(ClusterInstancesTest, NothingIsLeftOfAClusterThatIsGoneUntilItIsThereAgain) {
  use_cluster(api_);
  ASSERT_TRUE(instances_->add(cluster_proxy()).ok());
  use_cluster(absl::NotFoundError("the cluster test-1 is being destroyed"));
  await([&] { return std::filesystem::is_empty(root()) && !listens(8443); });
  EXPECT_EQ(problem(), "the cluster test-1 is being destroyed");
  restart();
  await([&] { return problem() == "the cluster test-1 is being destroyed"; });
  use_cluster(api_);
  await([&] { return listens(8443) && problem().empty(); });
  ASSERT_TRUE(instances_->remove(Kind::KubernetesProxy, "kcp").ok());
  EXPECT_TRUE(std::filesystem::is_empty(root()));
}

// A cluster's masters are origins like any others: the agent's own API is none.
TEST_F(ClusterInstancesTest, MastersAreJudgedAsOriginsAre) {
  api_.masters = {parse_origin("127.0.0.1:18889", 0).value()};
  use_cluster(api_);
  EXPECT_THAT(std::string(base::message_of(instances_->add(cluster_proxy()))),
              HasSubstr("this agent's own API"));
}

TEST_F(InstancesTest, NobodyElseCanReadItsFiles) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(root()).permissions(), fs::perms::owner_all);
  for (const auto& entry : fs::directory_iterator(root() + "/test1-nginx-lbproxy")) {
    if (!entry.path().filename().string().starts_with("key-")) continue;
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
}

// The worker, too, who is another user.
TEST_F(InstancesTest, ALongErrorLogIsPutAsideAndWrittenAnew) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  const std::string log =
      std::filesystem::canonical(root()).string() + "/test1-nginx-lbproxy/error.log";
  std::filesystem::resize_file(log, (8U << 20U) + 1);
  await([&] { return std::filesystem::exists(log + ".1"); });
  const auto writes_to_it = [&](pid_t pid) {
    std::error_code gone;
    for (const auto& each :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone)) {
      if (std::filesystem::read_symlink(each.path(), gone) == log) return true;
    }
    return false;
  };
  const auto processes = processes_below(root()).at("test1-nginx-lbproxy");
  await([&] { return std::all_of(processes.all.begin(), processes.all.end(), writes_to_it); });
  EXPECT_EQ(processes.all.size(), 2U);
}

// What is refused leaves nothing behind: no record, no process, no directory.
class InstancesRefusalTest : public InstancesTest {
 protected:
  void TearDown() override {
    if (instances_ != nullptr) {
      EXPECT_THAT(names(), IsEmpty());
      EXPECT_THAT(processes_below(root()), IsEmpty());
      EXPECT_THAT(store_->list(kInstancePrefix).value(), IsEmpty());
      EXPECT_TRUE(std::filesystem::is_empty(root()));
    }
    InstancesTest::TearDown();
  }

  void expect_refused(const Instance& instance, absl::StatusCode code, const char* text) {
    const absl::Status status = instances_->add(instance);
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(text));
  }
};

TEST_F(InstancesRefusalTest, TheAgentsOwnApi) {
  expect_refused(instance("a", {tcp(7777, "127.0.0.1:18889")}), absl::StatusCode::kInvalidArgument,
                 "this agent's own API");
  expect_refused(instance("a", {tcp(7777, "10.0.0.1:18888")}), absl::StatusCode::kInvalidArgument,
                 "this agent's own API");
  expect_refused(instance("a", {tcp(7777, "localhost:18888")}), absl::StatusCode::kInvalidArgument,
                 "this agent's own API");
  expect_refused(instance("a", {tcp(7777, "169.254.169.254:80")}),
                 absl::StatusCode::kInvalidArgument, "link-local");
  expect_refused(instance("a", {tcp(18889, "10.0.0.9:80")}), absl::StatusCode::kAlreadyExists,
                 "the agent's REST API");
}

TEST_F(InstancesRefusalTest, APortThatSomebodyHas) {
  const base::Descriptor other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = net::Address::loopback(7777);
  ASSERT_EQ(::bind(other.get(), address.data(), address.size()), 0);
  ASSERT_EQ(::listen(other.get(), 1), 0);
  expect_refused(test1(), absl::StatusCode::kAlreadyExists,
                 "another program listens on 127.0.0.1:7777");
}

TEST_F(InstancesRefusalTest, NoCertificate) {
  forget_certificate();
  expect_refused(test1(), absl::StatusCode::kFailedPrecondition,
                 "while creating nginx test1, cert.pem does not exist");
}

TEST_F(InstancesRefusalTest, ANameThatNobodyKnows) {
  expect_refused(instance("a", {tcp(7777, "no-such-host.invalid:80")}),
                 absl::StatusCode::kFailedPrecondition, "ports[0].origin: no-such-host.invalid");
}

TEST_F(InstancesRefusalTest, ANetworkOfContainers) {
  Instance apart = instance("a", {tcp(7777, "10.0.0.9:80")});
  apart.network = "apps";
  expect_refused(apart, absl::StatusCode::kInvalidArgument, "container networks only where");
}

TEST_F(InstancesRefusalTest, WhatOnlyNginxCanTell) {
  Port port = https(7777, "10.0.0.9:80", "/");
  port.client_authorities = "-----BEGIN CERTIFICATE-----\nnot base64\n";
  expect_refused(instance("a", {port}), absl::StatusCode::kFailedPrecondition, "nginx says: ");
}

TEST_F(InstancesTest, ARefusedUpdateLeavesWhatRuns) {
  ASSERT_TRUE(instances_->add(test1()).ok());
  const auto before = processes_below(root()).at("test1-nginx-lbproxy").all;
  Instance bad = test1();
  bad.ports[0].client_authorities = "-----BEGIN CERTIFICATE-----\nnot base64\n";
  const absl::Status status = instances_->add(bad);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr("nginx refuses it"));
  EXPECT_EQ(processes_below(root()).at("test1-nginx-lbproxy").all, before);
  EXPECT_EQ(instances_->list(Kind::Ports).at(0).instance, test1());
  restart();
  EXPECT_EQ(instances_->list(Kind::Ports).at(0).instance, test1());
}

TEST_F(InstancesTest, AProblemIsReportedAndEnds) {
  ASSERT_TRUE(instances_->add(instance("a", {tcp(7777, "127.0.0.1:777")})).ok());
  instances_.reset();
  end_all(SIGKILL);
  await([&] { return !listens(7777); });
  base::Descriptor thief(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  setsockopt(thief.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const auto address = net::Address::parse("0.0.0.0:7777").value();
  ASSERT_EQ(::bind(thief.get(), address.data(), address.size()), 0);
  ASSERT_EQ(::listen(thief.get(), 1), 0);
  restart();
  await([&] {
    return instances_->list(Kind::Ports).at(0).problem.find("Address already in use") !=
           std::string::npos;
  });
  await([&] { return events_of("a").back() == "NotInOrder"; });
  thief.reset();
  await([&] { return instances_->list(Kind::Ports).at(0).problem.empty(); });
  EXPECT_TRUE(listens(7777));
}

TEST_F(InstancesTest, WithoutARuntimeInstancesAreKept) {
  ASSERT_TRUE(instances_->add(instance("a", {tcp(7777, "127.0.0.1:777")})).ok());
  instances_.reset();
  InstancesContext context;
  context.store = store_.get();
  context.policy = &policy_;
  context.clock = &base::system_clock();
  context.no_runtime = absl::FailedPreconditionError("there is no nginx");
  instances_ = std::make_unique<Instances>(std::move(context));
  ASSERT_TRUE(instances_->restore().ok());
  EXPECT_EQ(instances_->list(Kind::Ports).at(0).problem, "there is no nginx");
  EXPECT_TRUE(absl::IsFailedPrecondition(instances_->add(test1())));
}

}  // namespace
}  // namespace mex::nginx
