#include "routing/proxy_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "net/origin_policy.h"
#include "routing/stored_route.h"
#include "store/sqlite_store.h"

namespace mex::routing {
namespace {

using ::testing::HasSubstr;

class ProxyRoutesTest : public ::testing::Test {
 protected:
  void SetUp() override { restart(); }

  void restart() {
    routes_.reset();
    store_.reset();
    store_ = store::open_sqlite_store(directory_.path()).value();
    routes_ = make_routes();
  }
  std::unique_ptr<ProxyRoutes> make_routes() {
    return std::make_unique<ProxyRoutes>(*store_, nullptr, policy_, base::system_clock());
  }

  std::string paths() const {
    std::string text;
    for (const ProxyRouteView& view : routes_->list()) text += view.path + ">" + view.origin + " ";
    return text;
  }

  void expect_refused(const std::vector<ProxyRoute>& routes, absl::StatusCode code,
                      const std::string& field, const std::string& text) {
    const absl::Status status = routes_->add(routes);
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(base::detail_of(status).field, field);
    EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(field + ": "));
    EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(text));
  }

  base::TemporaryDirectory directory_;
  net::OriginPolicy policy_{{18889}};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ProxyRoutes> routes_;
};

TEST_F(ProxyRoutesTest, AddsReplacesListsAndRemoves) {
  ASSERT_TRUE(
      routes_->add({{"b", "/b", "http://10.0.0.2"}, {"", "/a/*c", "http://10.0.0.1"}}).ok());
  EXPECT_EQ(paths(), "/a/*c>http://10.0.0.1 /b>http://10.0.0.2 ");
  ASSERT_TRUE(routes_->add({{"", "/b", "https://other:8443/base"}}).ok());
  EXPECT_EQ(paths(), "/a/*c>http://10.0.0.1 /b>https://other:8443/base ");
  ASSERT_TRUE(routes_->remove({{"", "/a/*c", ""}, {"", "/unknown", ""}, {"", "/a/*c", ""}}).ok());
  EXPECT_EQ(paths(), "/b>https://other:8443/base ");
  ASSERT_TRUE(routes_->add({}).ok());
  ASSERT_TRUE(routes_->remove({}).ok());
}

TEST_F(ProxyRoutesTest, SurvivesARestart) {
  ASSERT_TRUE(routes_->add({{"n", "/a/*c", "http://10.0.0.1"}, {"", "/b", "http://o"}}).ok());
  ASSERT_TRUE(routes_->remove({{"", "/b", ""}}).ok());
  const base::WallTime changed_at = routes_->list()[0].changed_at;
  restart();
  EXPECT_EQ(paths(), "");
  ASSERT_TRUE(routes_->restore().ok());
  EXPECT_EQ(paths(), "/a/*c>http://10.0.0.1 ");
  EXPECT_EQ(routes_->list()[0].name, "n");
  EXPECT_EQ(routes_->list()[0].changed_at, changed_at);
}

TEST_F(ProxyRoutesTest, NamesTheFaultyFieldAndStoresNothing) {
  const ProxyRoute good{"", "/good", "http://10.0.0.1"};
  const auto invalid = absl::StatusCode::kInvalidArgument;
  expect_refused({good, {"", "x", "http://o"}}, invalid, "proxies[1].path", "slash");
  expect_refused({good, {"", "/w/*", "http://o"}}, invalid, "proxies[1].path", "name");
  expect_refused({{"", "/x", "10.1.1.1:80"}}, invalid, "proxies[0].origin", "http");
  expect_refused({good, good, {"", "/x", ""}}, invalid, "proxies[2].origin", "");
  expect_refused({{"", "/x", "http://169.254.169.254/"}}, invalid, "proxies[0].origin",
                 "link-local");
  expect_refused({{"", "/x", "http://127.0.0.1:18889/"}}, invalid, "proxies[0].origin", "own API");
  EXPECT_EQ(paths(), "");
  EXPECT_TRUE(store_->list("/").value().empty());
}

TEST_F(ProxyRoutesTest, PathsThatCoverTheSameRequestsAreRefused) {
  const auto exists = absl::StatusCode::kAlreadyExists;
  ASSERT_TRUE(routes_->add({{"", "/app/*a", "http://o"}, {"", "/app/sub", "http://o"}}).ok());
  expect_refused({{"", "/app/*b", "http://o"}}, exists, "proxies[0].path", "\"/app/*a\"");
  expect_refused({{"", "/app/", "http://o"}}, exists, "proxies[0].path", "\"/app/*a\"");
  expect_refused({{"", "/n/*a", "http://o"}, {"", "/n/*b", "http://o"}}, exists, "proxies[1].path",
                 "\"/n/*a\"");
  ASSERT_TRUE(routes_->remove({{"", "/app/*a", ""}}).ok());
  EXPECT_TRUE(routes_->add({{"", "/app/*b", "http://o"}}).ok());
}

TEST_F(ProxyRoutesTest, LastOfOnePathInARequestWins) {
  ASSERT_TRUE(routes_->add({{"", "/a", "http://one"}, {"", "/a", "http://two"}}).ok());
  EXPECT_EQ(paths(), "/a>http://two ");
}

TEST_F(ProxyRoutesTest, ADamagedRecordIsSetAsideAndTheOtherRoutesAreServed) {
  ASSERT_TRUE(routes_->add({{"", "/whole", "http://o"}}).ok());
  for (const char* value : {"", "[]", "{\"path\":\"/a\"}", "{\"name\":1}",
                            R"({"name":"","path":"bad","origin":"http://o","changed_at_ms":1})",
                            R"({"name":"","path":"/b","origin":"http://o","changed_at_ms":1})",
                            R"({"name":"","path":"/damaged","origin":"x","changed_at_ms":1})"}) {
    constexpr const char* kKey = "/proxies/%2Fdamaged";
    ASSERT_TRUE(store_->commit(store::Transaction().discard(kKey)).ok());
    ASSERT_TRUE(store_->commit(store::Transaction().put(kKey, value)).ok());
    const absl::Status restored = routes_->restore();
    ASSERT_TRUE(restored.ok()) << restored;
    EXPECT_EQ(paths(), "/whole>http://o ");
    for (const absl::Status& status :
         {routes_->add({{"", "/damaged", "http://o"}}), routes_->remove({{"", "/damaged", ""}})}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
      EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(kKey));
    }
    EXPECT_EQ(store_->get(kKey)->value, value);
    EXPECT_EQ(paths(), "/whole>http://o ");
  }
}

TEST_F(ProxyRoutesTest, ChangesFromManyThreadsAllArrive) {
  constexpr int kEach = 20;
  const auto change = [this](const std::string& name) {
    for (int i = 0; i < kEach; ++i) {
      const std::string path = fmt::format("/{}/{}", name, i);
      EXPECT_TRUE(routes_->add({{"", path, "http://o"}}).ok());
      if (i % 2 == 0) {
        EXPECT_TRUE(routes_->remove({{"", path, ""}}).ok());
      }
      routes_->list();
    }
  };
  std::thread other(change, "a");
  change("b");
  other.join();
  EXPECT_EQ(routes_->list().size(), static_cast<std::size_t>(kEach));
  const std::string before = paths();
  restart();
  ASSERT_TRUE(routes_->restore().ok());
  EXPECT_EQ(paths(), before);
}

TEST(StoredRoute, KeysKeepPathsApart) {
  EXPECT_EQ(route_key("/app/*c"), "/proxies/%2Fapp%2F%2Ac");
  EXPECT_NE(route_key("/a%2Fb"), route_key("/a/b"));
}

TEST(StoredRoute, RoundTrips) {
  const StoredRoute stored{{"name \"x\"", "/a/*b", "http://o"}, base::system_clock().wall_now()};
  const auto decoded = route_from_json(to_json(stored), "/proxies/x");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->route.name, stored.route.name);
  EXPECT_EQ(decoded->route.path, stored.route.path);
  EXPECT_EQ(decoded->route.origin, stored.route.origin);
  EXPECT_EQ(decoded->changed_at, stored.changed_at);
  EXPECT_TRUE(
      route_from_json(to_json(StoredRoute{{"\xff", "/a", "http://o"}, {}}), "/proxies/x").ok());
}

TEST(StoredRoute, IsWrittenAsEver) {
  const base::WallTime time(std::chrono::milliseconds(1'700'000'000'123));
  EXPECT_EQ(
      to_json(StoredRoute{{"name \"x\" \xff", "/a/*b", "http://o"}, time}),
      R"({"changed_at_ms":1700000000123,"format":2,"name":"name \"x\" �","origin":"http://o",)"
      R"("path":"/a/*b"})");
}

}  // namespace
}  // namespace mex::routing
