#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cluster/engine/cluster_registry.h"
#include "cluster/engine/manager_context.h"
#include "cluster/engine/request_result.h"
#include "cluster/flavor/address_pool.h"
#include "cluster/flavor/catalog.h"
#include "cluster/records/operation_history.h"
#include "cluster/records/records.h"
#include "cluster/spec/admission.h"
#include "cluster/spec/cluster_secrets.h"
#include "cluster/spec/request.h"
#include "cluster/spec/spec.h"

namespace mex::cluster {

// How one request for a cluster is met.
struct CreateDecision {
  RequestResult result;
  std::optional<NewOperation> operation;          // to be stored and begun; none if there is one
  std::shared_ptr<const ClusterSecrets> secrets;  // of a new managed cluster
  ClusterRegistry::Engine failed;  // the cluster it is another attempt at; null for a new one
  // Address keys that this attempt holds and the failed one did not, and the other way round.
  std::vector<std::string> claimed{};
  std::vector<std::string> released{};
};

// Decides how lists of requests for clusters are met. Reads the registry; changes nothing.
class CreateRequests {
 public:
  // What can be prepared of one request without a lock: each request is admitted once.
  struct Prepared {
    std::shared_ptr<const FlavorSet> flavors;         // against which it was admitted
    std::optional<absl::StatusOr<ClusterSpec>> spec;  // none for a cluster that exists
    std::shared_ptr<const ClusterSecrets> secrets;    // of a new managed cluster
  };

  // All outlive this object.
  CreateRequests(const ManagerContext& context, AddressPool pool, const FlavorCatalog& flavors,
                 const ClusterRegistry& registry, const OperationHistory& history);

  // Keys take a while to make, so this is called before anything is locked.
  std::vector<Prepared> prepare(const std::vector<ClusterRequest>& requests) const;

  // All of the list or an error; see Manager::create. The caller lets no other request begin an
  // operation until it has stored and begun these.
  absl::StatusOr<std::vector<CreateDecision>> decide(const std::vector<ClusterRequest>& requests,
                                                     std::vector<Prepared> prepared) const;

 private:
  absl::StatusOr<CreateDecision> decide_new(const ClusterRequest& request,
                                            const std::string& prefix, Prepared prepared,
                                            std::set<std::string>& taken) const;
  absl::StatusOr<CreateDecision> decide_existing(const ClusterRegistry::Engine& engine,
                                                 const ClusterRequest& request,
                                                 const std::string& prefix,
                                                 std::set<std::string>& taken) const;
  absl::StatusOr<CreateDecision> decide_retry(const ClusterRegistry::Engine& engine,
                                              const ClusterRecord& failed,
                                              const ClusterRequest& request,
                                              const std::string& prefix,
                                              std::set<std::string>& taken) const;
  // Addresses that neither `taken` nor the host's routes nor `refused` have, and that `taken` has
  // afterwards.
  absl::Status assign(ClusterSpec& spec, const AdmissionRules& rules,
                      const std::vector<std::string>& refused, const std::string& prefix,
                      std::set<std::string>& taken) const;
  absl::StatusOr<CreateDecision> begin_new(ClusterSpec spec,
                                           std::shared_ptr<const ClusterSecrets> secrets) const;
  AdmissionRules rules(const FlavorSet& flavors) const;

  const ManagerContext& context_;
  const AddressPool pool_;
  const FlavorCatalog& flavors_;
  const ClusterRegistry& registry_;
  const OperationHistory& history_;
};

// "provisions[2]"
std::string field_prefix(std::size_t index);

}  // namespace mex::cluster
