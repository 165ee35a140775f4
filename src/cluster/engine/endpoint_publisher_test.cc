#include "cluster/engine/endpoint_publisher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace mex::cluster {
namespace {

TEST(EndpointPublisherTest, PublishesWhatIsThereAtThatMoment) {
  base::ThreadPool pool(1);
  std::vector<std::vector<ClusterEndpoints>> published;
  ClusterEndpoints one;
  one.cluster_id = "c1";
  EndpointPublisher publisher(
      pool, [&] { return std::vector<ClusterEndpoints>{one}; },
      [&](const auto& endpoints) { published.push_back(endpoints); });
  publisher.publish();
  one.cluster_id = "c2";
  publisher.publish();
  ASSERT_EQ(published.size(), 2U);
  EXPECT_EQ(published[0].front().cluster_id, "c1");
  EXPECT_EQ(published[1].front().cluster_id, "c2");
}

TEST(EndpointPublisherTest, OnePublishingIsEnoughForManyRequests) {
  base::ThreadPool pool(1);
  std::promise<void> may_resume;
  pool.submit([&](const auto&) { may_resume.get_future().wait(); });
  std::atomic<int> count = 0;
  EndpointPublisher publisher(
      pool, [] { return std::vector<ClusterEndpoints>(); }, [&](const auto&) { ++count; });
  for (int i = 0; i < 10; ++i) publisher.request();
  may_resume.set_value();
  std::promise<void> is_done;
  pool.submit([&](const auto&) { is_done.set_value(); });
  is_done.get_future().wait();
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace mex::cluster
