#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "openstack/api_call.h"
#include "openstack/cloud_config.h"

namespace mex::openstack {

// One line of Keystone's service catalog.
struct CatalogEndpoint {
  std::string type;  // "compute", "network", …
  std::string interface;
  std::string region;
  std::string url;
};

using Catalog = std::vector<CatalogEndpoint>;

// The endpoint of `service`, with its version, without a slash at the end: "http://…:9696/v2.0".
// `region` "" = the only one there is. FailedPrecondition says what the catalog has instead.
absl::StatusOr<std::string> find_endpoint(const Catalog& catalog, Service service,
                                          std::string_view region, Interface interface);

// Where the calls of `service` go, in the same form: the configuration's own URL for it, in which
// %(project_id)s and %(tenant_id)s stand for `project_id`, or else what the catalog has.
absl::StatusOr<std::string> endpoint_of(const CloudConfig& config, const Catalog& catalog,
                                        const std::string& project_id, Service service);

// The service's type in a catalog: "compute".
std::string_view to_string(Service service);

// `url` with the version of the API that this folder speaks, whatever version the catalog names.
std::string versioned_url(Service service, std::string_view url);

}  // namespace mex::openstack
