// Services followed over HTTP: what reaches those who follow.

#include "kubernetes/services/service_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/status.h"
#include "http_client/silent_server.h"
#include "kubernetes/testing/fake_service_api.h"

namespace mex::kubernetes {
namespace {

using namespace testing;  // NOLINT: the test's vocabulary
using State = ServiceEndpoints::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Addresses = std::vector<std::string>;

// Keeps what it hears, and waits for it.
class Listener {
 public:
  ServiceSource::OnChange call() {
    return [this](const ServiceEndpoints& endpoints, std::uint64_t revision) {
      const base::MutexLock lock(mutex_);
      if (revision < revision_) return;
      revision_ = revision;
      last_ = endpoints;
      had_none_ |= endpoints.addresses.empty() && endpoints.state != State::Waiting;
      changed_.notify_all();
    };
  }
  // What was said last once it is so; after a minute whatever it is.
  template <typename Predicate>
  ServiceEndpoints wait(Predicate is_so) {
    base::MutexLock lock(mutex_);
    changed_.wait_until(lock, a_minute().deadline, [&] {
      mutex_.assert_held();
      return is_so(last_);
    });
    return last_;
  }
  ServiceEndpoints wait_for(State state) {
    return wait([state](const ServiceEndpoints& each) { return each.state == state; });
  }
  Addresses wait_for_addresses(std::size_t count) {
    return wait([count](const auto& each) {
             return each.state == State::Current && each.addresses.size() == count;
           })
        .addresses;
  }
  bool had_none() const {
    const base::MutexLock lock(mutex_);
    return had_none_;
  }

 private:
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  ServiceEndpoints last_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  bool had_none_ ABSL_GUARDED_BY(mutex_) = false;
};

class ServiceWatcherTest : public ::testing::Test {
 protected:
  ServiceWatcherTest() {
    api_.put_service(
        "web", {{"selector", {{"a", "b"}}}, {"ports", {{{"port", 80}, {"nodePort", 30080}}}}});
    api_.put_slice("web", {"10.244.1.1", "10.244.1.2"});
    options_.limits.backoff = {std::chrono::milliseconds(2), std::chrono::milliseconds(20), 0};
    options_.limits.min_watch_time = {};
    options_.min_change_interval = std::chrono::milliseconds(1);
    options_.find_cluster = [this](const std::string& tenant, const std::string& name) {
      return find(tenant, name);
    };
  }
  absl::StatusOr<ServiceCluster> find(const std::string& tenant, const std::string& name) {
    const base::MutexLock lock(mutex_);
    if (tenant != "t1" || name != "c1") return absl::NotFoundError("no such cluster");
    if (!status_.ok()) return status_;
    return ServiceCluster{id_, urls_.servers.empty() ? api_.options() : urls_,
                          [this](const std::string& address) {
                            if (address.starts_with("10.101.7.")) return Reach::Routed;
                            return is_routed_ ? Reach::Routed : Reach::Unrouted;
                          }};
  }
  void say(absl::Status status, std::string id = "1") {
    {
      const base::MutexLock lock(mutex_);
      status_ = std::move(status);
      id_ = std::move(id);
    }
    watcher().clusters_changed();
  }
  ServiceWatcher& watcher() {
    if (watcher_ == nullptr) watcher_ = std::make_unique<ServiceWatcher>(options_);
    return *watcher_;
  }
  std::unique_ptr<ServiceSource::Subscription> follow(Listener& listener,
                                                      const std::string& service = "web",
                                                      const std::string& cluster = "c1") {
    return watcher().follow({"t1", cluster, "shop", service, ""}, listener.call());
  }

  FakeServiceApi api_;
  ClientOptions urls_;
  base::Mutex mutex_;
  absl::Status status_;
  std::string id_ = "1";
  std::atomic<bool> is_routed_ = true;
  ServiceWatcher::Options options_;
  Listener listener_;
  std::unique_ptr<ServiceWatcher> watcher_;
};

TEST_F(ServiceWatcherTest, EndpointsAreKnownAndFollowed) {
  const auto subscription = follow(listener_);
  EXPECT_THAT(listener_.wait_for_addresses(2), ElementsAre("10.244.1.1:8080", "10.244.1.2:8080"));
  api_.put_slice("web", {"10.244.1.1", "10.244.1.2", "10.244.1.3", "10.244.1.4"});
  EXPECT_EQ(listener_.wait_for_addresses(4).size(), 4U);
  api_.put_slice("web", {"10.244.1.4"});
  EXPECT_THAT(listener_.wait_for_addresses(1), ElementsAre("10.244.1.4:8080"));
  EXPECT_FALSE(listener_.had_none());
}

TEST_F(ServiceWatcherTest, AFailingApiServerTakesNoEndpointAway) {
  options_.limits.min_watch_time = std::chrono::hours(1);  // every watch here is a short one
  const auto subscription = follow(listener_);
  listener_.wait_for_addresses(2);
  const std::vector<Reaction> faults{
      refusal(500, "InternalError", "etcd is gone"),
      refusal(401, "Unauthorized", "who are you"),
      refusal(403, "Forbidden", "not you"),
      refusal(404, "NotFound", "the server could not find the requested resource"),
      answer(200, ""),
      answer(200, "{}"),
      answer(200, "<html>a captive portal</html>"),
      answer(200, R"({"kind":"Status","status":"Failure","code":500})"),
      {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\":[]", .then = Then::Close},
      {.bytes = "", .then = Then::Close}};
  for (const Reaction& fault : faults) {
    api_.fail_with(fault);
    const ServiceEndpoints stale = listener_.wait_for(State::Stale);
    EXPECT_EQ(stale.addresses.size(), 2U) << fault.bytes;
    EXPECT_FALSE(stale.reason.empty()) << fault.bytes;
    api_.fail_with(std::nullopt);
    listener_.wait_for(State::Current);
  }
  EXPECT_FALSE(listener_.had_none());
}

TEST_F(ServiceWatcherTest, AnEmptyListIsReadTwiceBeforeItIsBelieved) {
  // Long enough that what is known between the two lists is seen on a busy machine.
  options_.limits.backoff.first = options_.limits.backoff.max = std::chrono::milliseconds(300);
  const auto subscription = follow(listener_);
  listener_.wait_for_addresses(2);
  // Lists that are well-formed and empty, as of an API server whose database is another one; a
  // watch from there on gets all that was said since.
  api_.fail_with(answer(200, R"({"metadata":{"resourceVersion":"1"},"items":[]})"));
  EXPECT_EQ(listener_.wait_for(State::Stale).addresses.size(), 2U);
  EXPECT_EQ(listener_
                .wait([](const auto& each) {
                  return each.reason.starts_with("there is no such service");
                })
                .state,
            State::Unavailable);
  api_.fail_with(std::nullopt);
  EXPECT_EQ(listener_.wait_for_addresses(2).size(), 2U);
}

TEST_F(ServiceWatcherTest, AServiceMayComeLater) {
  const auto subscription = follow(listener_, "later");
  EXPECT_THAT(listener_.wait_for(State::Unavailable).reason, HasSubstr("no such service"));
  api_.put_service("later", {{"ports", {{{"port", 80}}}}});
  api_.put_slice("later", {"10.244.1.9"});
  EXPECT_THAT(listener_.wait_for_addresses(1), ElementsAre("10.244.1.9:8080"));
}

TEST_F(ServiceWatcherTest, AClusterMayComeLaterAndGo) {
  say(absl::NotFoundError("no cluster c1 of tenant t1"));
  const auto subscription = follow(listener_);
  EXPECT_THAT(listener_.wait_for(State::Unavailable).reason, HasSubstr("no cluster c1"));
  say(absl::FailedPreconditionError("the cluster c1 has no API server yet"));
  EXPECT_THAT(
      listener_.wait([](const auto& each) { return each.reason.find("yet") != each.reason.npos; })
          .reason,
      HasSubstr("no API server yet"));
  say(absl::OkStatus());
  listener_.wait_for_addresses(2);
  // Its keys cannot be had for a while: what is known stays.
  say(absl::DataLossError("its keys do not open"));
  EXPECT_EQ(listener_.wait_for(State::Stale).addresses.size(), 2U);
  say(absl::OkStatus());
  listener_.wait_for_addresses(2);
  // The agent itself has destroyed it: its addresses may be another tenant's by now.
  say(absl::NotFoundError("is being destroyed"));
  EXPECT_TRUE(listener_.wait_for(State::Unavailable).addresses.empty());
}

TEST_F(ServiceWatcherTest, AClusterBuiltAgainHasNothingOfTheOneBefore) {
  const auto subscription = follow(listener_);
  listener_.wait_for_addresses(2);
  api_.fail_with(refusal(503, "ServiceUnavailable", "starting"));
  listener_.wait_for(State::Stale);
  say(absl::OkStatus(), "2");
  EXPECT_TRUE(
      listener_.wait([](const auto& each) { return each.addresses.empty(); }).addresses.empty());
  api_.fail_with(std::nullopt);
  listener_.wait_for_addresses(2);
}

TEST_F(ServiceWatcherTest, OneWatchHoweverManyFollow) {
  const auto first = follow(listener_);
  listener_.wait_for_addresses(2);
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::unique_ptr<ServiceSource::Subscription>> subscriptions;
  for (int i = 0; i < 20; ++i) {
    listeners.push_back(std::make_unique<Listener>());
    subscriptions.push_back(follow(*listeners.back()));
    EXPECT_EQ(listeners.back()->wait_for(State::Current).addresses.size(), 2U);
  }
  api_.put_slice("web", {"10.244.1.7"});
  for (const auto& each : listeners) each->wait_for_addresses(1);
  EXPECT_EQ(api_.server().count("GET", "/services?limit"), 1U);
  EXPECT_EQ(api_.server().count("GET", "/endpointslices?limit"), 1U);
}

TEST_F(ServiceWatcherTest, NodesAreFollowedWhereThereIsNoWayToPods) {
  is_routed_ = false;
  const auto node = [](const std::string& name, const std::string& address, const char* ready) {
    return nlohmann::json{{"metadata", {{"name", name}}},
                          {"status",
                           {{"addresses", {{{"type", "InternalIP"}, {"address", address}}}},
                            {"conditions", {{{"type", "Ready"}, {"status", ready}}}}}}};
  };
  api_.put("nodes", node("n1", "10.101.7.11", "True"));
  api_.put("nodes", node("n2", "10.101.7.12", "True"));
  const auto subscription = follow(listener_);
  EXPECT_THAT(listener_.wait_for_addresses(2),
              ElementsAre("10.101.7.11:30080", "10.101.7.12:30080"));
  api_.put("nodes", node("n2", "10.101.7.12", "Unknown"));
  EXPECT_THAT(listener_.wait_for_addresses(1), ElementsAre("10.101.7.11:30080"));
  // The way to the pods is there now.
  is_routed_ = true;
  watcher().clusters_changed();
  EXPECT_THAT(listener_.wait_for_addresses(2), ElementsAre("10.244.1.1:8080", "10.244.1.2:8080"));
  EXPECT_FALSE(listener_.had_none());
}

TEST_F(ServiceWatcherTest, AFloodOrALineWithoutEndIsGivenUp) {
  const auto subscription = follow(listener_);
  listener_.wait_for_addresses(2);
  api_.fail_with(Reaction{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" +
                                   std::string(std::size_t{12} << 20U, 'x'),
                          .then = Then::Hang});
  EXPECT_EQ(listener_.wait_for(State::Stale).addresses.size(), 2U);
  api_.fail_with(std::nullopt);
  listener_.wait_for(State::Current);
}

std::size_t threads() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

TEST_F(ServiceWatcherTest, FiveHundredSilentServicesTakeNoThreads) {
  const http_client::SilentServer silent;
  urls_.servers = {silent.url()};
  watcher();
  const std::size_t before = threads();
  std::vector<std::unique_ptr<ServiceSource::Subscription>> subscriptions;
  Listener listener;
  for (int i = 0; i < 500; ++i) {
    subscriptions.push_back(follow(listener, "s" + std::to_string(i)));
  }
  // Behind all of them on the loop: those of an unknown cluster are judged at once.
  const auto last = follow(listener_, "web", "unknown");
  listener_.wait_for(State::Unavailable);
  EXPECT_EQ(threads(), before);
  EXPECT_FALSE(watcher().wait_until_read(base::system_clock().steady_now()));
  subscriptions.clear();
  EXPECT_TRUE(watcher().wait_until_read(a_minute().deadline)) << "no one waits for them any more";
}

TEST_F(ServiceWatcherTest, NoOneIsCalledAfterTheEnd) {
  auto subscription = follow(listener_);
  listener_.wait_for_addresses(2);
  watcher().stop();
  watcher().clusters_changed();
  Listener late;
  const auto another = follow(late);
  EXPECT_EQ(late.wait([](const auto&) { return true; }).addresses.size(), 2U) << "what is known";
  subscription.reset();
}

}  // namespace
}  // namespace mex::kubernetes
