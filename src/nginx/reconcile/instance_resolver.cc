#include "nginx/reconcile/instance_resolver.h"

#include <utility>

#include "base/status.h"
#include "nginx/model/instance_check.h"

namespace mex::nginx {
namespace {

// check() allows no origins at the port of a cluster: its masters come and go.
const std::vector<Origin>& origins_of(const ResolvedInstance& instance, const Port& port) {
  return instance.desired.leads_to_cluster() ? instance.api.masters : port.origins;
}

}  // namespace

absl::StatusOr<ClusterApi> InstanceResolver::cluster_api(const ClusterName& cluster) const {
  if (!context_.cluster_api) return absl::NotFoundError("this agent has no clusters");
  MEX_ASSIGN_OR_RETURN(ClusterApi api, context_.cluster_api(cluster));
  MEX_RETURN_IF_ERROR(check(api));
  return api;
}

absl::StatusOr<ResolvedInstance> InstanceResolver::without_origins(const Instance& instance) const {
  ResolvedInstance resolved;
  resolved.desired = instance;
  if (instance.leads_to_cluster()) {
    MEX_ASSIGN_OR_RETURN(resolved.api, cluster_api(instance.cluster));
  }
  if (instance.kind == Kind::KubernetesProxy) {
    MEX_ASSIGN_OR_RETURN(resolved.users, users_.list());
    MEX_RETURN_IF_ERROR(check(resolved.users));
  }
  return resolved;
}

absl::StatusOr<ResolvedInstance> InstanceResolver::resolve(const Instance& instance) {
  MEX_ASSIGN_OR_RETURN(ResolvedInstance resolved, without_origins(instance));
  for (const Port& port : instance.ports) {
    resolved.origins.push_back(
        addresses_.resolve_available(origins_of(resolved, port), instance.network.empty()));
  }
  return resolved;
}

absl::StatusOr<ResolvedInstance> InstanceResolver::resolve_all(const Instance& instance) {
  MEX_ASSIGN_OR_RETURN(ResolvedInstance resolved, without_origins(instance));
  for (std::size_t i = 0; i < instance.ports.size(); ++i) {
    MEX_ASSIGN_OR_RETURN(
        ResolvedOrigins found,
        addresses_.resolve(origins_of(resolved, instance.ports[i]), instance.network.empty(),
                           fmt::format("ports[{}].origin", i)));
    resolved.origins.push_back(std::move(found));
  }
  return resolved;
}

void InstanceResolver::remember(const std::vector<KnownAddresses>& all) {
  for (const KnownAddresses& known : all) addresses_.remember(known);
}

absl::Status InstanceResolver::add_certificate(ResolvedInstance& instance) const {
  if (!needs_certificate(instance.desired)) return absl::OkStatus();
  auto pair = context_.certificate();
  if (!pair.ok()) {
    return base::error(absl::StatusCode::kFailedPrecondition, "while creating nginx {}, {}",
                       instance.desired.name, base::message_of(pair.status()));
  }
  instance.certificate = *std::move(pair);
  return absl::OkStatus();
}

}  // namespace mex::nginx
