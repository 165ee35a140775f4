#include "routing/stored_host_route.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/status.h"

namespace mex::routing {
namespace {

using nlohmann::json;

}  // namespace

std::string host_route_key(std::string_view prefix, std::string_view subnet) {
  std::string name(subnet);
  std::replace(name.begin(), name.end(), '/', '_');
  return std::string(prefix) + name;
}

std::string to_json(const StoredHostRoute& stored) {
  json object{{"subnet", stored.route.subnet},
              {"gateway", stored.route.gateway},
              {"dev", stored.route.device},
              {"wanted", stored.is_wanted}};
  if (!stored.cluster_id.empty()) object["cluster"] = stored.cluster_id;
  return object.dump();
}

absl::StatusOr<StoredHostRoute> host_route_from_json(std::string_view value) {
  const json object = json::parse(value, nullptr, /*allow_exceptions=*/false);
  const auto has = [&object](const char* name, json::value_t type) {
    return object.contains(name) && object[name].type() == type;
  };
  const bool is_whole = object.is_object() && has("subnet", json::value_t::string) &&
                        has("gateway", json::value_t::string) &&
                        has("dev", json::value_t::string) &&
                        has("wanted", json::value_t::boolean) &&
                        (!object.contains("cluster") || has("cluster", json::value_t::string));
  if (!is_whole) {
    return base::error(absl::StatusCode::kDataLoss,
                       "a stored route of the host lacks subnet, gateway, dev or wanted, or its "
                       "cluster is no text");
  }
  return StoredHostRoute{{object["subnet"], object["gateway"], object["dev"]},
                         object.value("cluster", std::string()),
                         object["wanted"]};
}

}  // namespace mex::routing
