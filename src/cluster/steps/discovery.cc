#include "cluster/steps/discovery.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace mex::cluster {

Outcome perform(Cloud& cloud, const LogIn& login, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const absl::Status status = base::annotate(cloud.session.log_in(context), "Keystone");
  if (!status.ok() || login.region.empty()) return failure(status);
  return failure(cloud.session.check_region(login.region, context));
}

Outcome perform(Cloud& cloud, const FindImage& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  auto image = cloud.glance.find_image(find.name, context);
  if (!image.ok()) return failure(with_code_if_missing(image.status(), "ImageNotFound"));
  const std::string id = image->id;
  return found(id, [name = find.name, value = *std::move(image)](Discovered& discovered) {
    discovered.images[name] = value;
  });
}

Outcome perform(Cloud& cloud, const FindFlavor& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  auto flavor = cloud.nova.find_flavor(find.name, context);
  if (!flavor.ok()) return failure(with_code_if_missing(flavor.status(), "FlavorNotFound"));
  const std::string id = flavor->id;
  return found(id, [name = find.name, value = *std::move(flavor)](Discovered& discovered) {
    discovered.flavors[name] = value;
  });
}

Outcome perform(Cloud& cloud, const FindZones& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const auto zones = cloud.nova.list_availability_zones(context);
  if (!zones.ok()) return failure(zones.status());
  std::string names;
  std::set<std::string_view> available;
  for (const openstack::AvailabilityZone& zone : *zones) {
    if (!zone.available) continue;
    available.insert(zone.name);
    names += (names.empty() ? "" : ", ") + zone.name;
  }
  for (const std::string& name : find.names) {
    if (available.count(name) > 0) continue;
    return failure(
        refusal(absl::StatusCode::kNotFound,
                fmt::format("availability zone {}: not available; there are: {}", name, names),
                "ZoneNotFound"));
  }
  return found({}, nullptr);
}

Outcome perform(Cloud& cloud, const FindKeyPair& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const absl::Status status = cloud.nova.check_key_pair(find.name, context);
  if (!status.ok()) return failure(with_code_if_missing(status, "KeyPairNotFound"));
  return found(find.name, nullptr);
}

Outcome perform(Cloud& cloud, const FindExtensions& /*find*/, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  Outcome outcome;
  outcome.status = cloud.neutron.has_extension("tag-ports-during-bulk-creation", context).status();
  return outcome;
}

Outcome perform(Cloud& cloud, const ReadComputeQuota& /*find*/, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  auto quotas = cloud.nova.quotas(context);
  if (!quotas.ok()) return failure(quotas.status());
  const std::string request_id = context.trace == nullptr ? "" : context.trace->request_id;
  return found({}, [value = *std::move(quotas), request_id](Discovered& discovered) {
    discovered.compute = value;
    discovered.compute_request_id = request_id;
  });
}

Outcome perform(Cloud& cloud, const ReadNetworkQuota& /*find*/, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  auto quotas = cloud.neutron.quotas(context);
  if (!quotas.ok()) return failure(quotas.status());
  const std::string request_id = context.trace == nullptr ? "" : context.trace->request_id;
  return found({}, [value = *std::move(quotas), request_id](Discovered& discovered) {
    discovered.network = value;
    discovered.network_request_id = request_id;
  });
}

}  // namespace mex::cluster
