#include "cluster/steps/discovery.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "openstack/error.h"

namespace mex::cluster {
namespace {

// What a person can do when an image or a Nova flavor is gone.
std::string another(std::string_view field) {
  return fmt::format(
      "make it available under this id again, or name another one: pools/{{pool}}:scale or "
      "nodes/{{node}}:replace with \"{}\"",
      field);
}

// Whether the cloud has volumes, and the project's quota of them; nothing is learnt if it has none.
// A quota that may not be read is the cloud's to enforce.
Outcome look_for_volumes(Cloud& cloud, const Attempt& attempt,
                         const openstack::CallContext& context) {
  const auto is_there = cloud.cinder.is_there(context);
  if (!is_there.ok()) return failure(is_there.status());
  if (!*is_there) return {};
  const auto quotas = cloud.cinder.quotas(context);
  const absl::Status& status = quotas.status();
  const bool is_unreadable =
      absl::IsPermissionDenied(status) || absl::IsNotFound(status) || absl::IsUnimplemented(status);
  if (is_unreadable) {
    log::warning("the volume quota cannot be read and is not checked", {{"reason", status}});
  } else if (!quotas.ok()) {
    return failure(status);
  }
  const std::string request_id = context.trace == nullptr ? "" : context.trace->request_id;
  std::vector<std::string> zones;
  if (!attempt.spec.zones.empty()) {
    auto seen = cloud.cinder.list_availability_zones(context);
    if (!seen.ok() && openstack::is_transient(seen.status())) return failure(seen.status());
    if (seen.ok()) zones = *std::move(seen);
  }
  return found({}, [value = quotas.value_or(openstack::VolumeQuotas()), request_id,
                    zones](Discovered& discovered) {
    discovered.has_volumes = true;
    discovered.volumes = value;
    discovered.volume_request_id = request_id;
    discovered.volume_zones = zones;
  });
}

}  // namespace

Outcome perform(Cloud& cloud, const LogIn& login, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const absl::Status status = base::annotate(cloud.session.log_in(context), "Keystone");
  if (!status.ok() || login.region.empty()) return failure(status);
  return failure(cloud.session.check_region(login.region, context));
}

Outcome perform(Cloud& cloud, const FindImage& find, const Attempt& /*attempt*/,
                const openstack::CallContext& context) {
  const bool is_chosen = !find.id.empty();
  auto image = is_chosen ? cloud.glance.get_image(find.id, context)
                         : cloud.glance.find_image(find.name, context);
  if (!image.ok()) {
    return failure(is_chosen ? gone_if_missing(image.status(), "image", {find.id, find.name},
                                               "ImageNotFound", another("image"))
                             : with_code_if_missing(image.status(), "ImageNotFound"));
  }
  const std::string id = image->id;
  return found(id, [key = is_chosen ? find.id : find.name, value = *std::move(image)](
                       Discovered& discovered) { discovered.images[key] = value; });
}

Outcome perform(Cloud& cloud, const FindFlavor& find, const Attempt& attempt,
                const openstack::CallContext& context) {
  const bool is_chosen = !find.id.empty();
  auto flavor = is_chosen ? cloud.nova.get_flavor(find.id, context)
                          : cloud.nova.find_flavor(find.name, context);
  if (!flavor.ok()) {
    return failure(is_chosen ? gone_if_missing(flavor.status(), "Nova flavor", {find.id, find.name},
                                               "FlavorNotFound", another("flavor"))
                             : with_code_if_missing(flavor.status(), "FlavorNotFound"));
  }
  // Its servers boot from volumes, where there are any.
  Outcome volumes;
  if (flavor->disk_gib == 0) volumes = look_for_volumes(cloud, attempt, context);
  if (!volumes.status.ok()) return volumes;
  const std::string id = flavor->id;
  return found(id, [key = is_chosen ? find.id : find.name, value = *std::move(flavor),
                    apply_volumes = volumes.apply_to](Discovered& discovered) {
    discovered.flavors[key] = value;
    if (apply_volumes) apply_volumes(discovered);
  });
}

Outcome perform(Cloud& cloud, const ReadVolumeQuota& /*find*/, const Attempt& attempt,
                const openstack::CallContext& context) {
  Outcome volumes = look_for_volumes(cloud, attempt, context);
  if (!volumes.status.ok() || volumes.apply_to) return volumes;
  return failure(refusal(absl::StatusCode::kFailedPrecondition,
                         "the flavor asks for root volumes, and this cloud has no Cinder "
                         "(block-storage) in its catalog",
                         "NoVolumes"));
}

Outcome perform(Cloud& cloud, const FindServerSources& /*find*/, const Attempt& attempt,
                const openstack::CallContext& context) {
  openstack::ServerFilter ours;
  ours.tags = {agent_tag(attempt.owner.agent_id), cluster_tag(attempt.owner.cluster_id)};
  const auto sources = cloud.nova.list_server_sources(ours, context);
  if (!sources.ok()) return failure(sources.status());
  return found({}, [sources = *sources](Discovered& discovered) {
    for (const openstack::ServerSource& source : sources) discovered.sources[source.id] = source;
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
  const auto fingerprint = cloud.nova.key_fingerprint(find.name, context);
  const CloudReference chosen{.id = find.fingerprint, .name = find.name};
  const std::string next =
      "import the same key under this name again, or name another pair, or \"\" for none: "
      "pools/{pool}:scale or nodes/{node}:replace with \"key_pair\"";
  if (!fingerprint.ok()) {
    return failure(
        find.fingerprint.empty()
            ? with_code_if_missing(fingerprint.status(), "KeyPairNotFound")
            : gone_if_missing(fingerprint.status(), "key pair", chosen, "KeyPairNotFound", next));
  }
  if (!find.fingerprint.empty() && *fingerprint != find.fingerprint) {
    return failure(base::with_detail(
        base::error(absl::StatusCode::kFailedPrecondition,
                    "key pair {}: the cluster was made with it, and the name is now that of "
                    "another key, {}",
                    to_string(chosen), *fingerprint),
        {.field = {}, .request_id = {}, .cloud_code = "KeyPairChanged", .next = next}));
  }
  return found(find.name, [pair = CloudReference{.id = *fingerprint, .name = find.name}](
                              Discovered& discovered) { discovered.references.key_pair = pair; });
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
