#include "kubernetes/apply.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/status.h"
#include "kubernetes/discovery.h"
#include "kubernetes/json_access.h"
#include "kubernetes/manifest.h"

namespace mex::kubernetes {
namespace {

using nlohmann::json;

constexpr const char* kDefinition = "CustomResourceDefinition";

int turn_of(const json& object) {
  const std::string kind = text_at(object, "kind");
  return kind == "Namespace" ? 0 : kind == kDefinition ? 1 : 2;
}

// "group/Kind" of every kind that the objects define.
std::set<std::string> kinds_defined_by(const std::vector<json>& objects) {
  std::set<std::string> kinds;
  for (const json& object : objects) {
    if (text_at(object, "kind") != kDefinition) continue;
    const json& spec = member(object, "spec");
    kinds.insert(text_at(spec, "group") + "/" + text_at(member(spec, "names"), "kind"));
  }
  return kinds;
}

std::string group_and_kind(const json& object) {
  const std::string api_version = text_at(object, "apiVersion");
  return api_version.substr(0, api_version.find('/')) + "/" + text_at(object, "kind");
}

class Application {
 public:
  Application(Client& client, const base::CallLimits& limits)
      : client_(client), limits_(limits), discovery_(client) {}

  absl::Status apply(const json& object, bool is_coming) {
    const std::string what =
        fmt::format("apply {} {}", text_at(object, "kind"), object_name(object));
    auto path = path_of(object, is_coming);
    if (!path.ok()) return base::annotate(path.status(), what);
    // A body of JSON under this type: JSON is YAML, and older servers know no other name for it.
    return client_
        .call_text({.what = what,
                    .method = "PATCH",
                    .path = *path + "?fieldManager=mexosagent&force=true",
                    .body = json_text(object),
                    .content_type = "application/apply-patch+yaml"},
                   limits_)
        .status();
  }

 private:
  // A kind is served a little after its definition was accepted.
  absl::StatusOr<std::string> path_of(const json& object, bool is_coming) {
    for (;;) {
      auto path = discovery_.path_of(object, limits_);
      if (path.ok() || !absl::IsNotFound(path.status()) || !is_coming) return path;
      if (!base::sleep_for(client_.poll_interval(), limits_).ok()) return path;
      discovery_.forget();
    }
  }

  Client& client_;
  const base::CallLimits& limits_;
  Discovery discovery_;
};

}  // namespace

absl::Status apply_objects(Client& client, std::vector<json> objects,
                           const base::CallLimits& limits) {
  std::stable_sort(objects.begin(), objects.end(),
                   [](const json& a, const json& b) { return turn_of(a) < turn_of(b); });
  const std::set<std::string> coming = kinds_defined_by(objects);
  Application application(client, limits);
  for (const json& object : objects) {
    MEX_RETURN_IF_ERROR(application.apply(object, coming.count(group_and_kind(object)) > 0));
  }
  return absl::OkStatus();
}

absl::Status apply_manifests(Client& client, std::string_view text,
                             const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(std::vector<json> objects, parse_manifests(text));
  return apply_objects(client, std::move(objects), limits);
}

}  // namespace mex::kubernetes
