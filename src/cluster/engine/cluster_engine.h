#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/secret.h"
#include "cluster/audit/audited_cluster.h"
#include "cluster/engine/cluster_certificates.h"
#include "cluster/engine/cluster_credentials.h"
#include "cluster/engine/cluster_endpoints.h"
#include "cluster/engine/cluster_events.h"
#include "cluster/engine/cluster_records.h"
#include "cluster/engine/engine_context.h"
#include "cluster/engine/operation_machine.h"
#include "cluster/engine/serialized_calls.h"
#include "cluster/engine/unasked_repairs.h"
#include "cluster/health/conditions.h"
#include "cluster/observation/certificate_reader.h"
#include "cluster/observation/cluster_observations.h"
#include "cluster/observation/console_reader.h"
#include "cluster/observation/kubernetes_monitor.h"
#include "cluster/observation/server_observer.h"
#include "cluster/records/records.h"
#include "cluster/records/views.h"

namespace mex::cluster {

// One cluster: its records, the machine that runs its operations, and what was observed of it,
// under one mutex, which is never held during a call to the cloud. Thread-safe.
//
// Lock order: the manager's mutex, this one, then those of the monitor, the timers, the watch and
// the store.
class ClusterEngine final : public ServerObserver,
                            public KubernetesObserver,
                            public AuditedCluster,
                            public std::enable_shared_from_this<ClusterEngine> {
 public:
  // The records must be in the store already.
  ClusterEngine(EngineContext& context, ClusterRecord cluster, OperationRecord operation,
                ClusterCredentials::Secrets secrets);

  // Begins the operation, or goes on with it after a restart. After its end, the cluster is
  // watched, from `pause` on. Nothing happens if another call has begun an operation meanwhile.
  void start(std::chrono::milliseconds pause = std::chrono::milliseconds(0));

  // Another create of a failed cluster with `spec` (addresses as before), which goes on from what
  // is there. The caller commits what prepare_retry() gives, then calls retry(); between the two
  // it lets no one else begin an operation. FailedPrecondition if the cluster has not failed.
  absl::StatusOr<NewOperation> prepare_retry(ClusterSpec spec) const;
  void retry(NewOperation committed);

  // An operation that was begun, or the one that makes it unnecessary.
  struct BegunOperation {
    std::string id;
    bool already_satisfied = false;
  };
  // Begins to make a changed record true: `edit` gives it, from the one it is given. The latest
  // operation, already satisfied, if there is nothing to do.
  //   FailedPrecondition  the cluster is not there yet, goes away or is being changed (names the
  //                       operation), or is unmanaged
  //   Unavailable         the store could not be written
  // and the errors of `edit`.
  using Edit = std::function<absl::StatusOr<ClusterRecord>(const ClusterRecord&)>;
  // `request`: what was asked for, for another attempt.
  absl::StatusOr<BegunOperation> change(OperationKind kind, std::string subject,
                                        std::optional<ChangeRequest> request, const Edit& edit);
  // The running operation of that id ends as soon as no call of it is under way: a create as
  // failed, a change with what was wanted before it. Already requested: OK.
  //   NotFound            it is not the latest of this cluster
  //   FailedPrecondition  it has ended, or is a destroy
  //   Unavailable         the store could not be written
  absl::Status cancel(std::string_view operation_id);
  // Cancels a running create and begins to destroy. Already satisfied if that is under way.
  absl::StatusOr<BegunOperation> destroy();

  const std::string& id() const { return id_; }
  // Destroyed: its records are gone from the store, and its name and addresses are free.
  bool is_destroyed() const;
  ClusterRecord record() const;
  ClusterView view() const;
  std::vector<OperationView> operations() const;  // the running or latest one, and a waiting one
  std::optional<ClusterEndpoints> endpoints() const;
  absl::StatusOr<base::Secret> kubeconfig() const;  // see Manager
  absl::StatusOr<ApiServerLogin> api_server_login();

  // ServerObserver
  std::vector<ExpectedServer> expected_servers() const override;
  bool observe(const ServerSweep& sweep) override;
  SweepInterest act_on_observations() override;

  // AuditedCluster
  std::vector<ExpectedResource> expected_resources() override;
  bool audit(const ProjectInventory& seen) override;

  // KubernetesObserver
  std::optional<absl::StatusOr<std::shared_ptr<kubernetes::Client>>> api_server() override;
  std::optional<NextSweep> observe_kubernetes(KubernetesSweep sweep) override;

 private:
  OperationHooks make_hooks();
  void read_what_is_due() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void request_kubernetes_sweep(std::chrono::milliseconds pause)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void persist_changes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  EngineContext& context_;
  const std::string id_;
  mutable base::Mutex mutex_;
  KubernetesMonitor monitor_;
  ConsoleReader consoles_;
  SerializedCalls calls_;
  ClusterRecords records_ ABSL_GUARDED_BY(mutex_);
  ClusterCredentials credentials_ ABSL_GUARDED_BY(mutex_);
  ClusterEvents events_ ABSL_GUARDED_BY(mutex_);
  OperationMachine machine_ ABSL_GUARDED_BY(mutex_);
  ClusterObservations observed_ ABSL_GUARDED_BY(mutex_);
  ClusterCertificates certificates_ ABSL_GUARDED_BY(mutex_);
  CertificateReader handshakes_;
  UnaskedRepairs repairs_ ABSL_GUARDED_BY(mutex_);
  bool has_begun_ ABSL_GUARDED_BY(mutex_) = false;  // an operation, in this process
};

}  // namespace mex::cluster
