#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "kubernetes/client.h"

namespace mex::kubernetes {

// Makes the objects, or changes them to what they should be, by server-side apply as field manager
// "mexosagent": namespaces first, then definitions of kinds, then the rest in its order. Can be
// repeated at any time; conflicts with other managers of a field are decided for us. Waits for
// kinds that the objects themselves define, until the deadline. The first object that is refused
// ends it, and the message names it; those before it stay.
absl::Status apply_objects(Client& client, std::vector<nlohmann::json> objects,
                           const base::CallLimits& limits);

// The same for a text (manifest.h).
absl::Status apply_manifests(Client& client, std::string_view text, const base::CallLimits& limits);

}  // namespace mex::kubernetes
