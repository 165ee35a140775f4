#include "openstack/cinder.h"

#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "openstack/api_call.h"
#include "openstack/error.h"
#include "openstack/error_body.h"
#include "openstack/json_reader.h"
#include "openstack/listing.h"
#include "openstack/session.h"

namespace mex::openstack {
namespace {

ApiCall volume_call(std::string what, std::string method, std::string path) {
  ApiCall call;
  call.service = Service::Volume;
  call.what = std::move(what);
  call.method = std::move(method);
  call.path = std::move(path);
  return call;
}

std::string volume_path(const std::string& id) {
  return "/volumes/" + http_client::percent_encode(id);
}

absl::StatusOr<Volume> volume_from_json(const nlohmann::json& object) {
  JsonReader reader(object, "volume");
  Volume volume;
  volume.id = reader.required_text("id");
  volume.name = reader.text("name");
  volume.description = reader.text("description");
  volume.status = reader.text("status");
  MEX_RETURN_IF_ERROR(reader.status());
  return volume;
}

nlohmann::json to_json(const NewVolume& volume) {
  nlohmann::json object = {{"name", volume.name},
                           {"description", volume.description},
                           {"size", volume.size_gib},
                           {"imageRef", volume.image_id}};
  if (!volume.type.empty()) object["volume_type"] = volume.type;
  if (!volume.availability_zone.empty()) object["availability_zone"] = volume.availability_zone;
  if (!volume.metadata.empty()) object["metadata"] = volume.metadata;
  return object;
}

}  // namespace

Cinder::Cinder(Session& session) : session_(session) {}

absl::StatusOr<bool> Cinder::is_there(const CallContext& context) {
  return session_.has_service(Service::Volume, context);
}

absl::StatusOr<VolumeQuotas> Cinder::quotas(const CallContext& context) {
  const ApiCall call = volume_call("get volume quotas", "GET", "/limits");
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session_.call(call, context));
  JsonReader root(answer.body, call.what);
  JsonReader limits(root.object("limits"), "limits");
  JsonReader absolute(limits.object("absolute"), "limits.absolute");
  const auto quota = [&](const char* limit, const char* used) {
    return Quota{.limit = absolute.integer(limit).value_or(-1),
                 .used = absolute.integer(used).value_or(0)};
  };
  const VolumeQuotas quotas{.volumes = quota("maxTotalVolumes", "totalVolumesUsed"),
                            .gigabytes = quota("maxTotalVolumeGigabytes", "totalGigabytesUsed")};
  MEX_RETURN_IF_ERROR(root.status());
  MEX_RETURN_IF_ERROR(limits.status());
  MEX_RETURN_IF_ERROR(absolute.status());
  return quotas;
}

absl::StatusOr<std::vector<std::string>> Cinder::list_availability_zones(
    const CallContext& context) {
  const ApiCall call =
      volume_call("list volume availability zones", "GET", "/os-availability-zone");
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session_.call(call, context));
  JsonReader reader(answer.body, call.what);
  std::vector<std::string> names;
  for (const nlohmann::json& element : reader.array("availabilityZoneInfo")) {
    JsonReader zone(element, "availability zone");
    JsonReader state(zone.object("zoneState"), "availability zone");
    const std::string name = zone.required_text("zoneName");
    if (state.boolean("available")) names.push_back(name);
    MEX_RETURN_IF_ERROR(zone.status());
    MEX_RETURN_IF_ERROR(state.status());
  }
  MEX_RETURN_IF_ERROR(reader.status());
  return names;
}

absl::StatusOr<Volume> Cinder::create_volume(const NewVolume& volume, const CallContext& context) {
  ApiCall call = volume_call("create volume " + volume.name, "POST", "/volumes");
  call.body = {{"volume", to_json(volume)}};
  call.idempotent = false;
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session_.call(call, context));
  JsonReader reader(answer.body, call.what);
  auto made = volume_from_json(reader.object("volume"));
  if (!made.ok()) return with_unknown_outcome(made.status());
  return made;
}

absl::StatusOr<std::vector<Volume>> Cinder::list_volumes(const std::string& name,
                                                         const CallContext& context) {
  Listing listing{.service = Service::Volume,
                  .what = "list volumes",
                  .path = "/volumes/detail",
                  .key = "volumes",
                  .query = {}};
  listing.query.add("name", name);
  std::vector<Volume> volumes;
  MEX_RETURN_IF_ERROR(list_all(session_, listing, context, [&](const nlohmann::json& element) {
    absl::StatusOr<Volume> volume = volume_from_json(element);
    if (volume.ok() && (name.empty() || volume->name == name)) volumes.push_back(*volume);
    return volume.status();
  }));
  return volumes;
}

absl::StatusOr<Volume> Cinder::get_volume(const std::string& id, const CallContext& context) {
  const ApiCall call = volume_call("get volume " + id, "GET", volume_path(id));
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session_.call(call, context));
  JsonReader reader(answer.body, call.what);
  return volume_from_json(reader.object("volume"));
}

absl::Status Cinder::delete_volume(const std::string& id, const CallContext& context) {
  const ApiCall call = volume_call("delete volume " + id, "DELETE", volume_path(id));
  const absl::Status status = session_.call(call, context).status();
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::StatusOr<std::string> Cinder::last_message(const std::string& id,
                                                 const CallContext& context) {
  ApiCall call = volume_call("messages about volume " + id, "GET",
                             "/messages?resource_uuid=" + http_client::percent_encode(id));
  call.volume_version = "3.5";  // the oldest that filters messages
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session_.call(call, context));
  JsonReader reader(answer.body, call.what);
  std::string created;
  std::string text;
  for (const nlohmann::json& element : reader.array("messages")) {
    JsonReader message(element, "message");
    std::string when = message.text("created_at");
    if (text.empty() || when > created) {
      text = one_line(message.text("user_message"));
      created = std::move(when);
    }
    MEX_RETURN_IF_ERROR(message.status());
  }
  MEX_RETURN_IF_ERROR(reader.status());
  return text;
}

}  // namespace mex::openstack
