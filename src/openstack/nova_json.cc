#include "openstack/nova_json.h"

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "openstack/error_body.h"
#include "openstack/json_reader.h"

namespace mex::openstack {
namespace {

using nlohmann::json;

// {"network name": [{"addr": "…", "OS-EXT-IPS-MAC:mac_addr": "…"}]}
absl::StatusOr<std::vector<ServerAddress>> addresses_from_json(const json& networks) {
  std::vector<ServerAddress> addresses;
  for (const auto& [network, elements] : networks.items()) {
    if (!elements.is_array()) return absl::InternalError("server: 'addresses' is not as expected");
    for (const json& element : elements) {
      JsonReader reader(element, "server address");
      addresses.push_back({.network_name = network,
                           .address = reader.required_text("addr"),
                           .mac_address = reader.text("OS-EXT-IPS-MAC:mac_addr")});
      MEX_RETURN_IF_ERROR(reader.status());
    }
  }
  return addresses;
}

absl::StatusOr<std::map<std::string, std::string>> metadata_from_json(const json& object) {
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : object.items()) {
    const auto* const text = value.get_ptr<const std::string*>();
    if (text == nullptr) return absl::InternalError("server: 'metadata' is not a map of strings");
    metadata.emplace(key, *text);
  }
  return metadata;
}

// "image" is an object, or "" for a server that boots from a volume.
std::string image_id_from_json(const json& server) {
  const auto image = server.find("image");
  if (image == server.end() || !image->is_object()) return {};
  return JsonReader(*image, "server image").text("id");
}

// A quota that is missing is one that this cloud does not have: unlimited.
Quota quota_from_json(JsonReader& limits, const char* limit, const char* used) {
  return {.limit = limits.integer(limit).value_or(-1), .used = limits.integer(used).value_or(0)};
}

}  // namespace

absl::StatusOr<Server> server_from_json(const json& object) {
  JsonReader reader(object, "server");
  Server server;
  server.id = reader.required_text("id");
  MEX_RETURN_IF_ERROR(reader.status());
  server.name = reader.text("name");
  server.description = reader.text("description");
  server.status = reader.text("status");
  server.task_state = reader.text("OS-EXT-STS:task_state");
  JsonReader fault(reader.object("fault"), "server fault");
  server.fault = one_line(fault.text("message"));
  server.image_id = image_id_from_json(object);
  JsonReader flavor(reader.object("flavor"), "server flavor");
  server.flavor_name = flavor.text("original_name");
  server.availability_zone = reader.text("OS-EXT-AZ:availability_zone");
  server.host_id = reader.text("hostId");
  server.created = reader.text("created");
  server.updated = reader.text("updated");
  MEX_ASSIGN_OR_RETURN(server.addresses, addresses_from_json(reader.object("addresses")));
  MEX_ASSIGN_OR_RETURN(server.metadata, metadata_from_json(reader.object("metadata")));
  server.tags = reader.texts("tags");
  MEX_RETURN_IF_ERROR(reader.status());
  server.is_undescribed = !object.contains("description") && !object.contains("tags");
  return server;
}

absl::StatusOr<ServerSource> server_source_from_json(const json& object) {
  JsonReader reader(object, "server");
  ServerSource source;
  source.id = reader.required_text("id");
  MEX_RETURN_IF_ERROR(reader.status());
  source.image_id = image_id_from_json(object);
  JsonReader flavor(reader.object("flavor"), "server flavor");
  source.flavor_id = flavor.text("id");
  MEX_RETURN_IF_ERROR(flavor.status());
  MEX_RETURN_IF_ERROR(reader.status());
  return source;
}

absl::StatusOr<ServerGroup> server_group_from_json(const json& object) {
  JsonReader reader(object, "server group");
  ServerGroup group;
  group.id = reader.required_text("id");
  group.name = reader.required_text("name");
  // A list of one until microversion 2.64.
  const std::vector<std::string> policies = reader.texts("policies");
  if (!policies.empty()) group.policy = policies.front();
  MEX_RETURN_IF_ERROR(reader.status());
  return group;
}

absl::StatusOr<Flavor> flavor_from_json(const json& object) {
  JsonReader reader(object, "flavor");
  Flavor flavor;
  flavor.id = reader.required_text("id");
  flavor.name = reader.required_text("name");
  flavor.vcpus = reader.integer("vcpus").value_or(0);
  flavor.ram_mib = reader.integer("ram").value_or(0);
  flavor.disk_gib = reader.integer("disk").value_or(0);
  MEX_RETURN_IF_ERROR(reader.status());
  return flavor;
}

absl::StatusOr<ComputeQuotas> compute_quotas_from_json(const json& object) {
  JsonReader limits(object, "limits");
  JsonReader absolute(limits.object("absolute"), "limits.absolute");
  ComputeQuotas quotas;
  quotas.instances = quota_from_json(absolute, "maxTotalInstances", "totalInstancesUsed");
  quotas.cores = quota_from_json(absolute, "maxTotalCores", "totalCoresUsed");
  quotas.ram_mib = quota_from_json(absolute, "maxTotalRAMSize", "totalRAMUsed");
  quotas.server_groups = quota_from_json(absolute, "maxServerGroups", "totalServerGroupsUsed");
  quotas.server_group_members = absolute.integer("maxServerGroupMembers").value_or(-1);
  quotas.max_server_metadata = absolute.integer("maxServerMeta").value_or(-1);
  MEX_RETURN_IF_ERROR(limits.status());
  MEX_RETURN_IF_ERROR(absolute.status());
  return quotas;
}

absl::StatusOr<AvailabilityZone> availability_zone_from_json(const json& object) {
  JsonReader reader(object, "availability zone");
  AvailabilityZone zone;
  zone.name = reader.required_text("zoneName");
  JsonReader state(reader.object("zoneState"), "availability zone");
  zone.available = state.boolean("available");
  MEX_RETURN_IF_ERROR(reader.status());
  MEX_RETURN_IF_ERROR(state.status());
  return zone;
}

// api-ref compute, "block_device_mapping_v2".
json root_device(const NewServer& server) {
  if (!server.root_volume->id.empty()) {
    return {{"boot_index", 0},
            {"uuid", server.root_volume->id},
            {"source_type", "volume"},
            {"destination_type", "volume"},
            {"delete_on_termination", true}};
  }
  json device = {{"boot_index", 0},
                 {"uuid", server.image_id},
                 {"source_type", "image"},
                 {"destination_type", "volume"},
                 {"volume_size", server.root_volume->size_gib},
                 {"delete_on_termination", true}};
  if (!server.root_volume->type.empty()) device["volume_type"] = server.root_volume->type;
  return device;
}

json to_json(const NewServer& server) {
  json object = {{"name", server.name}, {"flavorRef", server.flavor_id}};
  if (server.root_volume) {
    object["block_device_mapping_v2"] = json::array({root_device(server)});
  } else {
    object["imageRef"] = server.image_id;
  }
  // An empty list would be "no network at all" in a form that 2.37 and later do not take.
  object["networks"] = server.port_ids.empty() ? json("none") : json::array();
  for (const std::string& port : server.port_ids) object["networks"].push_back({{"port", port}});
  if (server.config_drive) object["config_drive"] = true;
  if (!server.description.empty()) object["description"] = server.description;
  if (!server.metadata.empty()) object["metadata"] = server.metadata;
  if (!server.user_data.empty()) object["user_data"] = absl::Base64Escape(server.user_data);
  if (!server.key_name.empty()) object["key_name"] = server.key_name;
  if (!server.availability_zone.empty()) object["availability_zone"] = server.availability_zone;
  if (!server.tags.empty()) object["tags"] = server.tags;
  return object;
}

json to_json(const NewServerGroup& group) {
  return {{"name", group.name}, {"policies", json::array({group.policy})}};
}

}  // namespace mex::openstack
