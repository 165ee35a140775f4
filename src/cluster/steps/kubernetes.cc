#include "cluster/steps/kubernetes.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/status.h"
#include "kubernetes/apply.h"
#include "kubernetes/drain.h"
#include "kubernetes/manifest.h"
#include "kubernetes/manifest_source.h"
#include "kubernetes/node.h"
#include "kubernetes/renewal/node_renewal.h"

namespace mex::cluster {

Outcome perform(Cloud& /*cloud*/, const ReadManifest& read, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const std::string what = "manifest " + read.source;
  auto text = kubernetes::read_manifest(read.source, context);
  if (!text.ok()) {
    const absl::Status status = base::annotate(text.status(), "manifest");
    if (!absl::IsFailedPrecondition(status)) return failure(status);
    return failure(refusal(status.code(), base::message_of(status), "ManifestUnreadable"));
  }
  const auto objects = kubernetes::parse_manifests(*text);
  if (!objects.ok()) {
    return failure(refusal(absl::StatusCode::kInvalidArgument,
                           base::message_of(base::annotate(objects.status(), what)),
                           "ManifestInvalid"));
  }
  return found({}, [source = read.source, value = *std::move(text)](Discovered& discovered) {
    discovered.manifests[source] = value;
  });
}

absl::StatusOr<bool> is_node_ready(kubernetes::Client& api_server, std::string_view name,
                                   const openstack::CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const auto list, kubernetes::list_nodes(api_server, context));
  return std::any_of(list.nodes.begin(), list.nodes.end(), [&](const kubernetes::Node& node) {
    return node.name == name && node.ready();
  });
}

// Server-side apply can be repeated at any time.
Outcome perform(Cloud& /*cloud*/, const ApplyManifest& apply, const Attempt& attempt,
                const openstack::CallContext& context) {
  return failure(base::annotate(
      kubernetes::apply_manifests(*attempt.api_server, attempt.manifest, context), apply.source));
}

Outcome perform(Cloud& /*cloud*/, const RenewToken& /*renew*/, const Attempt& attempt,
                const openstack::CallContext& context) {
  return failure(
      base::annotate(kubernetes::apply_manifests(*attempt.api_server, attempt.manifest, context),
                     "the token with which machines join"));
}

Outcome perform(Cloud& /*cloud*/, const DrainNode& drain, const Attempt& attempt,
                const openstack::CallContext& context) {
  const auto is_ready = is_node_ready(*attempt.api_server, drain.node, context);
  if (!is_ready.ok()) return failure(is_ready.status());
  if (!*is_ready) return {};  // a kubelet that does not answer ends no pod
  const auto report = kubernetes::drain_node(*attempt.api_server, drain.node, context);
  if (!report.ok()) return failure(base::annotate(report.status(), "drain " + drain.node));
  if (report->remaining.empty()) return {};
  std::string remaining;
  for (const kubernetes::BlockedPod& pod : report->remaining) {
    remaining += fmt::format("{}{}: {}", remaining.empty() ? "" : "; ", pod.pod, pod.reason);
  }
  return failure(base::with_detail(base::error(absl::StatusCode::kDeadlineExceeded,
                                               "node {} is not drained: {}", drain.node, remaining),
                                   {.field = {}, .request_id = {}, .cloud_code = "DrainBlocked"}));
}

// A node that is gone needs no uncordoning.
Outcome perform(Cloud& /*cloud*/, const UncordonNode& uncordon, const Attempt& attempt,
                const openstack::CallContext& context) {
  const absl::Status status = kubernetes::set_schedulable(*attempt.api_server, uncordon.node,
                                                          /*schedulable=*/true, context);
  return absl::IsNotFound(status) ? Outcome() : failure(status);
}

// A kubelet that does not answer runs no pod.
Outcome perform(Cloud& /*cloud*/, const InstallRenewal& install, const Attempt& attempt,
                const openstack::CallContext& context) {
  const auto is_ready = is_node_ready(*attempt.api_server, install.node, context);
  if (!is_ready.ok()) return failure(is_ready.status());
  if (!*is_ready) {
    return failure(refusal(absl::StatusCode::kFailedPrecondition,
                           fmt::format("node {} is not Ready: replace it, a new one renews its "
                                       "certificates by itself",
                                       install.node),
                           "NodeNotReady"));
  }
  return failure(base::annotate(
      kubernetes::install_renewal(*attempt.api_server, install.node, context), install.slot));
}

Outcome perform(Cloud& /*cloud*/, const ForgetNode& forget, const Attempt& attempt,
                const openstack::CallContext& context) {
  return failure(kubernetes::delete_node(*attempt.api_server, forget.node, context));
}

}  // namespace mex::cluster
