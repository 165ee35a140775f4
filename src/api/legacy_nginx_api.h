#pragma once

#include "absl/status/statusor.h"
#include "mexosagent.pb.h"
#include "nginx/reconcile/instances.h"

namespace mex::api {

// The verbs about nginx of package api. Clients of the original decide by the texts, so the texts
// are a contract: docs/nginx.md. Thread-safe.
class LegacyNginxApi {
 public:
  // `instances` outlive this object.
  explicit LegacyNginxApi(nginx::Instances& instances) : instances_(instances) {}

  absl::StatusOr<::api::NginxResponse> nginx(const ::api::NginxRequest& request);
  absl::StatusOr<::api::NginxKCPResponse> nginx_kcp(const ::api::NginxKCPRequest& request);

 private:
  nginx::Instances& instances_;
};

// What the fields of a request stand for. InvalidArgument names the field.
absl::StatusOr<nginx::Instance> to_instance(const ::api::NginxRequest& request);
absl::StatusOr<nginx::Instance> to_instance(const ::api::NginxKCPRequest& request);

// "['a-nginx-lbproxy' 'b-nginx-lbproxy' ]", "[]" without any: a list of lines, the last one empty,
// as Go prints it.
std::string list_text(const std::vector<nginx::InstanceView>& instances);

}  // namespace mex::api
