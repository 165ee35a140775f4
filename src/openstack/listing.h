#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "openstack/api_call.h"
#include "openstack/call_context.h"
#include "openstack/session.h"

namespace mex::openstack {

// A query string put together: "?a=1&b=x%20y", or "" without parameters.
class Query {
 public:
  // Leaves parameters without a value away.
  Query& add(std::string_view name, std::string_view value);
  // "tags=a,b": those that have all of `tags`.
  Query& add_tags(const std::vector<std::string>& tags);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Listing {
  Service service = Service::Network;
  std::string what;  // for messages: "list ports"
  std::string path;  // "/ports"
  std::string key;   // member of the answer that holds the page: "ports"
  Query query;
  std::string compute_version = ApiCall().compute_version;
};

// Asks for one page of a list. A service that does not have its own list is not there (its proxy
// answers, or its catalogue is wrong), which says nothing of what the list would hold: Unavailable,
// where other calls answer NotFound.
absl::StatusOr<ApiAnswer> call_for_list(Session& session, const ApiCall& call,
                                        const CallContext& context);

// Fetches page after page (limit and marker, the next page announced by "<key>_links", or by
// Glance's "next") and gives every element to `take`, which may end it with an error.
absl::Status list_all(Session& session, const Listing& listing, const CallContext& context,
                      const std::function<absl::Status(const nlohmann::json&)>& take);

}  // namespace mex::openstack
