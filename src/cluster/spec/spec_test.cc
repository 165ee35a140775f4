#include "cluster/spec/spec.h"

#include <gtest/gtest.h>

#include <optional>

namespace mex::cluster {
namespace {

TEST(NodeSlots, HaveTheNumberOfANodeInItsGroup) {
  EXPECT_EQ(node_number(node_slot("worker", 12), "worker"), 12);
  for (const char* none : {"worker", "worker-", "worker-0", "worker--1", "worker-1x", "worker-1-2",
                           "workers-1", "master-1", "", "worker-99999999999"}) {
    EXPECT_EQ(node_number(none, "worker"), std::nullopt) << none;
  }
  EXPECT_EQ(node_number("worker-1-2", "worker-1"), 2) << "a group may be named like a node";
}

}  // namespace
}  // namespace mex::cluster
