#include "cluster/engine/endpoint_publisher.h"

#include <utility>

namespace mex::cluster {

EndpointPublisher::EndpointPublisher(base::ThreadPool& pool, Collect collect, Publish publish)
    : pool_(pool), collect_(std::move(collect)), publish_(std::move(publish)) {}

// One publishing is enough for all requests that come before it begins.
void EndpointPublisher::request() {
  if (is_requested_.exchange(true)) return;
  pool_.submit([this](const auto&) { publish(); });
}

void EndpointPublisher::publish() {
  if (!publish_) return;
  const base::MutexLock lock(publishing_);
  is_requested_ = false;
  publish_(collect_());
}

}  // namespace mex::cluster
