#include "api/v1/proxy_proto.h"

#include <gtest/gtest.h>

namespace mex::api {
namespace {

TEST(ProxyProtoTest, RouteShowsItsCounters) {
  routing::ProxyRouteView view;
  view.path = "/p";
  view.counters.requests = 3;
  view.counters.status_classes[1] = 2;
  view.counters.status_classes[4] = 1;
  const auto route = to_proto(view);
  EXPECT_EQ(route.counters().requests(), 3U);
  EXPECT_EQ(route.counters().responses_2xx(), 2U);
  EXPECT_EQ(route.counters().responses_5xx(), 1U);
  EXPECT_EQ(route.path(), "/p");
}

}  // namespace
}  // namespace mex::api
