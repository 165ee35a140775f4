#include "api/v1/orphan_resources.h"

#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "api/v1/timestamp.h"
#include "base/log.h"
#include "base/status.h"
#include "cluster/audit/auditor.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

}  // namespace

absl::StatusOr<v1::ListOrphansResponse> list_orphans(const access::Principal&,
                                                     const cluster::Manager& clusters,
                                                     const v1::ListOrphansRequest&) {
  v1::ListOrphansResponse reply;
  const cluster::Auditor* auditor = clusters.auditor();
  if (auditor == nullptr) {
    reply.set_problem(std::string(base::message_of(clusters.cloud_configured())));
    return reply;
  }
  const cluster::OrphansView view = auditor->orphans();
  for (const cluster::Orphan& orphan : view.orphans) {
    v1::Orphan& message = *reply.add_orphans();
    message.set_kind(std::string(to_string(orphan.resource.kind)));
    message.set_id(orphan.resource.id);
    message.set_name(orphan.resource.name);
    message.set_status(orphan.resource.status);
    message.set_cluster_id(orphan.cluster_id);
    message.set_being_removed(orphan.is_being_removed);
    message.set_problem(orphan.problem);
  }
  if (view.observed_at) *reply.mutable_observed_at() = timestamp(*view.observed_at);
  reply.set_problem(view.problem);
  return reply;
}

absl::StatusOr<v1::RemoveOrphansResponse> remove_orphans(const access::Principal& caller,
                                                         cluster::Manager& clusters,
                                                         const v1::RemoveOrphansRequest& request) {
  const std::vector<std::string> ids(request.ids().begin(), request.ids().end());
  if (ids.empty()) return base::field_error("ids", "must name at least one orphan");
  if (clusters.auditor() == nullptr) return clusters.cloud_configured();
  MEX_RETURN_IF_ERROR(clusters.auditor()->remove_orphans(ids));
  log::warning("the removal of orphans was asked for",
               {{"ids", fmt::format("{}", fmt::join(ids, " "))}, {"caller", caller.name}});
  return v1::RemoveOrphansResponse();
}

}  // namespace mex::api
