#include "api/v1/nginx_kubernetes_resources.h"

#include <string>
#include <utility>

#include "api/v1/nginx_proto.h"
#include "base/status.h"
#include "nginx/model/grammar.h"

namespace mex::api {

namespace v1 = ::mexosagent::v1;
using nginx::ApiAccess;
using nginx::Kind;

namespace {

constexpr std::pair<v1::NginxKubernetesProxy::Access, ApiAccess> kAccesses[] = {
    {v1::NginxKubernetesProxy::READ, ApiAccess::Read},
    {v1::NginxKubernetesProxy::READ_SECRETS, ApiAccess::ReadSecrets},
    {v1::NginxKubernetesProxy::EVERYTHING, ApiAccess::Everything}};

absl::StatusOr<ApiAccess> access_of(const v1::NginxKubernetesProxy& given) {
  if (given.access() == v1::NginxKubernetesProxy::ACCESS_UNSPECIFIED) return ApiAccess::Read;
  for (const auto& [shown, access] : kAccesses) {
    if (shown != given.access()) continue;
    if (!given.cluster().empty()) return access;
    return base::field_error("access", "is for a cluster: name one");
  }
  return base::field_error("access", "must be READ, READ_SECRETS or EVERYTHING");
}

}  // namespace

v1::NginxKubernetesProxy to_nginx_kubernetes_proxy(const nginx::InstanceView& view,
                                                   std::string_view runtime) {
  const nginx::Instance& instance = view.instance;
  const nginx::Port& port = instance.ports.front();
  v1::NginxKubernetesProxy shown;
  shown.set_name(instance.name);
  shown.set_external(port.external);
  shown.set_tenant(instance.cluster.tenant);
  shown.set_cluster(instance.cluster.name);
  for (const auto& [access, own_access] : kAccesses) {
    if (instance.leads_to_cluster() && own_access == instance.access) shown.set_access(access);
  }
  for (const std::string& block : port.allowed) shown.add_allowed(block);
  if (port.client_limits) *shown.mutable_client_limits() = to_client_limits(*port.client_limits);
  add_condition(view, runtime, shown);
  return shown;
}

absl::StatusOr<nginx::Instance> from_nginx_kubernetes_proxy(const v1::NginxKubernetesProxy& given) {
  const auto external = nginx::parse_port_number(std::to_string(given.external()));
  if (!external || *external < 2) {
    return base::field_error("external", "must be a port number, 2 to 65535");
  }
  MEX_ASSIGN_OR_RETURN(const ApiAccess access, access_of(given));
  nginx::Instance instance = nginx::kubernetes_proxy(
      given.name(), *external, {.tenant = given.tenant(), .name = given.cluster()}, access);
  nginx::Port& port = instance.ports.front();
  port.allowed.assign(given.allowed().begin(), given.allowed().end());
  if (given.has_client_limits()) {
    MEX_ASSIGN_OR_RETURN(port.client_limits,
                         from_client_limits(given.client_limits(), Kind::KubernetesProxy, 0));
  }
  return instance;
}

v1::ListNginxKubernetesProxiesResponse list_nginx_kubernetes_proxies(
    const access::Principal&, const nginx::Instances& instances,
    const v1::ListNginxKubernetesProxiesRequest&) {
  v1::ListNginxKubernetesProxiesResponse reply;
  for (const auto& view : instances.list(Kind::KubernetesProxy)) {
    *reply.add_nginx_kubernetes_proxies() =
        to_nginx_kubernetes_proxy(view, instances.runtime_kind());
  }
  return reply;
}

absl::StatusOr<v1::NginxKubernetesProxy> get_nginx_kubernetes_proxy(
    const access::Principal&, const nginx::Instances& instances,
    const v1::GetNginxKubernetesProxyRequest& request) {
  MEX_ASSIGN_OR_RETURN(const nginx::InstanceView view,
                       instances.get(Kind::KubernetesProxy, request.name()));
  return to_nginx_kubernetes_proxy(view, instances.runtime_kind());
}

absl::StatusOr<v1::NginxKubernetesProxy> put_nginx_kubernetes_proxy(
    const access::Principal&, nginx::Instances& instances,
    const v1::PutNginxKubernetesProxyRequest& request) {
  MEX_ASSIGN_OR_RETURN(const v1::NginxKubernetesProxy proxy,
                       with_path_name(request.nginx_kubernetes_proxy(), request.name()));
  MEX_ASSIGN_OR_RETURN(const nginx::Instance instance, from_nginx_kubernetes_proxy(proxy));
  MEX_RETURN_IF_ERROR(instances.add(instance));
  MEX_ASSIGN_OR_RETURN(const nginx::InstanceView view,
                       instances.get(Kind::KubernetesProxy, request.name()));
  return to_nginx_kubernetes_proxy(view, instances.runtime_kind());
}

absl::StatusOr<v1::DeleteNginxKubernetesProxyResponse> delete_nginx_kubernetes_proxy(
    const access::Principal&, nginx::Instances& instances,
    const v1::DeleteNginxKubernetesProxyRequest& request) {
  MEX_RETURN_IF_ERROR(instances.get(Kind::KubernetesProxy, request.name()).status());
  MEX_RETURN_IF_ERROR(instances.remove(Kind::KubernetesProxy, request.name()));
  return v1::DeleteNginxKubernetesProxyResponse();
}

}  // namespace mex::api
