#include "routing/stored_route.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "http_client/percent_encoding.h"

namespace mex::routing {
namespace {

using nlohmann::json;

// Null unless `object` has a string of this name.
const std::string* text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const json::string_t*>();
}

}  // namespace

std::string route_key(std::string_view path) {
  return std::string(kRoutePrefix) + http_client::percent_encode(path);
}

std::string to_json(const StoredRoute& stored) {
  const json object = {{"name", stored.route.name},
                       {"path", stored.route.path},
                       {"origin", stored.route.origin},
                       {"changed_at_ms", stored.changed_at.time_since_epoch().count()}};
  // A name that is not UTF-8 loses those bytes rather than the route.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<StoredRoute> route_from_json(std::string_view value) {
  const json object = json::parse(value, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return base::error(absl::StatusCode::kDataLoss, "a stored route is not a JSON object");
  }
  const std::string* name = text_of(object, "name");
  const std::string* path = text_of(object, "path");
  const std::string* origin = text_of(object, "origin");
  const auto changed_at = object.find("changed_at_ms");
  const bool dated = changed_at != object.end() && changed_at->is_number_integer();
  if (name == nullptr || path == nullptr || origin == nullptr || !dated) {
    return base::error(absl::StatusCode::kDataLoss,
                       "a stored route lacks name, path, origin or changed_at_ms");
  }
  const std::chrono::milliseconds since_epoch(changed_at->get<std::int64_t>());
  return StoredRoute{{*name, *path, *origin}, base::WallTime(since_epoch)};
}

}  // namespace mex::routing
