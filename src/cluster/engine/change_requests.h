#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "cluster/engine/cluster_registry.h"
#include "cluster/engine/manager_context.h"
#include "cluster/engine/request_result.h"
#include "cluster/records/change_request.h"
#include "cluster/records/operation_history.h"
#include "cluster/records/records.h"

namespace mex::cluster {

// Changes of clusters that are there, and what people do with operations. Thread-safe. No call
// waits for the cloud.
class ChangeRequests {
 public:
  // All outlive this object. `requests` lets one request begin an operation at a time.
  ChangeRequests(const ManagerContext& context, const ClusterRegistry& registry,
                 const OperationHistory& history, base::Mutex& requests);

  // Gives a worker pool another number of nodes: only those that come or go are touched. Nodes that
  // go are drained as disruption budgets allow. Already satisfied if it has that many. Nodes that
  // join, now and later, are made of what the request names. One that is kept stays wanted if it
  // fails, and is tried again ever more seldom until it is done, cancelled, or another change is
  // asked for.
  //   NotFound            no such cluster or pool
  //   InvalidArgument     names the field "count", "image", "flavor" or "key_pair"
  //   FailedPrecondition  see ClusterEngine::change; no address is left
  //   Unavailable         the store could not be written
  absl::StatusOr<RequestResult> scale(std::string_view tenant, std::string_view name,
                                      const ChangeRequest& request);
  // Gives the worker in that place another server, made of what the request names. Errors likewise;
  // Unimplemented for a master.
  absl::StatusOr<RequestResult> replace(std::string_view tenant, std::string_view name,
                                        const ChangeRequest& request);
  // Sees to it that every node renews its certificates, also those that an earlier version made:
  // puts the program for it on all of them and lets it run. Errors likewise.
  absl::StatusOr<RequestResult> renew(std::string_view tenant, std::string_view name);

  // See ClusterEngine::cancel. NotFound also if there is no such operation.
  absl::Status cancel(std::string_view operation_id);
  // Asks once more for what a scale, a replacement or a renewal has asked for that failed or was
  // cancelled.
  //   NotFound            there is no such operation
  //   FailedPrecondition  it has not failed, something else was asked for of its cluster since
  //                       (repairs that the agent began do not count), or it is of a kind that is
  //                       asked for in another way, which is named
  // and the errors of that request.
  absl::StatusOr<RequestResult> retry(std::string_view operation_id);

 private:
  using Edit = ClusterEngine::Edit;

  absl::StatusOr<ClusterRegistry::Engine> find(std::string_view tenant,
                                               std::string_view name) const;
  absl::StatusOr<OperationView> latest_request(std::string_view operation_id) const;
  absl::StatusOr<RequestResult> change(std::string_view tenant, std::string_view name,
                                       OperationKind kind, std::string subject,
                                       std::optional<ChangeRequest> request, const Edit& edit);

  const ManagerContext& context_;
  const ClusterRegistry& registry_;
  const OperationHistory& history_;
  base::Mutex& requests_;
};

}  // namespace mex::cluster
