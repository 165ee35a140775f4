#include "kubernetes/discovery.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

using http_client::percent_encode;

// "v1" is the core group, which is older than groups: "/api/v1"; "apps/v1" is "/apis/apps/v1".
std::string root_of(const std::string& api_version) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string::npos) return "/api/" + percent_encode(api_version);
  return fmt::format("/apis/{}/{}", percent_encode(api_version.substr(0, slash)),
                     percent_encode(api_version.substr(slash + 1)));
}

}  // namespace

absl::StatusOr<const Discovery::Kinds*> Discovery::kinds_of(const std::string& api_version,
                                                            const base::CallLimits& limits) {
  if (const auto known = kinds_.find(api_version); known != kinds_.end()) return &known->second;
  MEX_ASSIGN_OR_RETURN(
      const nlohmann::json answer,
      client_.call({.what = "kinds of " + api_version, .path = root_of(api_version)}, limits));
  Kinds kinds;
  for (const nlohmann::json& resource : member(answer, "resources")) {
    const std::string name = text_at(resource, "name");
    // "deployments/status" is no place for objects.
    if (name.empty() || name.find('/') != std::string::npos) continue;
    kinds[text_at(resource, "kind")] = {.resource = name,
                                        .namespaced = flag_at(resource, "namespaced")};
  }
  return &(kinds_[api_version] = std::move(kinds));
}

absl::StatusOr<std::string> Discovery::path_of(const nlohmann::json& object,
                                               const base::CallLimits& limits) {
  const std::string api_version = text_at(object, "apiVersion");
  const std::string kind = text_at(object, "kind");
  MEX_ASSIGN_OR_RETURN(const Kinds* const kinds, kinds_of(api_version, limits));
  const auto found = kinds->find(kind);
  if (found == kinds->end()) {
    return base::error(absl::StatusCode::kNotFound, "the API server knows no {} of {}", kind,
                       api_version);
  }
  const nlohmann::json& metadata = member(object, "metadata");
  std::string path = root_of(api_version);
  if (found->second.namespaced) {
    const std::string space = text_at(metadata, "namespace");
    path += "/namespaces/" + percent_encode(space.empty() ? "default" : space);
  }
  return fmt::format("{}/{}/{}", path, found->second.resource,
                     percent_encode(text_at(metadata, "name")));
}

}  // namespace mex::kubernetes
