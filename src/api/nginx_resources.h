#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mexosagent/v1/nginx_proxies.pb.h"
#include "nginx/reconcile/instances.h"

// The nginx instances and users of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::ListNginxProxiesResponse list_nginx_proxies(const nginx::Instances& instances);
// NotFound.
absl::StatusOr<::mexosagent::v1::NginxProxy> get_nginx_proxy(
    const nginx::Instances& instances, const ::mexosagent::v1::GetNginxProxyRequest& request);
// As nginx::Instances::add; InvalidArgument if the body has another name.
absl::StatusOr<::mexosagent::v1::NginxProxy> put_nginx_proxy(
    nginx::Instances& instances, const ::mexosagent::v1::PutNginxProxyRequest& request);
// NotFound.
absl::Status delete_nginx_proxy(nginx::Instances& instances,
                                const ::mexosagent::v1::DeleteNginxProxyRequest& request);

absl::StatusOr<::mexosagent::v1::ListNginxUsersResponse> list_nginx_users(
    const nginx::Instances& instances);
// As nginx::Users::put.
absl::StatusOr<::mexosagent::v1::NginxUser> put_nginx_user(
    nginx::Instances& instances, const ::mexosagent::v1::PutNginxUserRequest& request);

}  // namespace mex::api
