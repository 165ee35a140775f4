#include "api/legacy_api.h"

#include <fmt/format.h>

#include "api/go_map_text.h"
#include "api/views.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::api {
namespace {

std::vector<cluster::ClusterRequest> cluster_requests(const ::api::ProvisionRequest& request) {
  std::vector<cluster::ClusterRequest> wishes;
  for (const ::api::Provision& provision : request.provisions()) {
    wishes.push_back({.tenant = provision.tenant(),
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
  return wishes;
}

void append_to_list(std::string& list, std::string_view separator, std::string_view item) {
  if (item.empty()) return;
  if (!list.empty()) list += separator;
  list += item;
}

// What was so already, in one line; puts the headers beside it.
std::string report(const std::vector<cluster::RequestResult>& accepted, ReplyHeaders& headers) {
  std::string operations;
  std::string notice;
  for (const cluster::RequestResult& one : accepted) {
    append_to_list(operations, ",", one.operation_id);
    if (one.already_satisfied) append_to_list(notice, "; ", one.detail);
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

::api::ProxyResponse proxy_reply(const ::api::ProxyRequest& request, std::string status) {
  ::api::ProxyResponse reply;
  reply.set_message(request.message());
  reply.set_status(std::move(status));
  return reply;
}

}  // namespace

absl::StatusOr<::api::ProvisionResponse> LegacyApi::provision(
    const ::api::ProvisionRequest& request, ReplyHeaders& headers) {
  if (request.provisions().empty()) return absl::InvalidArgumentError("missing provisions");
  MEX_ASSIGN_OR_RETURN(const std::vector<cluster::RequestResult> accepted,
                       clusters_.create(cluster_requests(request)));
  const std::string notice = report(accepted, headers);
  ::api::ProvisionResponse reply;
  reply.set_message(request.message());
  // Clients look for "OK" in the answer: it stays, with what they may want to know behind it.
  reply.set_status(notice.empty() ? "OK" : "OK, " + notice);
  return reply;
}

absl::StatusOr<::api::ProvisionResponse> LegacyApi::destroy(const ::api::ProvisionRequest& request,
                                                            ReplyHeaders& headers) {
  if (request.provisions().empty()) return absl::InvalidArgumentError("missing provisions");
  MEX_ASSIGN_OR_RETURN(const std::vector<cluster::RequestResult> accepted,
                       clusters_.destroy(cluster_requests(request)));
  report(accepted, headers);
  ::api::ProvisionResponse reply;
  reply.set_message(request.message());
  reply.set_status("OK");  // also when there was nothing to destroy, as the original
  return reply;
}

absl::StatusOr<::api::ProxyResponse> LegacyApi::proxy(const ::api::ProxyRequest& request) {
  const std::string& verb = request.message();
  if (verb == "list") return proxy_reply(request, go_map_text(routes_.list()));
  if (verb != "add" && verb != "delete") {
    return base::field_error(
        "message", fmt::format("invalid request {}: add, list or delete", base::quoted(verb)));
  }
  if (request.proxies().empty()) return absl::InvalidArgumentError("missing proxy definitions");
  const std::vector<routing::ProxyRoute> routes = proxy_routes(request);
  MEX_RETURN_IF_ERROR(verb == "add" ? routes_.add(routes) : routes_.remove(routes));
  return proxy_reply(request, "OK");
}

absl::StatusOr<::api::RouteResponse> LegacyApi::route(const ::api::RouteRequest& request) {
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

::api::StatusResponse LegacyApi::status() const {
  ::api::StatusResponse reply;
  reply.set_message(fmt::format("OK, version {}", version_));
  reply.set_status("OK");
  for (const auto& route : routes_.list()) *reply.add_proxies() = to_proxy(route);
  for (const auto& cluster : clusters_.clusters(""))
    *reply.add_provisions() = to_provision(cluster);
  return reply;
}

}  // namespace mex::api
