#include "api/cluster_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mex::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ClusterMetrics, TellHowOldTheOldestObservationIs) {
  const std::string text = cluster_metrics(
      {.oldest = {.servers = milliseconds(61'999),
                  .api_servers = seconds(7200),
                  .silent_api_servers = 3},
       .sweeps = {{{.under_way = 1, .waiting = 0}, {.under_way = 2, .waiting = 5}, {}}}});
  for (const char* line :
       {"mex_cluster_observation_age_seconds{of=\"servers\"} 61\n",
        "mex_cluster_observation_age_seconds{of=\"api_servers\"} 7200\n",
        "mex_cluster_silent_api_servers 3\n", "mex_cluster_api_server_sweeps{lane=\"awaited\"} 1\n",
        "mex_cluster_api_server_sweeps{lane=\"regular\"} 2\n",
        "mex_cluster_api_server_sweeps{lane=\"silent\"} 0\n",
        "mex_cluster_api_server_sweeps_waiting{lane=\"regular\"} 5\n"}) {
    EXPECT_THAT(text, testing::HasSubstr(line));
  }
}

TEST(ClusterMetrics, SayWhenTheFirstCertificateOfEachClusterEnds) {
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
