#include "routing/stored_route.h"

#include <fmt/format.h>

#include "base/record_json.h"

namespace mex::routing {

static constexpr auto fields_of(const ProxyRoute*) {
  using T = ProxyRoute;
  return base::fields(base::field("name", &T::name), base::field("path", &T::path),
                      base::field("origin", &T::origin));
}

static constexpr auto fields_of(const StoredRoute*) {
  using T = StoredRoute;
  return base::fields(base::flat(&T::route), base::field("changed_at_ms", &T::changed_at));
}

namespace {

bool stays_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
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

std::string to_json(const StoredRoute& stored) { return base::write_record(stored); }

absl::StatusOr<StoredRoute> route_from_json(std::string_view value, std::string_view key) {
  return base::read_record<StoredRoute>(value, key);
}

}  // namespace mex::routing
