#include "openstack/nova.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "openstack/api_call.h"
#include "openstack/error.h"
#include "openstack/json_reader.h"
#include "openstack/listing.h"
#include "openstack/nova_json.h"
#include "openstack/session.h"
#include "openstack/uuid.h"

namespace mex::openstack {
namespace {

using nlohmann::json;

ApiCall compute_call(std::string what, std::string method, std::string path) {
  ApiCall call;
  call.service = Service::Compute;
  call.what = std::move(what);
  call.method = std::move(method);
  call.path = std::move(path);
  return call;
}

std::string server_path(const std::string& id) {
  return "/servers/" + http_client::percent_encode(id);
}

std::string server_group_path(const std::string& id) {
  return "/os-server-groups/" + http_client::percent_encode(id);
}

// Nova takes the name of a list as a regular expression of its database.
std::string exactly(std::string_view name) {
  if (name.empty()) return {};
  constexpr std::string_view kSpecial = R"(.^$*+?()[]{}|\)";
  std::string pattern = "^";
  for (const char c : name) {
    if (kSpecial.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + "$";
}

Listing listing_of_servers(const ServerFilter& filter, bool has_tags) {
  Listing listing{.service = Service::Compute,
                  .what = "list servers",
                  .path = "/servers/detail",
                  .key = "servers",
                  .query = {}};
  listing.query.add("name", exactly(filter.name));
  // Before, servers are made without tags.
  if (has_tags) listing.query.add_tags(filter.tags);
  return listing;
}

}  // namespace

bool is_in_down_cell(const Server& server) {
  return server.status == "UNKNOWN" && server.name.empty();
}

Nova::Nova(Session& session) : session_(session) {}

// One that does not say what it has is taken for one of 2017, the oldest that is known to do.
bool Nova::has(Microversion version, const CallContext& context) {
  return version <= version_.highest(session_, context).value_or(kTakesTagsWithTheServer);
}

// What makes answers better is asked of a cloud that says it has it; what a call needs, of all.
std::string Nova::version_for(Microversion wanted, const CallContext& context) {
  const auto highest = version_.highest(session_, context);
  if (highest) return to_string(std::min(wanted, *highest));
  return to_string(wanted == kKnowsDownCells ? kTakesTagsWithTheServer : wanted);
}

ApiCall Nova::at(ApiCall call, const CallContext& context, Microversion wanted) {
  call.compute_version = version_for(wanted, context);
  return call;
}

absl::StatusOr<ApiAnswer> Nova::ask(const ApiCall& call, const CallContext& context,
                                    Microversion wanted) {
  return session_.call(at(call, context, wanted), context);
}

absl::Status Nova::list(Listing listing, const CallContext& context, const Take& take,
                        Microversion wanted) {
  listing.compute_version = version_for(wanted, context);
  return list_all(session_, listing, context, take);
}

absl::StatusOr<std::string> Nova::create_server(const NewServer& server,
                                                const CallContext& context) {
  if (server.user_data.size() > kMaxUserDataBytes) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "create server {}: user data has {} bytes, Nova takes {}", server.name,
                       server.user_data.size(), kMaxUserDataBytes);
  }
  ApiCall call = compute_call("create server " + server.name, "POST", "/servers");
  call.body = {{"server", to_json(server)}};
  if (!has(kTakesTagsWithTheServer, context)) call.body["server"].erase("tags");
  if (!has(kHasDescriptions, context)) call.body["server"].erase("description");
  if (!server.server_group_id.empty()) {
    call.body["os:scheduler_hints"] = {{"group", server.server_group_id}};
  }
  call.idempotent = false;
  const bool names_type =
      server.root_volume && server.root_volume->id.empty() && !server.root_volume->type.empty();
  const Microversion wanted = names_type ? kTakesVolumeTypes : kTakesTagsWithTheServer;
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, ask(call, context, wanted));
  JsonReader root(answer.body, call.what);
  JsonReader reader(root.object("server"), call.what);
  std::string id = reader.required_text("id");
  if (!reader.status().ok()) return with_unknown_outcome(reader.status());
  return id;
}

absl::StatusOr<std::vector<Server>> Nova::list_servers(const ServerFilter& filter,
                                                       const CallContext& context) {
  const Listing listing = listing_of_servers(filter, has(kTakesTagsWithTheServer, context));
  std::vector<Server> servers;
  const auto take = [&](const json& element) {
    absl::StatusOr<Server> server = server_from_json(element);
    // The database compares names without case.
    if (server.ok() && (filter.name.empty() || server->name == filter.name)) {
      servers.push_back(*std::move(server));
    }
    return server.status();
  };
  MEX_RETURN_IF_ERROR(list(listing, context, take, kKnowsDownCells));
  return servers;
}

absl::StatusOr<std::vector<ServerSource>> Nova::list_server_sources(const ServerFilter& filter,
                                                                    const CallContext& context) {
  const Listing listing = listing_of_servers(filter, has(kTakesTagsWithTheServer, context));
  std::vector<ServerSource> sources;
  const auto take = [&](const json& element) {
    absl::StatusOr<ServerSource> source = server_source_from_json(element);
    if (source.ok()) sources.push_back(*std::move(source));
    return source.status();
  };
  MEX_RETURN_IF_ERROR(list(listing, context, take, kHasFlavorIds));
  return sources;
}

absl::StatusOr<Server> Nova::get_server(const std::string& id, const CallContext& context) {
  const ApiCall call = compute_call("get server " + id, "GET", server_path(id));
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, ask(call, context, kKnowsDownCells));
  JsonReader reader(answer.body, call.what);
  return server_from_json(reader.object("server"));
}

absl::StatusOr<std::string> Nova::console_output(const std::string& id, int lines,
                                                 const CallContext& context) {
  ApiCall call = compute_call("console of server " + id, "POST", server_path(id) + "/action");
  call.body = {{"os-getConsoleOutput", {{"length", lines}}}};
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, ask(call, context));
  JsonReader reader(answer.body, call.what);
  std::string output = reader.text("output");
  if (!reader.status().ok()) return reader.status();
  return output;
}

absl::Status Nova::replace_server_tags(const std::string& id, const std::vector<std::string>& tags,
                                       const CallContext& context) {
  ApiCall call = compute_call("tag server " + id, "PUT", server_path(id) + "/tags");
  if (!has(kHasServerTags, context)) {
    return base::error(absl::StatusCode::kUnimplemented,
                       "{}: servers have tags since Nova's microversion {}", call.what,
                       to_string(kHasServerTags));
  }
  call.body = {{"tags", tags}};
  return ask(call, context).status();
}

absl::Status Nova::delete_server(const std::string& id, const CallContext& context) {
  const ApiCall call = compute_call("delete server " + id, "DELETE", server_path(id));
  const absl::Status status = ask(call, context).status();
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::StatusOr<std::string> Nova::create_server_group(const NewServerGroup& group,
                                                      const CallContext& context) {
  ApiCall call = compute_call("create server group " + group.name, "POST", "/os-server-groups");
  call.body = {{"server_group", to_json(group)}};
  call.idempotent = false;
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, ask(call, context));
  JsonReader root(answer.body, call.what);
  auto made = server_group_from_json(root.object("server_group"));
  if (!made.ok()) return with_unknown_outcome(made.status());
  return made->id;
}

// This list has pages by offset and does not say which is the last: an empty one is.
absl::StatusOr<std::vector<ServerGroup>> Nova::list_server_groups(const CallContext& context) {
  std::vector<ServerGroup> groups;
  for (;;) {
    const ApiCall call = compute_call("list server groups", "GET",
                                      fmt::format("/os-server-groups?offset={}", groups.size()));
    MEX_ASSIGN_OR_RETURN(const ApiAnswer answer,
                         call_for_list(session_, at(call, context), context));
    JsonReader reader(answer.body, call.what);
    const json& page = reader.array("server_groups");
    MEX_RETURN_IF_ERROR(reader.status());
    if (page.empty()) return groups;
    for (const json& element : page) {
      MEX_ASSIGN_OR_RETURN(ServerGroup group, server_group_from_json(element));
      groups.push_back(std::move(group));
    }
  }
}

absl::StatusOr<ServerGroup> Nova::get_server_group(const std::string& id,
                                                   const CallContext& context) {
  const ApiCall call = compute_call("get server group " + id, "GET", server_group_path(id));
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, ask(call, context));
  JsonReader reader(answer.body, call.what);
  return server_group_from_json(reader.object("server_group"));
}

absl::Status Nova::delete_server_group(const std::string& id, const CallContext& context) {
  const ApiCall call = compute_call("delete server group " + id, "DELETE", server_group_path(id));
  const absl::Status status = ask(call, context).status();
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::StatusOr<std::string> Nova::key_fingerprint(const std::string& name,
                                                  const CallContext& context) {
  const ApiCall call = compute_call("get key pair " + name, "GET",
                                    "/os-keypairs/" + http_client::percent_encode(name));
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, ask(call, context));
  JsonReader root(answer.body, call.what);
  JsonReader reader(root.object("keypair"), call.what);
  std::string fingerprint = reader.required_text("fingerprint");
  MEX_RETURN_IF_ERROR(root.status());
  MEX_RETURN_IF_ERROR(reader.status());
  return fingerprint;
}

absl::StatusOr<std::vector<Flavor>> Nova::list_flavors(const CallContext& context) {
  const Listing listing{.service = Service::Compute,
                        .what = "list flavors",
                        .path = "/flavors/detail",
                        .key = "flavors",
                        .query = {}};
  std::vector<Flavor> flavors;
  MEX_RETURN_IF_ERROR(list(listing, context, [&](const json& element) {
    absl::StatusOr<Flavor> flavor = flavor_from_json(element);
    if (flavor.ok()) flavors.push_back(*std::move(flavor));
    return flavor.status();
  }));
  return flavors;
}

absl::StatusOr<Flavor> Nova::find_flavor(const std::string& name_or_id,
                                         const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const std::vector<Flavor> flavors, list_flavors(context));
  const auto find = [&](std::string Flavor::*member, const std::string& value) -> const Flavor* {
    const auto found = std::find_if(flavors.begin(), flavors.end(),
                                    [&](const Flavor& flavor) { return flavor.*member == value; });
    return found == flavors.end() ? nullptr : &*found;
  };
  if (const Flavor* flavor = find(&Flavor::name, name_or_id)) return *flavor;
  if (const Flavor* flavor = find(&Flavor::id, name_or_id)) return *flavor;
  const auto uuid = parse_uuid(name_or_id);
  if (const Flavor* flavor = uuid ? find(&Flavor::id, *uuid) : nullptr) return *flavor;
  return base::error(absl::StatusCode::kNotFound, "there is no Nova flavor '{}'", name_or_id);
}

absl::StatusOr<Flavor> Nova::get_flavor(const std::string& id, const CallContext& context) {
  const ApiCall call =
      compute_call("get flavor " + id, "GET", "/flavors/" + http_client::percent_encode(id));
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, ask(call, context));
  JsonReader reader(answer.body, call.what);
  return flavor_from_json(reader.object("flavor"));
}

absl::StatusOr<ComputeQuotas> Nova::quotas(const CallContext& context) {
  const ApiCall call = compute_call("get compute quotas", "GET", "/limits");
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, ask(call, context));
  JsonReader reader(answer.body, call.what);
  return compute_quotas_from_json(reader.object("limits"));
}

absl::StatusOr<std::vector<AvailabilityZone>> Nova::list_availability_zones(
    const CallContext& context) {
  const ApiCall call = compute_call("list availability zones", "GET", "/os-availability-zone");
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, call_for_list(session_, at(call, context), context));
  JsonReader reader(answer.body, call.what);
  std::vector<AvailabilityZone> zones;
  for (const json& element : reader.array("availabilityZoneInfo")) {
    MEX_ASSIGN_OR_RETURN(AvailabilityZone zone, availability_zone_from_json(element));
    zones.push_back(std::move(zone));
  }
  MEX_RETURN_IF_ERROR(reader.status());
  return zones;
}

}  // namespace mex::openstack
