#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "nginx/model/instance.h"
#include "nginx/model/stored_instance.h"
#include "nginx/model/users.h"
#include "nginx/reconcile/instances_context.h"
#include "nginx/reconcile/origin_addresses.h"
#include "nginx/render/resolved_instance.h"

namespace mex::nginx {

// Adds to an instance what changes without a request of the operator: the addresses of its origins,
// the way to its cluster, its users, its certificate. One thread at a time; calls wait for the
// resolver of DNS names and for the disk.
class InstanceResolver {
 public:
  // Both outlive this object.
  InstanceResolver(const InstancesContext& context, const Users& users)
      : context_(context), users_(users), addresses_(*context.policy, *context.clock) {}

  // All but the certificate, as it is now: an origin that cannot be reached says so, and is no
  // error.
  //   NotFound            there is no such cluster, or it is being destroyed
  //   FailedPrecondition  the cluster lacks something
  // Others are the store's.
  absl::StatusOr<ResolvedInstance> resolve(const Instance& instance);

  // The same for what an operator asks for now; all of its origins, or an error, which may also be
  //   InvalidArgument     an origin may not be where it is; names the field
  //   FailedPrecondition  a name does not resolve
  absl::StatusOr<ResolvedInstance> resolve_all(const Instance& instance);

  // What names of origins led to when an earlier start of the agent looked them up.
  void remember(const std::vector<KnownAddresses>& all);

  // The certificate, where it is needed. A step by itself: ports are checked and origins are
  // watched while there is none. FailedPrecondition says why there is none.
  absl::Status add_certificate(ResolvedInstance& instance) const;

 private:
  absl::StatusOr<ClusterApi> cluster_api(const ClusterName& cluster) const;
  absl::StatusOr<ResolvedInstance> without_origins(const Instance& instance) const;

  const InstancesContext& context_;
  const Users& users_;
  OriginAddresses addresses_;
};

}  // namespace mex::nginx
