#include "cluster/engine/cloud_executor.h"

#include <stop_token>
#include <string>
#include <utility>

#include "base/status.h"
#include "cluster/steps/perform.h"

namespace mex::cluster {

CloudExecutor::CloudExecutor(Cloud* cloud, absl::Status cloud_problem, base::ThreadPool& pool,
                             base::Clock& clock, std::chrono::milliseconds limit)
    : cloud_(cloud),
      cloud_problem_(std::move(cloud_problem)),
      pool_(pool),
      clock_(clock),
      limit_(limit) {}

void CloudExecutor::execute(Attempt attempt, Done done) {
  pool_.submit(
      [this, attempt = std::move(attempt), done = std::move(done)](const std::stop_token& stop) {
        Outcome outcome;
        if (cloud_ == nullptr) {
          outcome.status =
              base::with_detail(absl::UnavailableError(cloud_problem_.message()),
                                {.field = {}, .request_id = {}, .cloud_code = kCloudNotConfigured});
        } else {
          const openstack::CallContext call{{clock_.steady_now() + limit_, stop}};
          outcome = perform(*cloud_, attempt, call);
        }
        if (!stop.stop_requested()) done(outcome);
      });
}

}  // namespace mex::cluster
