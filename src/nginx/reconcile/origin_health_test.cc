#include "nginx/reconcile/origin_health.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <thread>

#include "base/check.h"
#include "base/descriptor.h"
#include "http_client/scripted_server.h"
#include "net/address.h"
#include "nginx/model/testing.h"
#include "nginx/render/testing.h"

namespace mex::nginx {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::resolved;

constexpr const char* kName = "a-nginx-lbproxy";

// A TCP port of this machine that takes connections, and closes them, while it is open.
class OpenPort {
 public:
  OpenPort() {
    open(0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = net::Address::from_sockaddr(reinterpret_cast<sockaddr*>(&bound), size).port();
  }
  ~OpenPort() { close(); }
  OpenPort(const OpenPort&) = delete;
  OpenPort& operator=(const OpenPort&) = delete;
  void close() {
    if (!taker_.joinable()) return;
    ::shutdown(socket_.get(), SHUT_RDWR);
    taker_.join();
    socket_.reset();
  }
  void reopen() { open(port_); }
  int taken() const { return taken_; }
  std::string origin() const { return fmt::format("127.0.0.1:{}", port_); }

 private:
  void open(std::uint16_t port) {
    socket_ = base::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int one = 1;
    setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const auto address = net::Address::loopback(port);
    MEX_CHECK(::bind(socket_.get(), address.data(), address.size()) == 0, "bind");
    MEX_CHECK(::listen(socket_.get(), 100) == 0, "listen");
    taker_ = std::thread([this, socket = socket_.get()] {
      while (base::Descriptor(::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC)).valid()) ++taken_;
    });
  }

  base::Descriptor socket_;
  std::uint16_t port_ = 0;
  std::atomic<int> taken_ = 0;
  std::thread taker_;
};

class OriginHealthTest : public ::testing::Test {
 protected:
  // Again and again, without a pause.
  static HealthCheck check(std::string path = "", unsigned status = 0) {
    return {.path = std::move(path),
            .status = status,
            .interval = std::chrono::seconds(0),
            .timeout = std::chrono::seconds(5),
            .rise = 2,
            .fall = 2};
  }

  static Port port_to(std::initializer_list<std::string> origins, const HealthCheck& check) {
    Port port = testing::port(Protocol::Http, 8080, *origins.begin());
    port.origins.clear();
    for (const std::string& origin : origins) {
      port.origins.push_back(parse_origin(origin, 0).value());
    }
    port.health = check;
    return port;
  }

  template <typename Condition>
  void await(Condition condition) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // What it says of that origin after it has been probed.
  OriginHealthView probed(const ResolvedInstance& instance, std::size_t origin = 0) {
    health_.watch(kName, instance);
    await([&] { return health_.view(kName, instance.desired).at(origin).is_known; });
    return health_.view(kName, instance.desired).at(origin);
  }

  std::vector<std::string> down(ResolvedInstance instance, std::size_t origin) {
    health_.mark_down(instance);
    return instance.origins[0][origin].down;
  }

  OriginHealth health_{base::system_clock()};
};

TEST_F(OriginHealthTest, AnOriginThatTakesNoConnectionIsDownUntilItDoes) {
  OpenPort one;
  OpenPort other;
  const ResolvedInstance instance =
      resolved(testing::instance("a", {port_to({one.origin(), other.origin()}, check())}));
  EXPECT_TRUE(probed(instance).is_up);
  EXPECT_THAT(down(instance, 0), IsEmpty());
  one.close();
  await([&] { return !health_.view(kName, instance.desired).at(0).is_up; });
  EXPECT_THAT(health_.view(kName, instance.desired),
              ElementsAre(AllOf(Field(&OriginHealthView::address, one.origin()),
                                Field(&OriginHealthView::problem, HasSubstr("connect"))),
                          AllOf(Field(&OriginHealthView::address, other.origin()),
                                Field(&OriginHealthView::origin, 1U),
                                Field(&OriginHealthView::problem, ""))));
  EXPECT_THAT(down(instance, 0), ElementsAre("127.0.0.1"));
  EXPECT_THAT(down(instance, 1), IsEmpty());
  one.reopen();
  await([&] { return health_.view(kName, instance.desired).at(0).is_up; });
  EXPECT_THAT(down(instance, 0), IsEmpty());
}

TEST_F(OriginHealthTest, ConnectionsAreClosed) {
  OpenPort one;
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  probed(resolved(testing::instance("a", {port_to({one.origin()}, check())})));
  const auto before = descriptors();
  await([&] { return one.taken() > 100; });
  EXPECT_LT(descriptors(), before + 50);
}

TEST_F(OriginHealthTest, OfThoseThatAreAllDownNoneIsTakenOut) {
  OpenPort one;
  one.close();
  const ResolvedInstance instance =
      resolved(testing::instance("a", {port_to({one.origin()}, check())}));
  EXPECT_FALSE(probed(instance).is_up);
  EXPECT_THAT(down(instance, 0), IsEmpty());
}

TEST_F(OriginHealthTest, AnAnswerHasTheStatusThatIsExpected) {
  const struct {
    int answered;
    unsigned expected;
    const char* problem;
  } cases[] = {{200, 0, ""},
               {302, 0, ""},
               {503, 0, "answered 503"},
               {404, 0, "answered 404"},
               {204, 204, ""},
               {200, 204, "answered 200"}};
  for (const auto& row : cases) {
    http_client::ScriptedServer server([&](const auto&) {
      return http_client::ScriptedServer::Reaction{http_client::http_answer(row.answered, "")};
    });
    HealthCheck once = check("/healthz", row.expected);
    once.interval = std::chrono::hours(1);
    const std::string origin = server.url().substr(std::string("http://").size());
    ResolvedInstance instance =
        resolved(testing::instance("a", {port_to({"svc.example:1", origin}, once)}));
    instance.origins[0][0].addresses = {"127.0.0.1"};
    const OriginHealthView view = probed(instance, 1);
    EXPECT_EQ(view.problem, row.problem) << row.answered;
    EXPECT_EQ(view.is_up, std::string(row.problem).empty());
    ASSERT_EQ(server.seen().size(), 1U);
    EXPECT_EQ(server.seen()[0].target, "/healthz");
    // As nginx names it in requests that it passes on.
    EXPECT_EQ(server.seen()[0].headers.at("host"), "svc.example:1");
  }
}

TEST_F(OriginHealthTest, OnlyWatchedInstancesAreProbed) {
  OpenPort one;
  ResolvedInstance instance = resolved(testing::instance("a", {port_to({one.origin()}, check())}));
  probed(instance);
  health_.retain_only({kName});
  EXPECT_EQ(health_.view(kName, instance.desired).size(), 1U);
  health_.retain_only({});
  EXPECT_THAT(health_.view(kName, instance.desired), IsEmpty());
  probed(instance);
  instance.desired.ports[0].health.reset();
  health_.watch(kName, instance);
  EXPECT_THAT(health_.view(kName, instance.desired), IsEmpty());
}

// State and health are read one after the other: an instance that was changed in between does not
// show the health of an origin that it had before at the place of another.
TEST_F(OriginHealthTest, HealthIsShownOfTheOriginsThatTheInstanceHas) {
  OpenPort one;
  OpenPort other;
  const ResolvedInstance instance =
      resolved(testing::instance("a", {port_to({one.origin(), other.origin()}, check())}));
  probed(instance);
  Instance changed = testing::instance("a", {port_to({other.origin(), other.origin()}, check())});
  EXPECT_THAT(health_.view(kName, changed),
              ElementsAre(AllOf(Field(&OriginHealthView::address, other.origin()),
                                Field(&OriginHealthView::origin, 1U))));
  changed.ports.clear();
  EXPECT_THAT(health_.view(kName, changed), IsEmpty());
}

TEST_F(OriginHealthTest, MarkingDownProbesNothing) {
  OpenPort one;
  OpenPort other;
  const ResolvedInstance instance =
      resolved(testing::instance("a", {port_to({one.origin(), other.origin()}, check())}));
  EXPECT_THAT(down(instance, 0), IsEmpty());
  EXPECT_THAT(health_.view(kName, instance.desired), IsEmpty());
}

}  // namespace
}  // namespace mex::nginx
