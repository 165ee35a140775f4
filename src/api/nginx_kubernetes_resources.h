#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mexosagent/v1/nginx_proxies.pb.h"
#include "nginx/reconcile/instances.h"

// The nginx instances in front of Kubernetes APIs as resources of package mexosagent.v1, without
// gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::ListNginxKubernetesProxiesResponse list_nginx_kubernetes_proxies(
    const nginx::Instances& instances);
// NotFound.
absl::StatusOr<::mexosagent::v1::NginxKubernetesProxy> get_nginx_kubernetes_proxy(
    const nginx::Instances& instances,
    const ::mexosagent::v1::GetNginxKubernetesProxyRequest& request);
// As nginx::Instances::add; InvalidArgument if the body has another name.
absl::StatusOr<::mexosagent::v1::NginxKubernetesProxy> put_nginx_kubernetes_proxy(
    nginx::Instances& instances, const ::mexosagent::v1::PutNginxKubernetesProxyRequest& request);
// NotFound.
absl::Status delete_nginx_kubernetes_proxy(
    nginx::Instances& instances,
    const ::mexosagent::v1::DeleteNginxKubernetesProxyRequest& request);

::mexosagent::v1::NginxKubernetesProxy to_nginx_kubernetes_proxy(const nginx::InstanceView& view,
                                                                 std::string_view runtime);
// What a client sends. InvalidArgument names the field; what only the agent gives is not looked at.
absl::StatusOr<nginx::Instance> from_nginx_kubernetes_proxy(
    const ::mexosagent::v1::NginxKubernetesProxy& given);

}  // namespace mex::api
