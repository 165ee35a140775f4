#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "edge/nginx/instances.h"
#include "mexosagent/v1/nginx_proxies.pb.h"

namespace mex::api {

::mexosagent::v1::NginxProxy to_nginx_proxy(const edge::nginx::InstanceView& view,
                                            std::string_view runtime);

// What a client sends. InvalidArgument names the field; what only the agent gives is not looked at.
absl::StatusOr<edge::nginx::Instance> from_nginx_proxy(const ::mexosagent::v1::NginxProxy& given);

void add_traffic(const edge::nginx::Traffic& traffic,
                 google::protobuf::RepeatedPtrField<::mexosagent::v1::NginxProxyTraffic>& shown);

}  // namespace mex::api
