#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "cluster/look_outcome.h"
#include "cluster/perform_parts.h"
#include "http_client/client.h"
#include "kubernetes/apply.h"
#include "kubernetes/manifest.h"

// Calls to a cluster's own API server, and what they need.
namespace mex::cluster {
namespace {

constexpr std::size_t kLargestManifest = std::size_t{8} << 20U;

bool is_file(const std::string& source) { return source.rfind('/', 0) == 0; }

absl::StatusOr<std::string> fetch(const std::string& url, const openstack::CallContext& context) {
  http_client::Client client({});
  http_client::Request request;
  request.url = url;
  request.deadline = context.deadline;
  request.stop = context.stop;
  request.max_response_bytes = kLargestManifest;
  MEX_ASSIGN_OR_RETURN(http_client::Response response, client.send(request));
  if (response.status == 200) return std::move(response.body);
  const bool may_pass = response.status >= 500 || response.status == 429;
  return base::error(
      may_pass ? absl::StatusCode::kUnavailable : absl::StatusCode::kFailedPrecondition,
      "the server answers with HTTP status {}", response.status);
}

}  // namespace

Outcome look_manifest(const LookManifest& look, const openstack::CallContext& context) {
  auto text = is_file(look.source) ? base::read_file(look.source, kLargestManifest)
                                   : fetch(look.source, context);
  const std::string what = "manifest " + look.source;
  if (!text.ok()) {
    // A file that is not there is not waited for; a server that does not answer is.
    const absl::Status status = base::annotate(text.status(), what);
    return failure(is_file(look.source) ? refusal(absl::StatusCode::kFailedPrecondition,
                                                  base::message_of(status), "ManifestUnreadable")
                                        : status);
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
