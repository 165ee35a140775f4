#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "mexosagent/v1/nginx_proxies.pb.h"
#include "nginx/reconcile/instances.h"

// The nginx instances in front of Kubernetes APIs as resources of package mexosagent.v1, without
// gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::ListNginxKubernetesProxiesResponse list_nginx_kubernetes_proxies(
    const access::Principal& caller, const nginx::Instances& instances,
    const ::mexosagent::v1::ListNginxKubernetesProxiesRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::NginxKubernetesProxy> get_nginx_kubernetes_proxy(
    const access::Principal& caller, const nginx::Instances& instances,
    const ::mexosagent::v1::GetNginxKubernetesProxyRequest& request);
// As nginx::Instances::add; InvalidArgument if the body has another name.
absl::StatusOr<::mexosagent::v1::NginxKubernetesProxy> put_nginx_kubernetes_proxy(
    const access::Principal& caller, nginx::Instances& instances,
    const ::mexosagent::v1::PutNginxKubernetesProxyRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::DeleteNginxKubernetesProxyResponse> delete_nginx_kubernetes_proxy(
    const access::Principal& caller, nginx::Instances& instances,
    const ::mexosagent::v1::DeleteNginxKubernetesProxyRequest& request);

::mexosagent::v1::NginxKubernetesProxy to_nginx_kubernetes_proxy(const nginx::InstanceView& view,
                                                                 std::string_view runtime);
// The instance that a client asks for. InvalidArgument names the field. Fields that only the agent
// sets are ignored.
absl::StatusOr<nginx::Instance> from_nginx_kubernetes_proxy(
    const ::mexosagent::v1::NginxKubernetesProxy& given);

}  // namespace mex::api
