#include "openstack/catalog.h"

#include <fmt/format.h>

#include <set>

#include "base/status.h"

namespace mex::openstack {
namespace {

struct ServiceFacts {
  std::string_view type;
  std::string_view version;
  std::string_view other_type = {};  // where a catalog calls it by another of its names
};

ServiceFacts facts_of(Service service) {
  switch (service) {
    case Service::Network:
      return {.type = "network", .version = "/v2.0"};
    case Service::Image:
      return {.type = "image", .version = "/v2"};
    case Service::Volume:
      return {.type = "volumev3", .version = "/v3", .other_type = "block-storage"};
    case Service::Compute:
      break;
  }
  return {.type = "compute", .version = "/v2.1"};
}

std::string joined(const std::set<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

absl::Status not_found(const Catalog& catalog, std::string_view type, std::string_view region,
                       Interface interface) {
  std::set<std::string> present;
  for (const CatalogEndpoint& endpoint : catalog) {
    if (endpoint.type == type) {
      present.insert(fmt::format("{} in {}", endpoint.interface, endpoint.region));
    }
  }
  return base::error(
      absl::StatusCode::kFailedPrecondition,
      "the catalog has no {} endpoint of the {} service{} (it has: {}): check OS_REGION_NAME and "
      "OS_INTERFACE",
      to_string(interface), type, region.empty() ? "" : fmt::format(" in region '{}'", region),
      present.empty() ? "none" : joined(present));
}

bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' && segment[1] >= '0' && segment[1] <= '9';
}

}  // namespace

std::string versioned_url(Service service, std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  const std::string_view version = facts_of(service).version;
  // Old catalogs put the project after the version: "…/v2/0a1b2c". The rest of the path is kept.
  std::size_t begin = url.find('/', url.find("://") + 3);
  while (begin != std::string_view::npos) {
    const std::size_t end = url.find('/', begin + 1);
    if (is_version(url.substr(begin + 1, end - begin - 1))) {
      const std::string_view rest = end == std::string_view::npos ? "" : url.substr(end);
      return fmt::format("{}{}{}", url.substr(0, begin), version, rest);
    }
    begin = end;
  }
  return fmt::format("{}{}", url, version);
}

std::string_view to_string(Service service) { return facts_of(service).type; }

absl::StatusOr<std::string> endpoint_of(const CloudConfig& config, const Catalog& catalog,
                                        const std::string& project_id, Service service) {
  const auto override = config.endpoint_overrides.find(to_string(service));
  if (override == config.endpoint_overrides.end()) {
    return find_endpoint(catalog, service, config.region, config.interface);
  }
  std::string url = override->second;
  for (const std::string_view name : {"%(project_id)s", "%(tenant_id)s"}) {
    const std::size_t at = url.find(name);
    if (at != std::string::npos) url.replace(at, name.size(), project_id);
  }
  return versioned_url(service, url);
}

absl::StatusOr<std::string> find_endpoint(const Catalog& catalog, Service service,
                                          std::string_view region, Interface interface) {
  const ServiceFacts facts = facts_of(service);
  const std::string_view type = facts.type;
  const CatalogEndpoint* found = nullptr;
  std::set<std::string> regions;
  for (const CatalogEndpoint& endpoint : catalog) {
    const bool is_called =
        endpoint.type == type || (!facts.other_type.empty() && endpoint.type == facts.other_type);
    const bool right = is_called && endpoint.interface == to_string(interface) &&
                       (region.empty() || endpoint.region == region);
    if (!right) continue;
    regions.insert(endpoint.region);
    if (found == nullptr) found = &endpoint;
  }
  if (found == nullptr) return not_found(catalog, type, region, interface);
  if (regions.size() > 1) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the cloud has several regions ({}): choose one with OS_REGION_NAME",
                       joined(regions));
  }
  if (found->url.find("://") == std::string::npos) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the catalog's {} endpoint '{}' is not a URL", type, found->url);
  }
  return versioned_url(service, found->url);
}

}  // namespace mex::openstack
