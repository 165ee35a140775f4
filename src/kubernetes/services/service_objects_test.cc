#include "kubernetes/services/service_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kubernetes/services/service_feeds.h"

namespace mex::kubernetes {
namespace {

using nlohmann::json;

TEST(ServiceObjectsTest, AServiceWithItsPorts) {
  const auto service = service_from_json(json::parse(R"({"metadata":{"name":"web"},"spec":{
      "clusterIP":"10.96.0.7","externalTrafficPolicy":"Local","selector":{"app":"web"},
      "ipFamilies":["IPv6","IPv4"],"ports":[
        {"name":"http","port":80,"targetPort":"web","nodePort":30080,"protocol":"TCP"},
        {"name":"dns","port":53,"protocol":"UDP"},{"name":"zero","port":0},
        {"name":"big","port":70000},{"name":"text","port":"80"},{"name":"plain","port":81}]}})"));
  ASSERT_TRUE(service.ok()) << service.status();
  EXPECT_TRUE(service->has_selector);
  EXPECT_TRUE(service->is_local_traffic);
  EXPECT_TRUE(service->prefers_ipv6);
  EXPECT_FALSE(service->is_headless);
  ASSERT_EQ(service->ports.size(), 2U);
  EXPECT_EQ(service->ports[0].node_port, 30080);
  EXPECT_EQ(service->ports[1].name, "plain");
}

TEST(ServiceObjectsTest, WhatIsLeftOutMeansReadyAndWhatTerminatesIsNot) {
  const auto slice = slice_from_json(json::parse(R"({"metadata":{"name":"s"},
      "ports":[{"name":"http","port":8080},{"name":"none"},{"name":"u","port":1,"protocol":"UDP"}],
      "endpoints":[
        {"addresses":["10.244.1.1"]},
        {"addresses":["10.244.1.2"],"conditions":{}},
        {"addresses":["10.244.1.3"],"conditions":{"ready":null,"serving":true}},
        {"addresses":["10.244.1.4"],"conditions":{"ready":true},"nodeName":"n1"},
        {"addresses":["10.244.1.5"],"conditions":{"ready":false,"serving":true}},
        {"addresses":["10.244.1.6"],"conditions":{"ready":true,"terminating":true}},
        {"addresses":["10.244.1.7","10.244.1.8"],"topology":{"kubernetes.io/hostname":"n2"}},
        {"addresses":["web.example"]},{"addresses":[]},{"addresses":[7]},{},null]})"));
  ASSERT_TRUE(slice.ok()) << slice.status();
  ASSERT_EQ(slice->ports.size(), 1U);
  ASSERT_EQ(slice->endpoints.size(), 7U);
  for (std::size_t i : {0U, 1U, 2U, 3U, 6U}) EXPECT_TRUE(slice->endpoints[i].is_ready) << i;
  for (std::size_t i : {4U, 5U}) EXPECT_FALSE(slice->endpoints[i].is_ready) << i;
  EXPECT_EQ(slice->endpoints[3].node, "n1");
  EXPECT_EQ(slice->endpoints[6].node, "n2");
  EXPECT_EQ(slice->endpoints[6].address, "10.244.1.7");
}

TEST(ServiceObjectsTest, EndpointsOfOldServers) {
  const auto slices = slices_from_endpoints(json::parse(R"({"metadata":{"name":"web"},"subsets":[
      {"addresses":[{"ip":"10.244.1.1","nodeName":"n1"}],"notReadyAddresses":[{"ip":"10.244.1.2"}],
       "ports":[{"port":8080}]},{"addresses":null},{"addresses":[{"ip":"fd00::1"}]}]})"));
  ASSERT_TRUE(slices.ok()) << slices.status();
  ASSERT_EQ(slices->size(), 3U);
  EXPECT_TRUE((*slices)[0].endpoints[0].is_ready);
  EXPECT_FALSE((*slices)[0].endpoints[1].is_ready);
  EXPECT_EQ((*slices)[2].endpoints[0].address, "fd00::1");
}

TEST(ServiceObjectsTest, WhatIsSomethingElseIsRefused) {
  for (const char* text : {"null", "[]", "7", "{}", R"({"metadata":7})",
                           R"({"metadata":{},"kind":"Pod","spec":{}})"}) {
    EXPECT_FALSE(service_from_json(json::parse(text)).ok()) << text;
    EXPECT_FALSE(slice_from_json(json::parse(text)).ok()) << text;
    EXPECT_FALSE(slices_from_endpoints(json::parse(text)).ok()) << text;
    EXPECT_FALSE(service_node_from_json(json::parse(text)).ok()) << text;
  }
  EXPECT_FALSE(slice_from_json(json::parse(R"({"metadata":{},"endpoints":{}})")).ok());
  EXPECT_TRUE(slice_from_json(json::parse(R"({"metadata":{},"endpoints":null})")).ok());
}

// What a list or an event of the given kind brings, through the feed that reads it.
template <typename Feed>
void list(Feed& feed, const std::string& items) {
  ASSERT_EQ(feed.next({}, 0).kind, ObjectFeed::Step::Kind::List);
  feed.take_page(R"({"metadata":{"resourceVersion":"5"},"items":[)" + items + "]}", {});
}

constexpr const char* kService =
    R"({"metadata":{"name":"web","namespace":"shop"},"spec":{"ports":[{"port":80}]}})";
constexpr const char* kSlice =
    R"({"metadata":{"name":"web-1","namespace":"shop","resourceVersion":"6",
        "labels":{"kubernetes.io/service-name":"web"}},
        "ports":[{"port":8080}],"endpoints":[{"addresses":["10.244.1.1"]}]})";

TEST(ServiceFeedsTest, AServiceThatOneListLacksIsStillThere) {
  ServiceFeed feed("shop", "web", {});
  list(feed, kService);
  ASSERT_TRUE(feed.service().has_value());
  feed.restart();
  list(feed, "");
  EXPECT_TRUE(feed.service().has_value());
  EXPECT_FALSE(feed.status().ok());
  EXPECT_EQ(feed.next({}, 0).kind, ObjectFeed::Step::Kind::Wait);
  list(feed, kService);
  EXPECT_TRUE(feed.status().ok());
  for (int i = 0; i < 2; ++i) {
    feed.restart();
    list(feed, "");
  }
  EXPECT_FALSE(feed.service().has_value()) << "two lists say so";
  EXPECT_TRUE(feed.status().ok());
}

TEST(ServiceFeedsTest, SlicesThatOneListLacksAreStillThere) {
  SliceFeed feed("shop", "web", {});
  list(feed, kSlice);
  feed.restart();
  list(feed, "");
  EXPECT_EQ(feed.slices().size(), 1U);
  feed.restart();
  list(feed, "");
  EXPECT_TRUE(feed.slices().empty());
}

TEST(ServiceFeedsTest, AnObjectThatWasNotAskedForMakesTheAnswerVoid) {
  SliceFeed feed("shop", "web", {});
  list(feed, kSlice);
  for (const auto& [from, to] :
       {std::pair("\"shop\"", "\"bank\""), std::pair("\"web\"", "\"db\"")}) {
    std::string other = kSlice;
    other.replace(other.find(from), std::string(from).size(), to);
    feed.restart();
    list(feed, other);
    EXPECT_FALSE(feed.status().ok()) << other;
    EXPECT_EQ(feed.slices().size(), 1U);
  }
  feed.restart();
  list(feed, kSlice);
  ASSERT_EQ(feed.next({}, 0).kind, ObjectFeed::Step::Kind::Watch);
  std::string foreign = json::parse(kSlice).dump();
  foreign.replace(foreign.find("shop"), 4, "bank");
  EXPECT_FALSE(feed.take_bytes(R"({"type":"DELETED","object":)" + foreign + "}\n").ok());
  EXPECT_EQ(feed.slices().size(), 1U);
}

TEST(ServiceFeedsTest, OldServersAreAskedForWhatTheyHave) {
  SliceFeed feed("shop", "web", {});
  const auto path = [&feed] { return feed.next({}, 0).call.path; };
  EXPECT_THAT(path(),
              ::testing::StartsWith("/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?"));
  EXPECT_THAT(path(), ::testing::HasSubstr("labelSelector=kubernetes.io%2Fservice-name%3Dweb"));
  feed.take_page(absl::NotFoundError("404"), {});
  EXPECT_THAT(path(), ::testing::StartsWith(
                          "/apis/discovery.k8s.io/v1beta1/namespaces/shop/endpointslices?"));
  feed.take_page(absl::NotFoundError("404"), {});
  EXPECT_THAT(path(), ::testing::StartsWith("/api/v1/namespaces/shop/endpoints?"));
  EXPECT_THAT(path(), ::testing::HasSubstr("fieldSelector=metadata.name%3Dweb"));
  list(feed, R"({"metadata":{"name":"web","namespace":"shop"},"subsets":[
      {"addresses":[{"ip":"10.244.1.1"}],"ports":[{"port":8080}]}]})");
  EXPECT_EQ(feed.slices().size(), 1U);
}

TEST(ServiceFeedsTest, AServerThatHasNoneOfThemIsNotAskedWithoutPause) {
  SliceFeed feed("shop", "web", {});
  int asked = 0;
  while (feed.next({}, 0).kind == ObjectFeed::Step::Kind::List) {
    ASSERT_LT(++asked, 10);
    feed.take_page(absl::NotFoundError("404"), {});
  }
  EXPECT_EQ(asked, 3);
}

// As v1beta1 does when the server is upgraded, and as any path does for a moment behind a proxy.
TEST(ServiceFeedsTest, APathThatWasThereIsGoneOnlyAfterAWhile) {
  SliceFeed feed("shop", "web", {});
  list(feed, kSlice);
  feed.restart();
  int asked = 0;
  for (std::string path; path.find("v1beta1") == path.npos;) {
    ASSERT_LT(++asked, 20);
    const ObjectFeed::Step step = feed.next({}, 0);
    if (step.kind != ObjectFeed::Step::Kind::List) continue;
    path = step.call.path;
    feed.take_page(absl::NotFoundError("404"), {});
  }
  EXPECT_GT(asked, 5);
  EXPECT_EQ(feed.slices().size(), 1U);
}

TEST(ServiceFeedsTest, NodesComeAndGo) {
  NodeFeed feed({});
  list(feed, R"({"metadata":{"name":"n1"},"status":{
      "addresses":[{"type":"InternalIP","address":"10.101.7.11"}],
      "conditions":[{"type":"Ready","status":"True"}]}},{"metadata":{"name":"n2"}})");
  ASSERT_EQ(feed.nodes().size(), 2U);
  EXPECT_TRUE(feed.nodes().at("n1").is_ready);
  EXPECT_FALSE(feed.nodes().at("n2").is_ready);
  ASSERT_EQ(feed.next({}, 0).kind, ObjectFeed::Step::Kind::Watch);
  EXPECT_TRUE(feed.take_bytes(R"({"type":"DELETED","object":{"metadata":{"name":"n2",)"
                              R"("resourceVersion":"9"}}})"
                              "\n")
                  .ok());
  EXPECT_EQ(feed.nodes().size(), 1U);
}

}  // namespace
}  // namespace mex::kubernetes
