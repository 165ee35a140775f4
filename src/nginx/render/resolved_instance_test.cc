#include "nginx/render/resolved_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <type_traits>

#include "nginx/model/stored_instance.h"
#include "nginx/render/configuration.h"
#include "nginx/render/deployment.h"

namespace mex::nginx {
namespace {

using ::testing::ElementsAre;

// An instance that is not resolved cannot be rendered, and a resolved one cannot be stored.
static_assert(!std::is_convertible_v<Instance, ResolvedInstance>);
static_assert(!std::is_convertible_v<ResolvedInstance, Instance>);
static_assert(
    !std::is_assignable_v<decltype((std::declval<StoredInstance&>().instance)), ResolvedInstance>);
static_assert(std::is_invocable_v<decltype(render_deployment), ResolvedInstance, RenderContext>);
static_assert(!std::is_invocable_v<decltype(render_deployment), Instance, RenderContext>);
static_assert(!std::is_invocable_v<decltype(render_configuration), Instance, RenderContext,
                                   FileNames, char*>);

TEST(ResolvedOriginTest, HasTheAddressesOfItsName) {
  ResolvedOrigin origin{.origin = {.host = "svc.example", .port = 80}};
  EXPECT_THAT(origin.hosts(), ElementsAre("svc.example"));
  origin.addresses = {"10.2.0.1", "10.2.0.2"};
  EXPECT_THAT(origin.hosts(), ElementsAre("10.2.0.1", "10.2.0.2"));
}

}  // namespace
}  // namespace mex::nginx
