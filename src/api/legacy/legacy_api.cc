#include "api/legacy/legacy_api.h"

#include <fmt/format.h>

#include "api/legacy/go_map_text.h"
#include "api/legacy/legacy_proto.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::api {
namespace {

std::vector<cluster::ClusterRequest> cluster_requests(const ::api::ProvisionRequest& request) {
  std::vector<cluster::ClusterRequest> requests;
  for (const ::api::Provision& provision : request.provisions()) {
    requests.push_back({.tenant = provision.tenant(),
                        .name = provision.name(),
                        .kind = provision.kind(),
                        .flavor = provision.flavor(),
                        .image = provision.image(),
                        .network = provision.network(),
                        .fixed_ip = provision.fixedip(),
                        .storage = provision.storage(),
                        .zone = provision.zone(),
                        .region = provision.region(),
                        .metadata = provision.metadata()});
  }
  return requests;
}

void append_to_list(std::string& list, std::string_view separator, std::string_view item) {
  if (item.empty()) return;
  if (!list.empty()) list += separator;
  list += item;
}

// What was already so, in one line; adds the headers.
std::string report(const std::vector<cluster::RequestResult>& results, ReplyHeaders& headers) {
  std::string operations;
  std::string notice;
  for (const cluster::RequestResult& result : results) {
    append_to_list(operations, ",", result.operation_id);
    if (result.already_satisfied) append_to_list(notice, "; ", result.detail);
  }
  if (!operations.empty()) headers.emplace_back("x-mex-operation", operations);
  if (!notice.empty()) headers.emplace_back("x-mex-notice", notice);
  return notice;
}

std::vector<routing::ProxyRoute> proxy_routes(const ::api::ProxyRequest& request) {
  std::vector<routing::ProxyRoute> routes;
  for (const ::api::Proxy& proxy : request.proxies()) {
    routes.push_back({.name = proxy.name(), .path = proxy.path(), .origin = proxy.origin()});
  }
  return routes;
}

// "OK", or the state and why.
std::string cloud_text(const openstack::CloudView& view) {
  if (view.state == openstack::CloudState::Available) return "OK";
  const std::string_view why = base::message_of(view.problem);
  return fmt::format("{}{}{}", to_string(view.state), why.empty() ? "" : ": ", why);
}

::api::ProxyResponse proxy_reply(const ::api::ProxyRequest& request, std::string status) {
  ::api::ProxyResponse reply;
  reply.set_message(request.message());
  reply.set_status(std::move(status));
  return reply;
}

}  // namespace

absl::StatusOr<::api::ProvisionResponse> LegacyApi::provision(
    const access::Principal&, const ::api::ProvisionRequest& request, ReplyHeaders& headers) const {
  if (request.provisions().empty()) return absl::InvalidArgumentError("missing provisions");
  MEX_ASSIGN_OR_RETURN(const std::vector<cluster::RequestResult> results,
                       clusters_.create(cluster_requests(request)));
  const std::string notice = report(results, headers);
  ::api::ProvisionResponse reply;
  reply.set_message(request.message());
  // Clients look for "OK" at the start of the answer; the notice follows it.
  reply.set_status(notice.empty() ? "OK" : "OK, " + notice);
  return reply;
}

absl::StatusOr<::api::ProvisionResponse> LegacyApi::destroy(const access::Principal&,
                                                            const ::api::ProvisionRequest& request,
                                                            ReplyHeaders& headers) const {
  if (request.provisions().empty()) return absl::InvalidArgumentError("missing provisions");
  MEX_ASSIGN_OR_RETURN(const std::vector<cluster::RequestResult> results,
                       clusters_.destroy(cluster_requests(request)));
  report(results, headers);
  ::api::ProvisionResponse reply;
  reply.set_message(request.message());
  reply.set_status("OK");  // also when there was nothing to destroy, as the original
  return reply;
}

absl::StatusOr<::api::ProxyResponse> LegacyApi::proxy(const access::Principal&,
                                                      const ::api::ProxyRequest& request,
                                                      ReplyHeaders& headers) const {
  const std::string& verb = request.message();
  if (verb == "list") {
    std::vector<routing::ProxyRouteView> views = routes_.list();
    const std::size_t others =
        std::erase_if(views, [](const auto& view) { return !view.is_simple; });
    if (others > 0) {
      headers.emplace_back("x-mex-notice",
                           fmt::format("{} more with a host, conditions or without an origin: "
                                       "GET /v1/proxies",
                                       others));
    }
    return proxy_reply(request, go_map_text(views));
  }
  if (verb != "add" && verb != "delete") {
    return base::field_error(
        "message", fmt::format("invalid request {}: add, list or delete", base::quoted(verb)));
  }
  if (request.proxies().empty()) return absl::InvalidArgumentError("missing proxy definitions");
  const std::vector<routing::ProxyRoute> routes = proxy_routes(request);
  MEX_RETURN_IF_ERROR(verb == "add" ? routes_.add(routes) : routes_.remove(routes));
  return proxy_reply(request, "OK");
}

absl::StatusOr<::api::RouteResponse> LegacyApi::route(const access::Principal&,
                                                      const ::api::RouteRequest& request) const {
  const std::string& verb = request.message();
  ::api::RouteResponse reply;
  reply.set_message(verb);
  if (verb == "list") {
    MEX_ASSIGN_OR_RETURN(*reply.mutable_status(), host_routes_.table());
    return reply;
  }
  if (verb != "add" && verb != "delete") {
    reply.set_message(fmt::format("Error, invalid request {}", verb));
    return reply;
  }
  if (request.routes().empty()) return absl::InvalidArgumentError("missing Route definitions");
  std::vector<routing::HostRoute> routes;
  for (const ::api::Route& route : request.routes()) {
    routes.push_back({.subnet = route.subnet(), .gateway = route.gateway(), .device = route.dev()});
  }
  MEX_RETURN_IF_ERROR(verb == "add"
                          ? base::annotate(host_routes_.add(routes), "can't add route")
                          : base::annotate(host_routes_.remove(routes), "can't delete route"));
  reply.set_status("OK");
  return reply;
}

::api::StatusResponse LegacyApi::status(const access::Principal&,
                                        const ::api::StatusRequest&) const {
  ::api::StatusResponse reply;
  reply.set_message(fmt::format("OK, version {}", version_));
  reply.set_status("OK");
  reply.set_cloud(cloud_text(cloud_.view()));
  for (const auto& route : routes_.list()) {
    if (route.is_simple) *reply.add_proxies() = to_proxy(route);
  }
  for (const auto& cluster : clusters_.clusters(""))
    *reply.add_provisions() = to_provision(cluster);
  for (std::string& problem : problems_()) reply.add_problems(std::move(problem));
  return reply;
}

}  // namespace mex::api
