#include <gtest/gtest.h>

#include "base/status.h"
#include "cluster/steps/cloud_fixture.h"

// What is looked for of a cluster before anything of it is removed.
namespace mex::cluster {
namespace {

class InventoryOfAClusterTest : public CloudTest {};

// The symptom: a destroy while a cell is down ends, and the servers stay.
TEST_F(InventoryOfAClusterTest, AServerOfACellThatIsDownIsNeitherGoneNorSomeoneElses) {
  const ResourceKey server{ResourceKind::Server, "worker-1"};
  resources_[server] = "s";
  answer(
      "GET /compute/v2.1/servers/detail?tags=mex%3Aagent%3Dag3ntid1%2Cmex%3Acluster%3Dk3v9x2ab"
      "&limit=500",
      R"({"servers": []})");
  answer("GET /compute/v2.1/servers/s", R"({"server": {"id": "s", "status": "UNKNOWN"}})");
  const absl::Status status = refused(FindOwned{ResourceKind::Server});
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(base::detail_of(status).cloud_code, "CellDown");
}

}  // namespace
}  // namespace mex::cluster
