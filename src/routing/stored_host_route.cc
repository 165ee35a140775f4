#include "routing/stored_host_route.h"

#include <algorithm>

#include "base/record_json.h"
#include "store/record_format.h"

namespace mex::routing {

static constexpr auto fields_of(const HostRoute*) {
  using T = HostRoute;
  return base::fields(base::field("subnet", &T::subnet), base::field("gateway", &T::gateway),
                      base::field("dev", &T::device));
}

static constexpr auto fields_of(const StoredHostRoute*) {
  using T = StoredHostRoute;
  return base::fields(base::flat(&T::route), base::optional_field("cluster", &T::cluster_id),
                      base::field("wanted", &T::is_wanted));
}

std::string host_route_key(std::string_view prefix, std::string_view subnet) {
  std::string name(subnet);
  std::replace(name.begin(), name.end(), '/', '_');
  return std::string(prefix) + name;
}

std::string to_json(const StoredHostRoute& stored) { return store::write_record(stored); }

absl::StatusOr<StoredHostRoute> host_route_from_json(std::string_view value, std::string_view key) {
  return store::read_record<StoredHostRoute>(value, key);
}

}  // namespace mex::routing
