#include "routing/stored_route.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/status.h"

namespace mex::routing {
namespace {

using nlohmann::json;

bool stays_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Empty unless `object` has a string of this name.
const std::string* text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const json::string_t*>();
}

}  // namespace

std::string route_key(std::string_view path) {
  std::string key(kRoutePrefix);
  for (const char c : path) {
    if (stays_plain(c)) {
      key += c;
    } else {
      key += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return key;
}

std::string encode_route(const StoredRoute& stored) {
  const json object = {{"name", stored.route.name},
                       {"path", stored.route.path},
                       {"origin", stored.route.origin},
                       {"changed_at_ms", stored.changed_at.time_since_epoch().count()}};
  // A name that is not UTF-8 loses those bytes rather than the route.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<StoredRoute> decode_route(std::string_view value) {
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
