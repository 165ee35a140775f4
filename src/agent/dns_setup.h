#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/options.h"
#include "cluster/steps/cloud.h"
#include "dns/dns_provider.h"
#include "dns/dns_reconciler.h"
#include "events/recorder.h"
#include "store/store.h"

namespace mex::agent {

// Who holds the zones, and what leads to this machine there. Made, stopped and destroyed by the
// main thread.
class DnsSetup {
 public:
  // `options.dns` is given. FailedPrecondition without credentials, with what they are called.
  static absl::StatusOr<std::unique_ptr<DnsSetup>> open(const Options& options);
  DnsSetup(const DnsSetup&) = delete;
  DnsSetup& operator=(const DnsSetup&) = delete;

  dns::DnsProvider& provider() { return *provider_; }

  // Registers the names from now on, if any are to be. `cloud` is asked for this machine's floating
  // addresses; null without one.
  absl::Status start(std::shared_ptr<store::Store> store, std::shared_ptr<cluster::Cloud> cloud,
                     events::Recorder events);

  // Null before start(), and if no names are to be registered.
  dns::DnsReconciler* registrations() const { return registrations_.get(); }

  // Names of the clusters' API servers, whenever they change. Before start(), too; any thread.
  void use_cluster_names(std::vector<std::string> names);

 private:
  explicit DnsSetup(const Options& options) : options_(options) {}
  std::vector<std::string> names_locked() const;

  const Options& options_;
  std::unique_ptr<dns::DnsProvider> provider_;
  std::mutex mutex_;
  std::vector<std::string> cluster_names_;
  std::unique_ptr<dns::DnsReconciler> registrations_;
};

}  // namespace mex::agent
