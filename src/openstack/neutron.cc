#include "openstack/neutron.h"

#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "openstack/api_call.h"
#include "openstack/error.h"
#include "openstack/json_reader.h"
#include "openstack/listing.h"
#include "openstack/neutron_json.h"
#include "openstack/session.h"

namespace mex::openstack {
namespace {

using nlohmann::json;

template <typename Resource>
using FromJson = absl::StatusOr<Resource> (*)(const json&);

ApiCall network_call(std::string what, std::string method, std::string path) {
  ApiCall call;
  call.service = Service::Network;
  call.what = std::move(what);
  call.method = std::move(method);
  call.path = std::move(path);
  return call;
}

std::string item_path(std::string_view collection, const std::string& id) {
  return fmt::format("/{}/{}", collection, http_client::percent_encode(id));
}

// The answer of a creation that cannot be read leaves something behind that has no record.
absl::Status unread_creation(const absl::Status& status, std::string_view what) {
  return with_unknown_outcome(base::annotate(status, what));
}

template <typename Resource>
absl::StatusOr<Resource> create(Session& session, std::string what, std::string path,
                                const char* key, json body, FromJson<Resource> from_json,
                                const CallContext& context) {
  ApiCall call = network_call(std::move(what), "POST", std::move(path));
  call.body = {{key, std::move(body)}};
  call.idempotent = false;
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session.call(call, context));
  JsonReader reader(answer.body, call.what);
  absl::StatusOr<Resource> resource = from_json(reader.object(key));
  if (!resource.ok()) return unread_creation(resource.status(), call.what);
  return resource;
}

template <typename Resource>
absl::StatusOr<std::vector<Resource>> create_many(Session& session, std::string what,
                                                  std::string path, const char* key, json bodies,
                                                  FromJson<Resource> from_json,
                                                  const CallContext& context) {
  const std::size_t wanted = bodies.size();
  ApiCall call = network_call(std::move(what), "POST", std::move(path));
  call.body = {{key, std::move(bodies)}};
  call.idempotent = false;
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session.call(call, context));
  JsonReader reader(answer.body, call.what);
  std::vector<Resource> resources;
  for (const json& element : reader.array(key)) {
    absl::StatusOr<Resource> resource = from_json(element);
    if (!resource.ok()) return unread_creation(resource.status(), call.what);
    resources.push_back(*std::move(resource));
  }
  if (resources.size() != wanted) {
    reader.reject(key, fmt::format("has {} elements instead of {}", resources.size(), wanted));
    return unread_creation(reader.status(), call.what);
  }
  return resources;
}

template <typename Resource>
absl::StatusOr<Resource> get(Session& session, std::string what, std::string path, const char* key,
                             FromJson<Resource> from_json, const CallContext& context) {
  const ApiCall call = network_call(std::move(what), "GET", std::move(path));
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session.call(call, context));
  JsonReader reader(answer.body, call.what);
  return from_json(reader.object(key));
}

Query query_of(const NeutronFilter& filter) {
  Query query;
  query.add("name", filter.name).add("description", filter.description).add_tags(filter.tags);
  query.add("project_id", filter.project_id).add("network_id", filter.network_id);
  query.add("device_id", filter.device_id).add("device_owner", filter.device_owner);
  query.add("port_id", filter.port_id).add("security_group_id", filter.security_group_id);
  if (filter.external) query.add("router:external", *filter.external ? "true" : "false");
  return query;
}

template <typename Resource>
absl::StatusOr<std::vector<Resource>> list(Session& session, std::string what, std::string key,
                                           const NeutronFilter& filter,
                                           FromJson<Resource> from_json,
                                           const CallContext& context) {
  std::string path = "/" + key;
  for (char& c : path) c = c == '_' ? '-' : c;  // /security-groups holds "security_groups"
  const Listing listing{.service = Service::Network,
                        .what = std::move(what),
                        .path = std::move(path),
                        .key = std::move(key),
                        .query = query_of(filter)};
  std::vector<Resource> resources;
  MEX_RETURN_IF_ERROR(list_all(session, listing, context, [&](const json& element) {
    absl::StatusOr<Resource> resource = from_json(element);
    if (resource.ok()) resources.push_back(*std::move(resource));
    return resource.status();
  }));
  return resources;
}

absl::Status gone_is_fine(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::Status remove(Session& session, std::string what, std::string path,
                    const CallContext& context) {
  const ApiCall call = network_call(std::move(what), "DELETE", std::move(path));
  return gone_is_fine(session.call(call, context).status());
}

std::string_view collection_of(Neutron::Taggable kind) {
  switch (kind) {
    case Neutron::Taggable::Network:
      return "networks";
    case Neutron::Taggable::Subnet:
      return "subnets";
    case Neutron::Taggable::Router:
      return "routers";
    case Neutron::Taggable::SecurityGroup:
      return "security-groups";
    case Neutron::Taggable::Port:
      break;
  }
  return "ports";
}

}  // namespace

Neutron::Neutron(Session& session) : session_(session) {}

absl::StatusOr<Network> Neutron::create_network(const NewNetwork& network,
                                                const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const bool with_port_security, has_extension("port-security", context));
  return create(session_, "create network " + network.name, "/networks", "network",
                to_json(network, with_port_security), &network_from_json, context);
}

absl::StatusOr<std::vector<Network>> Neutron::list_networks(const NeutronFilter& filter,
                                                            const CallContext& context) {
  return list(session_, "list networks", "networks", filter, &network_from_json, context);
}

absl::StatusOr<Network> Neutron::get_network(const std::string& id, const CallContext& context) {
  return get(session_, "get network " + id, item_path("networks", id), "network",
             &network_from_json, context);
}

absl::Status Neutron::delete_network(const std::string& id, const CallContext& context) {
  return remove(session_, "delete network " + id, item_path("networks", id), context);
}

absl::StatusOr<Subnet> Neutron::create_subnet(const NewSubnet& subnet, const CallContext& context) {
  return create(session_, "create subnet " + subnet.name, "/subnets", "subnet", to_json(subnet),
                &subnet_from_json, context);
}

absl::StatusOr<std::vector<Subnet>> Neutron::list_subnets(const NeutronFilter& filter,
                                                          const CallContext& context) {
  return list(session_, "list subnets", "subnets", filter, &subnet_from_json, context);
}

absl::StatusOr<Subnet> Neutron::get_subnet(const std::string& id, const CallContext& context) {
  return get(session_, "get subnet " + id, item_path("subnets", id), "subnet", &subnet_from_json,
             context);
}

absl::Status Neutron::delete_subnet(const std::string& id, const CallContext& context) {
  return remove(session_, "delete subnet " + id, item_path("subnets", id), context);
}

absl::StatusOr<Router> Neutron::create_router(const NewRouter& router, const CallContext& context) {
  return create(session_, "create router " + router.name, "/routers", "router", to_json(router),
                &router_from_json, context);
}

absl::StatusOr<std::vector<Router>> Neutron::list_routers(const NeutronFilter& filter,
                                                          const CallContext& context) {
  return list(session_, "list routers", "routers", filter, &router_from_json, context);
}

absl::StatusOr<Router> Neutron::get_router(const std::string& id, const CallContext& context) {
  return get(session_, "get router " + id, item_path("routers", id), "router", &router_from_json,
             context);
}

absl::Status Neutron::delete_router(const std::string& id, const CallContext& context) {
  return remove(session_, "delete router " + id, item_path("routers", id), context);
}

absl::Status Neutron::add_router_interface(const std::string& router_id,
                                           const std::string& subnet_id,
                                           const CallContext& context) {
  ApiCall call = network_call(fmt::format("add subnet {} to router {}", subnet_id, router_id),
                              "PUT", item_path("routers", router_id) + "/add_router_interface");
  call.body = {{"subnet_id", subnet_id}};
  call.idempotent = false;
  return session_.call(call, context).status();
}

absl::Status Neutron::remove_router_interface(const std::string& router_id,
                                              const std::string& subnet_id,
                                              const CallContext& context) {
  ApiCall call = network_call(fmt::format("remove subnet {} from router {}", subnet_id, router_id),
                              "PUT", item_path("routers", router_id) + "/remove_router_interface");
  call.body = {{"subnet_id", subnet_id}};
  return gone_is_fine(session_.call(call, context).status());
}

absl::Status Neutron::clear_router_routes(const std::string& router_id,
                                          const CallContext& context) {
  ApiCall call = network_call("clear the routes of router " + router_id, "PUT",
                              item_path("routers", router_id));
  call.body = {{"router", {{"routes", json::array()}}}};
  return gone_is_fine(session_.call(call, context).status());
}

absl::StatusOr<SecurityGroup> Neutron::create_security_group(const NewSecurityGroup& group,
                                                             const CallContext& context) {
  return create(session_, "create security group " + group.name, "/security-groups",
                "security_group", to_json(group), &security_group_from_json, context);
}

absl::StatusOr<std::vector<SecurityGroup>> Neutron::list_security_groups(
    const NeutronFilter& filter, const CallContext& context) {
  return list(session_, "list security groups", "security_groups", filter,
              &security_group_from_json, context);
}

absl::StatusOr<SecurityGroup> Neutron::get_security_group(const std::string& id,
                                                          const CallContext& context) {
  return get(session_, "get security group " + id, item_path("security-groups", id),
             "security_group", &security_group_from_json, context);
}

absl::Status Neutron::delete_security_group(const std::string& id, const CallContext& context) {
  return remove(session_, "delete security group " + id, item_path("security-groups", id), context);
}

absl::StatusOr<std::vector<SecurityGroupRule>> Neutron::create_security_group_rules(
    const std::vector<NewSecurityGroupRule>& rules, const CallContext& context) {
  if (rules.empty()) return std::vector<SecurityGroupRule>();
  json bodies = json::array();
  for (const NewSecurityGroupRule& rule : rules) bodies.push_back(to_json(rule));
  return create_many(session_, fmt::format("create {} security group rules", rules.size()),
                     "/security-group-rules", "security_group_rules", std::move(bodies),
                     &rule_from_json, context);
}

absl::StatusOr<std::vector<SecurityGroupRule>> Neutron::list_security_group_rules(
    const NeutronFilter& filter, const CallContext& context) {
  return list(session_, "list security group rules", "security_group_rules", filter,
              &rule_from_json, context);
}

absl::StatusOr<std::vector<Port>> Neutron::create_ports(const std::vector<NewPort>& ports,
                                                        const CallContext& context) {
  if (ports.empty()) return std::vector<Port>();
  MEX_ASSIGN_OR_RETURN(const bool with_tags,
                       has_extension("tag-ports-during-bulk-creation", context));
  json bodies = json::array();
  for (const NewPort& port : ports) bodies.push_back(to_json(port, with_tags));
  MEX_ASSIGN_OR_RETURN(std::vector<Port> made,
                       create_many(session_, fmt::format("create {} ports", ports.size()), "/ports",
                                   "ports", std::move(bodies), &port_from_json, context));
  if (with_tags) return made;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (ports[i].tags.empty()) continue;
    absl::Status tagged = replace_tags(Taggable::Port, made[i].id, ports[i].tags, context);
    if (!tagged.ok()) return with_unknown_outcome(std::move(tagged));
    made[i].tags = ports[i].tags;
  }
  return made;
}

absl::StatusOr<std::vector<Port>> Neutron::list_ports(const NeutronFilter& filter,
                                                      const CallContext& context) {
  return list(session_, "list ports", "ports", filter, &port_from_json, context);
}

absl::StatusOr<std::vector<FloatingIp>> Neutron::list_floating_ips(const NeutronFilter& filter,
                                                                   const CallContext& context) {
  return list(session_, "list floating ips", "floatingips", filter, &floating_ip_from_json,
              context);
}

absl::StatusOr<Port> Neutron::get_port(const std::string& id, const CallContext& context) {
  return get(session_, "get port " + id, item_path("ports", id), "port", &port_from_json, context);
}

absl::Status Neutron::delete_port(const std::string& id, const CallContext& context) {
  return remove(session_, "delete port " + id, item_path("ports", id), context);
}

absl::Status Neutron::replace_tags(Taggable kind, const std::string& id,
                                   const std::vector<std::string>& tags,
                                   const CallContext& context) {
  const std::string path = item_path(collection_of(kind), id);
  ApiCall call = network_call("tag " + path.substr(1), "PUT", path + "/tags");
  call.body = {{"tags", tags}};
  return session_.call(call, context).status();
}

absl::StatusOr<NeutronQuotas> Neutron::quotas(const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(const std::string project, session_.project_id(context));
  return get(session_, "get network quotas", item_path("quotas", project) + "/details", "quota",
             &neutron_quotas_from_json, context);
}

absl::StatusOr<bool> Neutron::has_extension(const std::string& alias, const CallContext& context) {
  {
    const base::MutexLock lock(mutex_);
    if (extensions_) return extensions_->contains(alias);
  }
  const ApiCall call = network_call("list network extensions", "GET", "/extensions");
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session_.call(call, context));
  JsonReader reader(answer.body, call.what);
  std::set<std::string> aliases;
  for (const json& element : reader.array("extensions")) {
    JsonReader extension(element, call.what);
    aliases.insert(extension.text("alias"));
    MEX_RETURN_IF_ERROR(extension.status());
  }
  MEX_RETURN_IF_ERROR(reader.status());
  const base::MutexLock lock(mutex_);
  extensions_ = std::move(aliases);
  return extensions_->contains(alias);
}

}  // namespace mex::openstack
