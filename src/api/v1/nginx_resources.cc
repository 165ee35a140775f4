#include "api/v1/nginx_resources.h"

#include "api/v1/nginx_proto.h"
#include "base/status.h"

namespace mex::api {

namespace v1 = ::mexosagent::v1;
using nginx::Kind;

v1::ListNginxProxiesResponse list_nginx_proxies(const access::Principal&,
                                                const nginx::Instances& instances,
                                                const v1::ListNginxProxiesRequest&) {
  v1::ListNginxProxiesResponse reply;
  for (const auto& view : instances.list(Kind::Ports)) {
    *reply.add_nginx_proxies() = to_nginx_proxy(view, instances.runtime_kind());
  }
  return reply;
}

absl::StatusOr<v1::NginxProxy> get_nginx_proxy(const access::Principal&,
                                               const nginx::Instances& instances,
                                               const v1::GetNginxProxyRequest& request) {
  MEX_ASSIGN_OR_RETURN(const nginx::InstanceView view, instances.get(Kind::Ports, request.name()));
  return to_nginx_proxy(view, instances.runtime_kind());
}

absl::StatusOr<v1::NginxProxy> put_nginx_proxy(const access::Principal&,
                                               nginx::Instances& instances,
                                               const v1::PutNginxProxyRequest& request) {
  MEX_ASSIGN_OR_RETURN(const v1::NginxProxy proxy,
                       with_path_name(request.nginx_proxy(), request.name()));
  MEX_ASSIGN_OR_RETURN(const nginx::Instance instance, from_nginx_proxy(proxy));
  MEX_RETURN_IF_ERROR(instances.add(instance));
  MEX_ASSIGN_OR_RETURN(const nginx::InstanceView view, instances.get(Kind::Ports, request.name()));
  return to_nginx_proxy(view, instances.runtime_kind());
}

absl::StatusOr<v1::DeleteNginxProxyResponse> delete_nginx_proxy(
    const access::Principal&, nginx::Instances& instances,
    const v1::DeleteNginxProxyRequest& request) {
  MEX_RETURN_IF_ERROR(instances.get(Kind::Ports, request.name()).status());
  MEX_RETURN_IF_ERROR(instances.remove(Kind::Ports, request.name()));
  return v1::DeleteNginxProxyResponse();
}

absl::StatusOr<v1::ListNginxUsersResponse> list_nginx_users(const access::Principal&,
                                                            const nginx::Instances& instances,
                                                            const v1::ListNginxUsersRequest&) {
  MEX_ASSIGN_OR_RETURN(const std::vector<nginx::User> users, instances.users().list());
  v1::ListNginxUsersResponse reply;
  for (const nginx::User& user : users) {
    v1::NginxUser& shown = *reply.add_users();
    shown.set_name(user.name);
    shown.set_file(user.file);
  }
  return reply;
}

absl::StatusOr<v1::NginxUser> put_nginx_user(const access::Principal&, nginx::Instances& instances,
                                             const v1::PutNginxUserRequest& request) {
  MEX_RETURN_IF_ERROR(instances.users().put(request.name(), base::Secret(request.password())));
  v1::NginxUser user;
  user.set_name(request.name());
  return user;
}

absl::StatusOr<v1::DeleteNginxUserResponse> delete_nginx_user(
    const access::Principal&, nginx::Instances& instances,
    const v1::DeleteNginxUserRequest& request) {
  MEX_RETURN_IF_ERROR(instances.users().remove(request.name()));
  return v1::DeleteNginxUserResponse();
}

}  // namespace mex::api
