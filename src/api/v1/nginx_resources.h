#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "mexosagent/v1/nginx_proxies.pb.h"
#include "nginx/reconcile/instances.h"

// The nginx instances and users of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::ListNginxProxiesResponse list_nginx_proxies(
    const access::Principal& caller, const nginx::Instances& instances,
    const ::mexosagent::v1::ListNginxProxiesRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::NginxProxy> get_nginx_proxy(
    const access::Principal& caller, const nginx::Instances& instances,
    const ::mexosagent::v1::GetNginxProxyRequest& request);
// As nginx::Instances::add; InvalidArgument if the body has another name.
absl::StatusOr<::mexosagent::v1::NginxProxy> put_nginx_proxy(
    const access::Principal& caller, nginx::Instances& instances,
    const ::mexosagent::v1::PutNginxProxyRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::DeleteNginxProxyResponse> delete_nginx_proxy(
    const access::Principal& caller, nginx::Instances& instances,
    const ::mexosagent::v1::DeleteNginxProxyRequest& request);

absl::StatusOr<::mexosagent::v1::ListNginxUsersResponse> list_nginx_users(
    const access::Principal& caller, const nginx::Instances& instances,
    const ::mexosagent::v1::ListNginxUsersRequest& request);
// As nginx::Users::put.
absl::StatusOr<::mexosagent::v1::NginxUser> put_nginx_user(
    const access::Principal& caller, nginx::Instances& instances,
    const ::mexosagent::v1::PutNginxUserRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::DeleteNginxUserResponse> delete_nginx_user(
    const access::Principal& caller, nginx::Instances& instances,
    const ::mexosagent::v1::DeleteNginxUserRequest& request);

}  // namespace mex::api
