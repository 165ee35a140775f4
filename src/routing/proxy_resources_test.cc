// Routes as resources: by name, with hosts and conditions, in pages and in sets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "net/origin_policy.h"
#include "routing/proxy_routes.h"
#include "routing/stored_route.h"
#include "store/sqlite_store.h"

namespace mex::routing {
namespace {

using absl::StatusCode;
using proxy::route::FieldTest;
using ::testing::HasSubstr;

ProxyRoute route(const std::string& name, const std::string& path, const std::string& host = "") {
  ProxyRoute made{name, path, "http://10.0.0.1"};
  made.host = host;
  return made;
}

ProxyRoute with_header(ProxyRoute made, const std::string& name, const std::string& value) {
  made.conditions.headers.push_back({name, FieldTest::Exact, value});
  return made;
}

class ProxyResourcesTest : public ::testing::Test {
 protected:
  void SetUp() override { restart(); }

  void restart() {
    routes_.reset();
    store_.reset();
    store_ = store::open_sqlite_store(directory_.path()).value();
    routes_ = std::make_unique<ProxyRoutes>(*store_, nullptr, policy_, base::system_clock());
    ASSERT_TRUE(routes_->restore().ok());
  }

  std::string names() const {
    std::string text;
    for (const ProxyRouteView& view : routes_->list()) {
      text += (view.name.empty() ? view.path : view.name) + " ";
    }
    return text;
  }
  std::string served(const std::string& host, const std::string& path) const {
    const auto table = routes_->table();
    const auto match = table.match({.path = path, .host = host, .method = "GET"});
    if (match.route == nullptr) return "none";
    return routes_->view_of(match.route->rule())->name;
  }
  template <typename Result>
  static void expect_refused(const Result& result, StatusCode code, const std::string& field,
                             const std::string& text) {
    absl::Status status;
    if constexpr (std::is_same_v<Result, absl::Status>) {
      status = result;
    } else {
      status = result.status();
    }
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(base::detail_of(status).field, field) << status;
    EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(text));
  }

  base::TemporaryDirectory directory_;
  net::OriginPolicy policy_{{18889}};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ProxyRoutes> routes_;
};

TEST_F(ProxyResourcesTest, ARouteLivesFromCreationToRemoval) {
  const auto made = routes_->create(route("web", "/", "www.example.com"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->route.host, "www.example.com");
  EXPECT_FALSE(made->is_simple);
  EXPECT_EQ(routes_->get("web")->etag, made->etag);
  EXPECT_EQ(served("WWW.example.com.", "/x"), "web");
  EXPECT_EQ(served("other", "/x"), "none");

  const auto moved = routes_->put("web", route("", "/shop", "*.example.com"), made->etag);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->name, "web");
  EXPECT_NE(moved->etag, made->etag);
  EXPECT_EQ(served("www.example.com", "/"), "none");
  EXPECT_EQ(served("a.example.com", "/shop/1"), "web");
  EXPECT_EQ(store_->list("/").value().size(), 1U);

  restart();
  EXPECT_EQ(served("a.example.com", "/shop/1"), "web");
  EXPECT_EQ(routes_->get("web")->etag, moved->etag);
  ASSERT_TRUE(routes_->remove("web", "").ok());
  EXPECT_EQ(served("a.example.com", "/shop/1"), "none");
  EXPECT_TRUE(store_->list("/").value().empty());
  EXPECT_EQ(routes_->remove("web", "").code(), StatusCode::kNotFound);
}

TEST_F(ProxyResourcesTest, SeveralRoutesHaveOnePath) {
  ASSERT_TRUE(routes_->create(route("any", "/")).ok());
  ASSERT_TRUE(routes_->create(route("host", "/", "a.example")).ok());
  ASSERT_TRUE(routes_->create(with_header(route("one", "/", "a.example"), "X", "1")).ok());
  ASSERT_TRUE(routes_->create(with_header(route("two", "/", "a.example"), "X", "2")).ok());
  restart();
  EXPECT_EQ(names(), "any host one two ");
  EXPECT_EQ(routes_->get("one")->route.conditions.headers.at(0).value, "1");
}

TEST_F(ProxyResourcesTest, TheFirstCallAndTheResourcesShareTheirRoutes) {
  ASSERT_TRUE(routes_->add({{"old", "/a", "http://10.0.0.1"}, {"", "/b", "http://10.0.0.1"}}).ok());
  ASSERT_TRUE(routes_->create(route("web", "/a", "h.example")).ok());
  EXPECT_EQ(routes_->get("old")->path, "/a");
  EXPECT_EQ(routes_->get("b")->path, "/b");
  EXPECT_EQ(routes_->get("/b")->path, "/b");
  EXPECT_TRUE(routes_->get("b")->is_simple);

  // Replaced and named through the resource, then replaced by path through the first call.
  ASSERT_TRUE(routes_->put("b", {"beta", "/b", "http://10.0.0.2"}, "").ok());
  EXPECT_EQ(routes_->get("beta")->origin, "http://10.0.0.2");
  ASSERT_TRUE(routes_->add({{"", "/b", "http://10.0.0.3"}}).ok());
  EXPECT_EQ(routes_->get("beta").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(routes_->get("b")->origin, "http://10.0.0.3");

  // By path it removes the route of that path for any host, and no other one.
  ASSERT_TRUE(routes_->remove({{"", "/a", ""}}).ok());
  EXPECT_EQ(names(), "web /b ");
}

TEST_F(ProxyResourcesTest, OneNameOfSeveralRoutesIsNoResource) {
  ASSERT_TRUE(routes_->add({{"n", "/a", "http://10.0.0.1"}, {"n", "/b", "http://10.0.0.1"}}).ok());
  EXPECT_EQ(routes_->get("n")->path, "/a");
  expect_refused(routes_->put("n", {"", "/c", "http://10.0.0.1"}, ""),
                 StatusCode::kFailedPrecondition, "", "by its path");
  expect_refused(routes_->remove("n", ""), StatusCode::kFailedPrecondition, "", "by its path");
  expect_refused(routes_->create(route("n", "/c")), StatusCode::kAlreadyExists, "proxy.name", "/a");
  ASSERT_TRUE(routes_->remove("/a", "").ok());
  ASSERT_TRUE(routes_->put("n", {"", "/c", "http://10.0.0.1"}, "").ok());
  EXPECT_EQ(names(), "n ");
  EXPECT_EQ(routes_->get("n")->path, "/c");
}

TEST_F(ProxyResourcesTest, WhatIsWrongIsNamed) {
  ASSERT_TRUE(routes_->create(with_header(route("web", "/", "a.example"), "X", "1")).ok());
  ASSERT_TRUE(routes_->add({{"", "/app/*a", "http://10.0.0.1"}}).ok());
  const auto invalid = StatusCode::kInvalidArgument;
  const auto exists = StatusCode::kAlreadyExists;
  const struct {
    ProxyRoute route;
    StatusCode code;
    const char* field;
    const char* text;
  } rows[] = {
      {route("a", "x"), invalid, "proxy.path", "slash"},
      {route("a", "/", "a..b"), invalid, "proxy.host", "empty label"},
      {route("a b", "/"), invalid, "proxy.name", "letters, digits"},
      {route("", "/", "a.example"), invalid, "proxy.name", "must be given"},
      {{"a", "/", "x"}, invalid, "proxy.origin", "http"},
      {{"a", "/", "http://169.254.169.254"}, invalid, "proxy.origin", "link-local"},
      {with_header(route("a", "/"), "Host", "x"), invalid, "proxy.headers[0].name", "a host"},
      {route("web", "/other"), exists, "proxy.name", "\"/\""},
      {with_header(route("b", "/", "A.example"), "x", "1"), exists, "proxy.path", "\"web\""},
      {with_header(route("b", "/", "a.example"), "Y", "1"), exists, "proxy.path",
       "same requests as \"web\""},
      {route("b", "/app/*b"), exists, "proxy.path", "\"/app/*a\""},
  };
  for (const auto& row : rows) {
    expect_refused(routes_->create(row.route), row.code, row.field, row.text);
  }
  EXPECT_EQ(names(), "web /app/*a ");
  expect_refused(routes_->put("web", route("other", "/", "a.example"), ""), invalid, "proxy.name",
                 "do not change");
  expect_refused(routes_->put("app/*a", route("", "/other"), ""), invalid, "proxy.path",
                 "to be replaced");
  expect_refused(routes_->put("none", route("", "/none"), "1"), StatusCode::kNotFound, "", "none");
}

TEST_F(ProxyResourcesTest, AnEtagGuardsAgainstAChangeThatWasNotSeen) {
  const std::string first = routes_->create(route("web", "/w"))->etag;
  ASSERT_TRUE(routes_->put("web", {"", "/w", "http://10.0.0.2"}, first).ok());
  expect_refused(routes_->put("web", {"", "/w", "http://10.0.0.3"}, first), StatusCode::kAborted,
                 "", "is at etag");
  expect_refused(routes_->remove("web", first), StatusCode::kAborted, "", "is at etag");
  EXPECT_EQ(routes_->get("web")->origin, "http://10.0.0.2");
}

TEST_F(ProxyResourcesTest, AnEtagGuardsASetToo) {
  const std::string first = routes_->create(route("web", "/w"))->etag;
  ASSERT_TRUE(routes_->put("web", {"", "/w", "http://10.0.0.2"}, first).ok());
  const std::vector<ProxyRoute> set = {route("new", "/n"), route("web", "/x")};
  expect_refused(routes_->apply(set, {"", first}, RoutePlan::Kind::Some), StatusCode::kAborted,
                 "proxies[1].etag", "is at etag");
  expect_refused(routes_->apply(set, {first, ""}, RoutePlan::Kind::Some), StatusCode::kNotFound,
                 "proxies[0].etag", "new");
  EXPECT_EQ(names(), "web ");
  EXPECT_TRUE(routes_->apply(set, {"", routes_->get("web")->etag}, RoutePlan::Kind::Some).ok());
  EXPECT_EQ(names(), "new web ");
}

TEST_F(ProxyResourcesTest, PagesAreStableWhileRoutesComeAndGo) {
  for (const char* path : {"/a", "/b", "/c", "/d", "/e"}) {
    ASSERT_TRUE(routes_->create(route(std::string("r") + (path + 1), path)).ok());
  }
  ASSERT_TRUE(routes_->create(route("c-host", "/c", "h.example")).ok());
  const auto text = [](const ProxyRoutes::Page& page) {
    std::string all;
    for (const ProxyRouteView& view : page.routes) all += view.name + " ";
    return all;
  };
  const ProxyRoutes::Page first = routes_->page("", 3);
  EXPECT_EQ(text(first), "ra rb rc ");
  ASSERT_TRUE(routes_->remove("rc", "").ok());  // the last of the page that was read
  ASSERT_TRUE(routes_->create(route("aa", "/aa")).ok());
  const ProxyRoutes::Page second = routes_->page(first.next, 3);
  EXPECT_EQ(text(second), "c-host rd re ");
  EXPECT_EQ(second.next, "");
}

TEST_F(ProxyResourcesTest, ASetIsAppliedWholeOrNotAtAll) {
  ASSERT_TRUE(routes_->create(route("keep", "/keep")).ok());
  ASSERT_TRUE(routes_->create(route("same", "/same")).ok());
  ASSERT_TRUE(routes_->create(route("moved", "/old")).ok());
  const std::string etag = routes_->get("same")->etag;
  const auto applied = routes_->apply(
      {route("same", "/same"), route("moved", "/new"), route("new", "/", "h.example")}, {},
      RoutePlan::Kind::Some);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->created, 1U);
  EXPECT_EQ(applied->replaced, 1U);
  EXPECT_EQ(applied->unchanged, 1U);
  EXPECT_EQ(applied->deleted, 0U);
  EXPECT_EQ(routes_->get("same")->etag, etag);
  EXPECT_EQ(names(), "new keep moved same ");

  expect_refused(routes_->apply({route("x", "/x"), route("y", "bad")}, {}, RoutePlan::Kind::All),
                 StatusCode::kInvalidArgument, "proxies[1].path", "slash");
  expect_refused(routes_->apply({route("x", "/x"), route("x", "/y")}, {}, RoutePlan::Kind::Some),
                 StatusCode::kAlreadyExists, "proxies[1].name", "another route here");
  expect_refused(routes_->apply({route("x", "/x"), route("y", "/x")}, {}, RoutePlan::Kind::All),
                 StatusCode::kAlreadyExists, "proxies[1].path", "same requests as \"x\"");
  EXPECT_EQ(names(), "new keep moved same ");

  const auto all =
      routes_->apply({route("same", "/same"), route("x", "/keep")}, {}, RoutePlan::Kind::All);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->unchanged, 1U);
  EXPECT_EQ(all->deleted, 2U);
  EXPECT_EQ(names(), "x same ");
  restart();
  EXPECT_EQ(names(), "x same ");
  EXPECT_EQ(routes_->apply({}, {}, RoutePlan::Kind::All)->deleted, 2U);
  EXPECT_TRUE(store_->list("/").value().empty());
}

TEST_F(ProxyResourcesTest, RoutesOfASetMayChangePlaces) {
  ASSERT_TRUE(routes_->create(route("a", "/a")).ok());
  ASSERT_TRUE(routes_->create(route("b", "/b", "h.example")).ok());
  const auto applied =
      routes_->apply({route("a", "/b", "h.example"), route("b", "/a")}, {}, RoutePlan::Kind::Some);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(served("h.example", "/b"), "a");
  EXPECT_EQ(served("x", "/a"), "b");
  restart();
  EXPECT_EQ(served("h.example", "/b"), "a");
  EXPECT_EQ(names(), "b a ");
}

TEST_F(ProxyResourcesTest, OnePathHasNoMoreRoutesThanARequestMayBeComparedWith) {
  std::vector<ProxyRoute> many;
  for (std::size_t i = 0; i <= proxy::route::kMaxRoutesOfPath; ++i) {
    const std::string number = std::to_string(i);
    many.push_back(with_header(route("r" + number, "/a"), "X", number));
  }
  expect_refused(routes_->apply(many, {}, RoutePlan::Kind::Some), StatusCode::kInvalidArgument,
                 "proxies[64].path", "as many as");
  many.pop_back();
  EXPECT_TRUE(routes_->apply(many, {}, RoutePlan::Kind::Some).ok());
}

TEST_F(ProxyResourcesTest, ManyThousandRoutesAreOneChange) {
  std::vector<ProxyRoute> many;
  for (int i = 0; i < 5000; ++i) {
    const std::string number = std::to_string(i);
    many.push_back(route("r" + number, "/t" + number, "h" + number + ".example"));
  }
  const auto applied = routes_->apply(many, {}, RoutePlan::Kind::Some);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->created, 5000U);
  std::size_t read = 0;
  std::string after;
  do {
    const ProxyRoutes::Page page = routes_->page(after, 1000);
    read += page.routes.size();
    after = page.next;
  } while (!after.empty());
  EXPECT_EQ(read, 5000U);
  EXPECT_EQ(served("h4999.example", "/t4999"), "r4999");
}

// Clients of the first call may give all their routes one name.
TEST_F(ProxyResourcesTest, OneNameOfThousandsOfRoutesCostsNothing) {
  std::vector<ProxyRoute> many;
  for (int i = 0; i < 3000; ++i) many.push_back({"n", "/t" + std::to_string(i), "http://10.0.0.1"});
  ASSERT_TRUE(routes_->add(many).ok());
  ASSERT_TRUE(routes_->add(many).ok());
  EXPECT_EQ(routes_->get("n")->path, "/t0");
  ASSERT_TRUE(routes_->remove(many).ok());
  EXPECT_EQ(routes_->get("n").status().code(), StatusCode::kNotFound);
}

TEST_F(ProxyResourcesTest, ARecordOfAnotherRouteIsSetAside) {
  ASSERT_TRUE(routes_->create(route("web", "/", "a.example")).ok());
  const std::string value = store_->get("/proxies/web")->value;
  // As a version of the agent that knows of paths only would read it: no record of the path.
  EXPECT_THAT(value, HasSubstr(R"("host":"a.example")"));
  ASSERT_TRUE(store_->commit(store::Transaction().put("/proxies/other", value)).ok());
  restart();
  EXPECT_EQ(names(), "web ");
  EXPECT_TRUE(store_->is_set_aside("/proxies/other"));
  expect_refused(routes_->create(route("other", "/x", "b.example")),
                 StatusCode::kFailedPrecondition, "", "/proxies/other");
}

}  // namespace
}  // namespace mex::routing
