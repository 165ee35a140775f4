#include "openstack/cloud_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "http_client/scripted_server.h"
#include "openstack/api_call.h"
#include "openstack/demo_login.h"
#include "openstack/session.h"

namespace mex::openstack {
namespace {

using http_client::http_answer;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Reaction = http_client::ScriptedServer::Reaction;
using Seen = http_client::ScriptedServer::Seen;
using Then = http_client::ScriptedServer::Then;

constexpr std::string_view kLimits =
    R"({"limits": {"absolute": {"maxTotalInstances": 10, "totalInstancesUsed": 3,
        "maxTotalCores": 20, "totalCoresUsed": 4, "maxTotalRAMSize": 4096, "totalRAMUsed": 512,
        "maxServerGroups": 10, "totalServerGroupsUsed": 1, "maxServerGroupMembers": 10,
        "maxServerMeta": 128}}})";
constexpr std::string_view kNetworkQuota =
    R"({"quota": {"network": {"limit": 5, "used": 1}, "subnet": {"limit": 5, "used": 1},
        "router": {"limit": 5, "used": 1}, "port": {"limit": 50, "used": 7},
        "security_group": {"limit": 5, "used": 1}, "security_group_rule": {"limit": -1, "used": 9}}})";

// A whole cloud on one port, of which single answers are replaced.
class CloudMonitorTest : public ::testing::Test {
 protected:
  CloudMonitorTest() {
    timing_.soon = std::chrono::milliseconds(1);
    timing_.interval = std::chrono::milliseconds(20);
    timing_.refused = std::chrono::milliseconds(20);
  }

  Reaction react(const Seen& request) {
    const base::MutexLock lock(mutex_);
    for (const auto& [part, answer] : replaced_) {
      if (request.target.find(part) != std::string::npos) {
        return {.bytes = answer, .then = answer.empty() ? Then::Close : Then::KeepOpen};
      }
    }
    const auto answer = [](int status, std::string_view body, std::string_view headers = "") {
      return Reaction{.bytes = http_answer(status, body, headers), .then = Then::KeepOpen};
    };
    if (request.target == "/v3/auth/tokens")
      return answer(201, token(request), "X-Subject-Token: t\r\n");
    if (request.target == "/v3") return answer(200, R"({"version": {"id": "v3.14"}})");
    if (request.target == "/compute/v2.1/") {
      return answer(200, R"({"version": {"id": "v2.1", "version": "2.93"}})");
    }
    if (request.target.starts_with("/compute/v2.1/limits")) return answer(200, kLimits);
    if (request.target.starts_with("/network/v2.0/quotas/p1")) return answer(200, kNetworkQuota);
    if (request.target == "/image/v2/images?limit=1") return answer(200, R"({"images": []})");
    return answer(404, "");
  }

  std::string token(const Seen& request) const {
    std::string catalog;
    for (const std::string& type : services_) {
      catalog += fmt::format(
          R"({}{{"type": "{}", "endpoints": [{{"interface": "public", "region": "one",
              "url": "http://{}/{}"}}]}})",
          catalog.empty() ? "" : ", ", type, request.headers.at("host"), type);
    }
    return fmt::format(
        R"({{"token": {{"issued_at": "2026-11-22T13:00:00Z", "expires_at": "2026-11-22T14:00:00Z",
            "project": {{"id": "p1", "name": "edge", "domain": {{"name": "Default"}}}},
            "user": {{"id": "u1", "name": "demo", "domain": {{"name": "Default"}}}},
            "catalog": [{}]}}}})",
        catalog);
  }

  // From now on targets that contain `part` are answered so; "" closes the connection.
  void replace(const std::string& part, const std::string& answer) {
    const base::MutexLock lock(mutex_);
    replaced_[part] = answer;
  }
  void restore() {
    const base::MutexLock lock(mutex_);
    replaced_.clear();
  }

  void start(const std::function<void(CloudConfig&)>& change = {}) {
    CloudConfig config;
    config.source = "os.env";
    config.files = {"os.env"};
    config.settings = {"OS_PASSWORD"};
    config.auth_url = server_.url("/v3");
    PasswordLogin login;
    login.user_name = "demo";
    login.password = base::Secret("hush");
    login.project_name = "edge";
    config.login = login;
    if (change) change(config);
    Session::Options options;
    options.max_attempts = 1;
    session_ = std::make_unique<Session>(config, options);
    nova_ = std::make_unique<Nova>(*session_);
    neutron_ = std::make_unique<Neutron>(*session_);
    cinder_ = std::make_unique<Cinder>(*session_);
    monitor_ = std::make_unique<CloudMonitor>(*session_, *nova_, *neutron_, *cinder_, timing_);
  }

  CloudView await(CloudState state) {
    CloudView view = monitor_->view();
    while (view.state != state) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      view = monitor_->view();
    }
    return view;
  }

  CloudMonitor::Timing timing_;
  base::Mutex mutex_;
  std::vector<std::string> services_{"compute", "network", "image"};
  std::map<std::string, std::string> replaced_ ABSL_GUARDED_BY(mutex_);
  http_client::ScriptedServer server_{[this](const Seen& request) { return react(request); }};
  std::unique_ptr<Session> session_;
  std::unique_ptr<Nova> nova_;
  std::unique_ptr<Neutron> neutron_;
  std::unique_ptr<Cinder> cinder_;
  std::unique_ptr<CloudMonitor> monitor_;
};

TEST_F(CloudMonitorTest, ShowsLoginServicesAndQuotas) {
  start();
  const CloudView view = await(CloudState::Available);
  EXPECT_TRUE(view.problem.ok()) << view.problem;
  EXPECT_EQ(view.owner.user_name, "demo");
  EXPECT_EQ(view.owner.project_id, "p1");
  EXPECT_EQ(view.owner.project_domain, "Default");
  EXPECT_EQ(view.auth_method, "password");
  ASSERT_THAT(view.services, SizeIs(4));
  EXPECT_EQ(view.services[0].type, "identity");
  EXPECT_EQ(view.services[0].version, "v3.14");
  EXPECT_EQ(view.services[1].url, server_.url("/compute/v2.1"));
  EXPECT_EQ(view.services[1].version, "2.93");
  ASSERT_THAT(view.quotas, SizeIs(10));
  EXPECT_EQ(view.quotas[0].name, "instances");
  EXPECT_EQ(view.quotas[0].limit, 10);
  EXPECT_EQ(view.quotas[0].used, 3);
  EXPECT_TRUE(view.observed_at);
  EXPECT_TRUE(view.calls.last_answer);
  EXPECT_FALSE(view.calls.last_error);
}

// The symptom: OS_VOLUME_ENDPOINT_OVERRIDE is set, and the cloud has no volumes.
TEST_F(CloudMonitorTest, VolumesThatOnlyTheSettingsKnowAreThere) {
  CloudConfig config = demo_login(server_.url("/v3"));
  Session without(config);
  const CallContext context{
      {.deadline = base::system_clock().steady_now() + std::chrono::minutes(1)}};
  EXPECT_FALSE(*without.has_service(Service::Volume, context));
  config.endpoint_overrides["volumev3"] = server_.url("/volume/%(project_id)s");
  Session with(config);
  EXPECT_TRUE(*with.has_service(Service::Volume, context));
}

TEST_F(CloudMonitorTest, ACloudWithVolumesShowsTheirQuotas) {
  services_.push_back("volumev3");
  replace("/volumev3/", http_answer(200, R"({"limits": {"rate": [], "absolute": {
      "maxTotalVolumes": 10, "totalVolumesUsed": 4,
      "maxTotalVolumeGigabytes": 1000, "totalGigabytesUsed": 80}}})"));
  start();
  const CloudView view = await(CloudState::Available);
  ASSERT_THAT(view.services, SizeIs(5));
  EXPECT_EQ(view.services[4].type, "volumev3");
  ASSERT_THAT(view.quotas, SizeIs(12));
  EXPECT_EQ(view.quotas[10].name, "volumes");
  EXPECT_EQ(view.quotas[10].used, 4);
  EXPECT_EQ(view.quotas[11].name, "gigabytes");
  EXPECT_EQ(view.quotas[11].limit, 1000);
}

TEST_F(CloudMonitorTest, ADeadKeystoneIsSeenBeforeAnybodyAsks) {
  replace("/v3", "");
  start();
  const CloudView view = await(CloudState::Unavailable);
  EXPECT_THAT(base::message_of(view.problem), HasSubstr("log in at http://127.0.0.1"));
  EXPECT_EQ(view.owner.user_name, "demo");
  ASSERT_TRUE(view.calls.last_error);
  EXPECT_FALSE(base::detail_of(view.calls.last_error->status).request_id.empty());
  restore();
  EXPECT_EQ(await(CloudState::Available).owner.project_name, "edge");
}

TEST_F(CloudMonitorTest, AKeystoneThatDiesUnderAGoodTokenIsSeen) {
  start();
  await(CloudState::Available);
  replace("/v3", "");
  EXPECT_THAT(base::message_of(await(CloudState::Unavailable).problem),
              HasSubstr("ask for the version of Keystone"));
}

TEST_F(CloudMonitorTest, AWrongPasswordIsARefusalAndIsNotShown) {
  replace(
      "/v3/auth/tokens",
      http_answer(401, R"({"error": {"message": "no", "code": 401, "title": "Unauthorized"}})"));
  start();
  const CloudView view = await(CloudState::Refused);
  EXPECT_THAT(base::message_of(view.problem), HasSubstr("user 'demo'"));
  EXPECT_THAT(base::message_of(view.problem), testing::Not(HasSubstr("hush")));
}

TEST_F(CloudMonitorTest, AnUnknownRegionNamesThoseThatAreThere) {
  start([](CloudConfig& config) { config.region = "two"; });
  const CloudView view = await(CloudState::Misconfigured);
  EXPECT_THAT(base::message_of(view.problem),
              HasSubstr("no public endpoint of the compute service in region 'two' (it has: public "
                        "in one)"));
  ASSERT_THAT(view.services, SizeIs(4));
  EXPECT_EQ(view.services[1].url, "");
}

TEST_F(CloudMonitorTest, AServiceThatIsElsewhereOrDeadIsNamed) {
  start([this](CloudConfig& config) {
    config.endpoint_overrides["image"] = server_.url("/nowhere");
  });
  CloudView view = await(CloudState::Misconfigured);
  EXPECT_TRUE(view.services[3].is_overridden);
  EXPECT_EQ(view.services[3].url, server_.url("/nowhere/v2"));
  EXPECT_TRUE(absl::IsNotFound(view.services[3].status)) << view.services[3].status;
  replace("/network", "");
  view = await(CloudState::Unavailable);
  EXPECT_TRUE(view.services[1].status.ok());
  EXPECT_FALSE(view.services[2].status.ok());
}

TEST_F(CloudMonitorTest, QuotasThatMayNotBeReadAreNoFault) {
  replace("/limits", http_answer(403, R"({"forbidden": {"message": "policy", "code": 403}})"));
  start();
  const CloudView view = await(CloudState::Available);
  EXPECT_TRUE(absl::IsPermissionDenied(view.quota_problem)) << view.quota_problem;
}

TEST_F(CloudMonitorTest, WithoutSettingsItSaysWhy) {
  const CloudMonitor monitor(absl::InvalidArgumentError("MEX_K8SOS_ENV: /nope: no such file"));
  EXPECT_EQ(monitor.view().state, CloudState::NotConfigured);
  EXPECT_EQ(base::message_of(monitor.view().problem), "MEX_K8SOS_ENV: /nope: no such file");
}

TEST_F(CloudMonitorTest, AnEndDoesNotWaitForACloudThatHangs) {
  std::atomic<bool> has_come = false;
  const http_client::ScriptedServer silent([&](const Seen&) {
    has_come = true;
    return Reaction{.bytes = "", .then = Then::Hang};
  });
  start([&](CloudConfig& config) { config.auth_url = silent.url("/v3"); });
  while (!has_come) std::this_thread::yield();
  monitor_.reset();
}

TEST(PauseAfterLook, ARefusedLoginIsTriedEverMoreSeldom) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  const CloudMonitor::Timing timing;
  EXPECT_EQ(pause_after_look(timing, CloudState::Available, 7), minutes(1));
  EXPECT_EQ(pause_after_look(timing, CloudState::Unavailable, 1), seconds(5));
  EXPECT_EQ(pause_after_look(timing, CloudState::Unavailable, 9), minutes(1));
  EXPECT_EQ(pause_after_look(timing, CloudState::Refused, 1), minutes(1));
  EXPECT_EQ(pause_after_look(timing, CloudState::Refused, 3), minutes(4));
  EXPECT_EQ(pause_after_look(timing, CloudState::Refused, 99), minutes(15));
}

}  // namespace
}  // namespace mex::openstack
