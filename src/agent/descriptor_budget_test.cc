#include "agent/descriptor_budget.h"

#include <gtest/gtest.h>

namespace mex::agent {
namespace {

TEST(DescriptorBudgetTest, NoPlaneCanTakeWhatIsAnothers) {
  for (std::size_t limit = kMinDescriptors; limit < (4U << 20U); limit += 1 + limit / 7) {
    const DescriptorBudget budget = share_descriptors(limit);
    EXPECT_LE(budget.sum(), limit);
    for (const std::size_t part : {budget.control, budget.proxy, budget.origins, budget.passthrough,
                                   budget.rest, budget.rest_probes, budget.grpc, budget.http}) {
      EXPECT_GE(part, 16U) << limit;
    }
    EXPECT_GE(budget.control, std::min<std::size_t>(limit / 4, 8192));
  }
}

TEST(DescriptorBudgetTest, TheShardsTogetherHaveNoMoreThanTheirPlane) {
  for (const std::size_t shards : {1U, 2U, 7U, 64U}) {
    const DescriptorBudget budget = share_descriptors(20'000);
    const server::ConnectionLimits limits = proxy_limits(budget, shards, 0);
    EXPECT_LE(shards * limits.connections, budget.proxy);
    EXPECT_LE(shards * limits.intercepted, budget.passthrough);
    EXPECT_LE(shards * proxy_options(budget, shards).max_origin_connections, budget.origins);
    EXPECT_LE(2 * limits.client_intercepted, limits.intercepted);
    EXPECT_LT(limits.client_requests, limits.client_connections);
    EXPECT_LT(limits.client_handshakes, limits.client_connections);
  }
}

TEST(DescriptorBudgetTest, OneClientHasHalfUnlessMoreIsAskedFor) {
  const DescriptorBudget budget = share_descriptors(20'000);
  EXPECT_EQ(rest_limits(budget, 0).client_connections, budget.rest / 2);
  EXPECT_EQ(rest_limits(budget, 1000).client_connections, 1000U);
  EXPECT_EQ(proxy_limits(budget, 2, 1000).client_connections, 500U);
  EXPECT_EQ(rest_limits(budget, 0).probes, budget.rest_probes);
}

TEST(DescriptorBudgetTest, TooSmallALimitIsTakenForTheSmallestThatWorks) {
  EXPECT_EQ(share_descriptors(3).sum(), share_descriptors(kMinDescriptors).sum());
}

}  // namespace
}  // namespace mex::agent
