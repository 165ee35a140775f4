#include "api/legacy/legacy_proto.h"

#include <gtest/gtest.h>

namespace mex::api {
namespace {

TEST(LegacyProtoTest, ReasonIsOneLineInTheFirstApi) {
  cluster::ClusterView view;
  view.phase = cluster::ClusterPhase::Active;
  EXPECT_EQ(to_provision(view).reason(), "");
  EXPECT_EQ(to_provision(view).state(), "ACTIVE");
  view.reason = {"no image", "ImageNotFound", "req-1", "name another", {}};
  EXPECT_EQ(to_provision(view).reason(), "no image (req-1); name another");
  view.reason.message = "no image, says req-1";
  EXPECT_EQ(to_provision(view).reason(), "no image, says req-1; name another");
}

TEST(LegacyProtoTest, RouteHasItsPath) {
  routing::ProxyRouteView view;
  view.path = "/p";
  EXPECT_EQ(to_proxy(view).path(), "/p");
}

}  // namespace
}  // namespace mex::api
