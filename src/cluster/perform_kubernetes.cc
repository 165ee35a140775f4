#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/status.h"
#include "cluster/look_outcome.h"
#include "cluster/perform_parts.h"
#include "kubernetes/apply.h"
#include "kubernetes/manifest.h"
#include "kubernetes/manifest_source.h"

// Calls to a cluster's own API server, and what they need.
namespace mex::cluster {
Outcome look_manifest(const LookManifest& look, const openstack::CallContext& context) {
  const std::string what = "manifest " + look.source;
  auto text =
      kubernetes::read_manifest(look.source, {.deadline = context.deadline, .stop = context.stop});
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
  return found({}, [source = look.source, value = *std::move(text)](Findings& findings) {
    findings.manifests[source] = value;
  });
}

// Server-side apply can be repeated at any time.
Outcome apply_manifest(const ApplyManifest& apply, const Attempt& attempt,
                       const openstack::CallContext& context) {
  const kubernetes::CallLimits limits{.deadline = context.deadline, .stop = context.stop};
  return failure(base::annotate(
      kubernetes::apply_manifests(*attempt.api_server, attempt.manifest, limits), apply.source));
}

}  // namespace mex::cluster
