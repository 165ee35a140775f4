#pragma once

#include "absl/status/statusor.h"
#include "edge/nginx/instances.h"
#include "mexosagent.pb.h"

namespace mex::api {

// The verbs about nginx of package api. Clients of the original decide by the texts, so the texts
// are a contract: docs/nginx.md. Thread-safe.
class NginxVerbs {
 public:
  // `instances` outlive this object.
  explicit NginxVerbs(edge::nginx::Instances& instances) : instances_(instances) {}

  absl::StatusOr<::api::NginxResponse> nginx(const ::api::NginxRequest& request);
  absl::StatusOr<::api::NginxKCPResponse> nginx_kcp(const ::api::NginxKCPRequest& request);

 private:
  edge::nginx::Instances& instances_;
};

// What the fields of a request stand for. InvalidArgument names the field.
absl::StatusOr<edge::nginx::Instance> to_instance(const ::api::NginxRequest& request);
absl::StatusOr<edge::nginx::Instance> to_instance(const ::api::NginxKCPRequest& request);

// "['a-nginx-lbproxy' 'b-nginx-lbproxy' ]", "[]" without any: a list of lines, the last one empty,
// as Go prints it.
std::string list_text(const std::vector<edge::nginx::InstanceView>& instances);

}  // namespace mex::api
