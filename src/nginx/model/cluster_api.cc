#include "nginx/model/cluster_api.h"

#include <algorithm>

#include "base/json_text.h"
#include "base/status.h"
#include "nginx/model/grammar.h"

namespace mex::nginx {

bool ClusterApi::operator==(const ClusterApi& other) const {
  return masters == other.masters && server_name == other.server_name &&
         authority == other.authority && certificate == other.certificate &&
         base::constant_time_equal(key.reveal(), other.key.reveal());
}

absl::Status check(const ClusterApi& api) {
  const bool is_complete =
      !api.masters.empty() && is_server_name(api.server_name) &&
      std::all_of(api.masters.begin(), api.masters.end(), [](const Origin& master) {
        return is_host(master.host) && master.port != 0 && master.weight == 1;
      });
  if (is_complete) return absl::OkStatus();
  return base::error(absl::StatusCode::kInternal, "incomplete API endpoint for {}",
                     base::quoted(api.server_name));
}

}  // namespace mex::nginx
