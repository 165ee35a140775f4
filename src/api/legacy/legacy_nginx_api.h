#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "mexosagent.pb.h"
#include "nginx/reconcile/instances.h"

namespace mex::api {

// The calls of package api about nginx. Clients of the original decide by the texts of the answers,
// so the texts are a contract: docs/nginx.md. Thread-safe; copies share the instances.
class LegacyNginxApi {
 public:
  // `instances` outlive this object and its copies.
  explicit LegacyNginxApi(nginx::Instances& instances) : instances_(instances) {}

  absl::StatusOr<::api::NginxResponse> nginx(const access::Principal& caller,
                                             const ::api::NginxRequest& request) const;
  absl::StatusOr<::api::NginxKCPResponse> nginx_kcp(const access::Principal& caller,
                                                    const ::api::NginxKCPRequest& request) const;

 private:
  nginx::Instances& instances_;
};

// The instance that a request asks for. InvalidArgument names the field.
absl::StatusOr<nginx::Instance> to_instance(const ::api::NginxRequest& request);
absl::StatusOr<nginx::Instance> to_instance(const ::api::NginxKCPRequest& request);

// "['a-nginx-lbproxy' 'b-nginx-lbproxy' ]", "[]" without any: a list of lines, the last one empty,
// as Go prints it.
std::string list_text(const std::vector<nginx::InstanceView>& instances);

}  // namespace mex::api
