#include "kubernetes/manifest_source.h"

#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "http_client/client.h"

namespace mex::kubernetes {
namespace {

constexpr std::size_t kMaxManifest = std::size_t{8} << 20U;

absl::StatusOr<std::string> read_local(const std::string& path) {
  auto text = base::read_file(path, kMaxManifest);
  if (text.ok()) return text;
  return base::error(absl::StatusCode::kFailedPrecondition, "{}", base::message_of(text.status()));
}

absl::StatusOr<std::string> fetch(const std::string& url, const base::CallLimits& limits) {
  http_client::Client client({});
  http_client::Request request;
  request.url = url;
  request.limits = limits;
  request.max_response_bytes = kMaxManifest;
  MEX_ASSIGN_OR_RETURN(http_client::Response response, client.send(request));
  if (response.status == 200) return std::move(response.body);
  const bool may_pass = response.status >= 500 || response.status == 429;
  return base::error(
      may_pass ? absl::StatusCode::kUnavailable : absl::StatusCode::kFailedPrecondition,
      "{}: the server answers with HTTP status {}", url, response.status);
}

}  // namespace

absl::StatusOr<std::string> read_manifest(const std::string& source,
                                          const base::CallLimits& limits) {
  return source.rfind('/', 0) == 0 ? read_local(source) : fetch(source, limits);
}

}  // namespace mex::kubernetes
