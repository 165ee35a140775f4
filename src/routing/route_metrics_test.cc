#include "routing/route_metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/temporary_directory.h"
#include "net/origin_policy.h"
#include "proxy/control.h"
#include "store/sqlite_store.h"

namespace mex::routing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RouteMetricsTest : public ::testing::Test {
 protected:
  void put(const std::string& name, ProxyRoute route) {
    const auto done = routes_.put(name, std::move(route), "");
    ASSERT_TRUE(done.ok()) << done.status();
  }
  // As the shard that serves it does.
  void count(const std::string& id, int times, int status = 200) {
    for (const ProxyRoutes::Active& each : routes_.active()) {
      if (each.id != id) continue;
      for (int i = 0; i < times; ++i) {
        each.route->counters().slab(0).request_ended(status, std::chrono::milliseconds(20));
      }
      return;
    }
    FAIL() << "no route " << id;
  }

  base::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_ = store::open_sqlite_store(directory_.path()).value();
  net::OriginPolicy policy_;
  proxy::Control control_{1, {}, policy_};
  ProxyRoutes routes_{*store_, &control_, policy_, base::system_clock()};
  RouteMetrics metrics_{routes_, base::system_clock()};
};

TEST_F(RouteMetricsTest, NothingIsSaidBeforeTheFirstRequest) {
  put("shop", {"", "/shop", "http://10.0.0.1"});
  EXPECT_EQ(metrics_.text(), "");
}

TEST_F(RouteMetricsTest, TellsRequestsAndHowLongTheyTook) {
  put("shop", {"", "/shop", "http://10.0.0.1"});
  count("/shop", 3);
  count("/shop", 1, 502);
  const std::string text = metrics_.text();
  for (const char* line :
       {"# TYPE mex_route_requests_total counter\n",
        "mex_route_requests_total{route=\"shop\",host=\"\",path=\"/shop\",class=\"2xx\"} 3\n",
        "mex_route_requests_total{route=\"shop\",host=\"\",path=\"/shop\",class=\"5xx\"} 1\n",
        "# TYPE mex_route_request_seconds histogram\n",
        "mex_route_request_seconds_bucket{route=\"shop\",host=\"\",path=\"/shop\",le=\"0.01\"} 0\n",
        "mex_route_request_seconds_bucket{route=\"shop\",host=\"\",path=\"/shop\",le=\"0.025\"} "
        "4\n",
        "mex_route_request_seconds_bucket{route=\"shop\",host=\"\",path=\"/shop\",le=\"+Inf\"} 4\n",
        "mex_route_request_seconds_sum{route=\"shop\",host=\"\",path=\"/shop\"} 0.08\n",
        "mex_route_request_seconds_count{route=\"shop\",host=\"\",path=\"/shop\"} 4\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("mex_origin_")));
}

TEST_F(RouteMetricsTest, TellsOfEachOriginOfASet) {
  ProxyRoute route{"", "/shop", ""};
  route.origin_set.origins = {{"http://10.0.0.1", 1, ""}, {"http://10.0.0.2", 1, ""}};
  put("shop", route);
  count("/shop", 1);
  const std::string text = metrics_.text();
  for (const char* origin : {"http://10.0.0.1", "http://10.0.0.2"}) {
    const std::string labels =
        fmt::format("{{route=\"shop\",host=\"\",path=\"/shop\",origin=\"{}\"}}", origin);
    EXPECT_THAT(text, HasSubstr("mex_origin_up" + labels + " 1\n"));
    EXPECT_THAT(text, HasSubstr("mex_origin_requests_under_way" + labels + " 0\n"));
  }
}

TEST_F(RouteMetricsTest, ARouteThatIsGoneHasNoSeries) {
  put("shop", {"", "/shop", "http://10.0.0.1"});
  count("/shop", 1);
  EXPECT_THAT(metrics_.text(), HasSubstr("shop"));
  ASSERT_TRUE(routes_.remove("shop", "").ok());
  EXPECT_EQ(metrics_.text(), "");
}

TEST_F(RouteMetricsTest, AnyTextIsALabel) {
  ASSERT_TRUE(routes_.add({{"a \"name\"\n\\", "/x", "http://10.0.0.1"}}).ok());
  count("/x", 1);
  EXPECT_THAT(metrics_.text(), HasSubstr(R"({route="a \"name\"\n\\",host="",path="/x")"));
}

// The busiest at first; then those that have series keep them.
TEST_F(RouteMetricsTest, SoManyRoutesHaveSeriesAndNoMore) {
  const int many = static_cast<int>(RouteMetrics::kMaxRoutes) + 10;
  std::vector<ProxyRoute> all;
  for (int i = 0; i < many; ++i) all.push_back({"", fmt::format("/r{:03}", i), "http://10.0.0.1"});
  ASSERT_TRUE(routes_.add(all).ok());
  for (int i = 0; i < many; ++i) count(fmt::format("/r{:03}", i), i < 10 ? 1 : 2);
  const auto is_shown = [this](const std::string& path) {
    return metrics_.text().find("path=\"" + path + "\"") != std::string::npos;
  };
  EXPECT_FALSE(is_shown("/r000"));
  EXPECT_TRUE(is_shown("/r010"));
  EXPECT_TRUE(is_shown("/r209"));
  count("/r000", 100);
  EXPECT_FALSE(is_shown("/r000"));
  ASSERT_TRUE(routes_.remove({{"", "/r209", ""}}).ok());
  EXPECT_TRUE(is_shown("/r000"));
}

}  // namespace
}  // namespace mex::routing
