#include "routing/stored_route.h"

#include "base/record_json.h"
#include "http_client/percent_encoding.h"
#include "store/record_format.h"

namespace mex::routing {

static constexpr auto fields_of(const ProxyRoute*) {
  using T = ProxyRoute;
  return base::fields(base::field("name", &T::name), base::field("path", &T::path),
                      base::field("origin", &T::origin), base::optional_field("host", &T::host),
                      base::optional_field("path_type", &T::path_type), base::flat(&T::conditions),
                      base::flat(&T::action), base::flat(&T::origin_set));
}

static constexpr auto fields_of(const StoredRoute*) {
  using T = StoredRoute;
  return base::fields(base::flat(&T::route), base::field("changed_at_ms", &T::changed_at));
}

std::string route_key(std::string_view path) {
  return std::string(kRoutePrefix) + http_client::percent_encode(path);
}

std::string named_route_key(std::string_view name) {
  return std::string(kRoutePrefix) + http_client::percent_encode(name);
}

std::string to_json(const StoredRoute& stored) { return store::write_record(stored); }

absl::StatusOr<StoredRoute> route_from_json(std::string_view value, std::string_view key) {
  return store::read_record<StoredRoute>(value, key);
}

}  // namespace mex::routing
