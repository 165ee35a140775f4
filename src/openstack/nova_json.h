#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "openstack/nova.h"

namespace mex::openstack {

// Nova's resources as JSON, both ways. Reading never throws: Internal names the faulty member.

absl::StatusOr<Server> server_from_json(const nlohmann::json& json);
absl::StatusOr<ServerSource> server_source_from_json(const nlohmann::json& json);
absl::StatusOr<ServerGroup> server_group_from_json(const nlohmann::json& json);
absl::StatusOr<Flavor> flavor_from_json(const nlohmann::json& json);
absl::StatusOr<ComputeQuotas> compute_quotas_from_json(const nlohmann::json& json);
absl::StatusOr<AvailabilityZone> availability_zone_from_json(const nlohmann::json& json);

nlohmann::json to_json(const NewServer& server);
nlohmann::json to_json(const NewServerGroup& group);

}  // namespace mex::openstack
