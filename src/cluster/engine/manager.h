#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "base/thread_pool.h"
#include "cluster/engine/cluster_endpoints.h"
#include "cluster/engine/engine_context.h"
#include "cluster/engine/manager_context.h"
#include "cluster/engine/request_result.h"
#include "cluster/engine/step_threads.h"
#include "cluster/flavor/address_pool.h"
#include "cluster/flavor/catalog.h"
#include "cluster/observation/observation_resources.h"
#include "cluster/observation/observation_stats.h"
#include "cluster/observation/timer_thread.h"
#include "cluster/records/operation_history.h"
#include "cluster/records/records.h"
#include "cluster/records/views.h"
#include "cluster/spec/request.h"
#include "cluster/steps/api_server_access.h"

namespace mex::cluster {

class ChangeRequests;
class ClusterEngine;
class ClusterRegistry;
struct CreateDecision;
class CreateRequests;
class EndpointPublisher;
class Auditor;
struct AuditResources;
class ServerWatch;

// The clusters of this agent: requests, views, and what the clusters' engines share. Thread-safe.
// No call waits for the cloud: create and destroy return when the request is durably stored, the
// rest reads what the engines know at that moment.
class Manager {
 public:
  // Reads the store and goes on with the operations that a previous process left open. Records that
  // cannot be read are set aside: their clusters are answered with FailedPrecondition, which names
  // the record, their names and addresses stay given, and what is theirs in the cloud is left
  // alone.
  static absl::StatusOr<std::unique_ptr<Manager>> open(ManagerContext context);

  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  // Same as stop().
  ~Manager();

  // All or nothing: on error no cluster of the list is stored.
  //   InvalidArgument    names the field: "provisions[0].name: …"
  //   AlreadyExists      a cluster of that name exists with other properties; names the first one
  //   FailedPrecondition no OpenStack is configured (names the variables), the cluster is being
  //                      destroyed, or an address is taken by another cluster
  //   ResourceExhausted  the address pool is used up
  //   Unavailable        the store could not be written, or stop() was called
  // A request equal to that of a live cluster is already satisfied; one for a failed cluster starts
  // a new attempt that goes on from what is there.
  absl::StatusOr<std::vector<RequestResult>> create(const std::vector<ClusterRequest>& requests);

  // Only `tenant` and `name` matter. What does not exist is already satisfied. A running create is
  // cancelled first. Always accepted for a known cluster. When the store fails (Unavailable), the
  // clusters before the failing one are accepted; sending the list again is safe.
  absl::StatusOr<std::vector<RequestResult>> destroy(const std::vector<ClusterRequest>& requests);

  // Changes of clusters that are there. As long as the manager.
  ChangeRequests& changes();

  // Sorted by tenant and name. An empty tenant means all of them.
  std::vector<ClusterView> clusters(std::string_view tenant) const;
  // NotFound if there is none.
  absl::StatusOr<ClusterView> cluster(std::string_view tenant, std::string_view name) const;

  // For its tenant's administrator, with credentials: not to be logged or kept.
  //   NotFound            there is no such cluster
  //   FailedPrecondition  it cannot be reached from outside, has no server for its API server yet
  //                       or no longer, or the agent has no keys of it; says why
  //   DataLoss            its keys do not open
  absl::StatusOr<base::Secret> kubeconfig(std::string_view tenant, std::string_view name) const;

  // How the API of the cluster is called by the agent itself, with its own key.
  //   NotFound            there is no such cluster, or it is being destroyed
  //   FailedPrecondition  it has no API server yet, or the agent has no keys of it; says why
  //   DataLoss            its keys do not open
  absl::StatusOr<ApiServerLogin> api_server_login(std::string_view tenant,
                                                  std::string_view name) const;

  // Newest first: all that run and the latest ended ones.
  std::vector<OperationView> operations() const;
  // NotFound if it is unknown or forgotten.
  absl::StatusOr<OperationView> operation(std::string_view id) const;

  // What create() takes `kind` from; flavors are made and replaced there. As long as the manager.
  FlavorCatalog& flavors();
  const FlavorCatalog& flavors() const;
  // FailedPrecondition if clusters were made from it (names up to three) or it is built in;
  // NotFound, Unavailable.
  absl::Status delete_flavor(std::string_view name);

  // Whether create() can work now; otherwise why not. For readiness and status pages.
  absl::Status cloud_configured() const;

  // Audits of all clusters, and what belongs to none; null if no OpenStack is configured. As long
  // as the manager.
  Auditor* auditor() const;
  // How old what is known of clusters is, and how much of the observing is under way.
  ObservationStats observation_stats() const;

  // Discards a record of the store that is set aside, on a person's request. With that of a cluster
  // goes what is kept for it: its name, addresses and secrets; nothing in the cloud is touched.
  // NotFound if no record of that key is set aside; Unavailable.
  absl::Status discard_unreadable(std::string_view key);

  // Ends the engine's threads within a fraction of a second: calls in flight are given up.
  // Operations stay open in the store, as after a crash, and the next process goes on with them.
  void stop();

 private:
  Manager(ManagerContext context, AddressPool pool, std::unique_ptr<FlavorCatalog> flavors,
          std::string agent_id);

  absl::Status load();
  absl::StatusOr<std::shared_ptr<ClusterEngine>> find(std::string_view tenant,
                                                      std::string_view name) const;
  RequestResult begin(CreateDecision decision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(requests_);
  void forget(const std::string& cluster_id);

  const ManagerContext context_;
  const std::unique_ptr<FlavorCatalog> flavors_;
  OperationHistory history_;
  TimerThread timer_;
  base::ThreadPool threads_;
  ObservationResources observation_;
  StepThreads steps_;
  EngineContext engine_context_;
  const std::unique_ptr<ClusterRegistry> registry_;
  const std::unique_ptr<CreateRequests> create_requests_;
  const std::unique_ptr<ChangeRequests> changes_;
  const std::unique_ptr<EndpointPublisher> publisher_;
  const std::unique_ptr<ServerWatch> watch_;      // null without a cloud
  const std::unique_ptr<AuditResources> audits_;  // null without a cloud
  // Lets one request begin an operation at a time, and keeps a flavor from being deleted while a
  // cluster is made from it. Taken before every engine's mutex.
  base::Mutex requests_;
};

}  // namespace mex::cluster
