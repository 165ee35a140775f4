#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/options.h"
#include "base/mutex.h"
#include "cluster/steps/cloud.h"
#include "dns/dns_provider.h"
#include "dns/dns_reconciler.h"
#include "events/recorder.h"
#include "store/store.h"

namespace mex::agent {

// Wires the DNS provider and the reconciler of this machine's names. Created, stopped and destroyed
// by the main thread.
class DnsService {
 public:
  // `options.dns` is given. FailedPrecondition without credentials names them.
  static absl::StatusOr<std::unique_ptr<DnsService>> create(const Options& options);
  DnsService(const DnsService&) = delete;
  DnsService& operator=(const DnsService&) = delete;

  dns::DnsProvider& provider() { return *provider_; }

  // Registers the names from now on, if any are to be. `cloud` is asked for this machine's floating
  // addresses; null without one.
  absl::Status start(std::shared_ptr<store::Store> store, std::shared_ptr<cluster::Cloud> cloud,
                     events::Recorder events);

  // Null before start(), and if no names are to be registered.
  dns::DnsReconciler* reconciler() const {
    const base::MutexLock lock(mutex_);
    return reconciler_.get();
  }

  // Names of the clusters' API servers, whenever they change. Before start(), too; any thread.
  void use_cluster_names(std::vector<std::string> names);

 private:
  explicit DnsService(const Options& options) : options_(options) {}
  std::vector<std::string> names() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options& options_;
  std::unique_ptr<dns::DnsProvider> provider_;
  mutable base::Mutex mutex_;
  std::vector<std::string> cluster_names_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<dns::DnsReconciler> reconciler_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::agent
