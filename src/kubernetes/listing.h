#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kubernetes/client.h"

namespace mex::kubernetes {

struct Listing {
  std::vector<nlohmann::json> items;
  std::string resource_version;  // where a watch goes on from
};

// All objects below `path` ("/api/v1/nodes"), page by page; if they change so much meanwhile that
// the server has forgotten the first page (410), once more from the beginning. `query` is put
// behind the
// "?" and already percent-encoded.
absl::StatusOr<Listing> list_objects(Client& client, const std::string& what,
                                     const std::string& path, const std::string& query,
                                     const base::CallLimits& limits);

}  // namespace mex::kubernetes
