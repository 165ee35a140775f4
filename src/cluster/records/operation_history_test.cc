#include "cluster/records/operation_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

OperationRecord operation(std::string id) {
  OperationRecord record;
  record.id = std::move(id);
  return record;
}

TEST(OperationHistory, ForgetsTheOldestAndSaysSo) {
  OperationHistory history(2);
  EXPECT_THAT(history.add(operation("a")), IsEmpty());
  EXPECT_THAT(history.add(operation("b")), IsEmpty());
  EXPECT_THAT(history.add(operation("c")), ElementsAre("a"));
  EXPECT_EQ(history.all().size(), 2U);
  EXPECT_FALSE(history.find("a"));
  EXPECT_EQ(history.find("c")->id, "c");
}

}  // namespace
}  // namespace mex::cluster
