#include "api/cluster_metrics.h"

#include <gtest/gtest.h>

#include <chrono>

namespace mex::api {
namespace {

TEST(ClusterMetricsTest, SayWhenTheFirstCertificateOfEachClusterEnds) {
  cluster::ClusterView known;
  known.tenant = "t\"1";
  known.name = "c";
  known.first_certificate_end = base::WallTime(std::chrono::milliseconds(1'796'016'000'999));
  EXPECT_EQ(cluster_metrics({cluster::ClusterView(), known}),
            "# HELP mex_cluster_certificate_not_after_seconds When the first of the cluster's "
            "certificates ends, as seconds since 1970.\n"
            "# TYPE mex_cluster_certificate_not_after_seconds gauge\n"
            "mex_cluster_certificate_not_after_seconds{tenant=\"t\\\"1\",cluster=\"c\"} "
            "1796016000\n");
  known.first_certificate_end = base::WallTime{};  // its file cannot be read
  EXPECT_TRUE(cluster_metrics({known}).ends_with("} 0\n"));
  EXPECT_EQ(cluster_metrics({cluster::ClusterView()}), "");
}

}  // namespace
}  // namespace mex::api
