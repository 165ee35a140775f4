#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "api/v1/timestamp.h"
#include "base/status.h"
#include "mexosagent/v1/nginx_proxies.pb.h"
#include "nginx/reconcile/instances.h"

namespace mex::api {

::mexosagent::v1::NginxProxy to_nginx_proxy(const nginx::InstanceView& view,
                                            std::string_view runtime);

// The instance that a client asks for. InvalidArgument names the field. Fields that only the agent
// sets are ignored.
absl::StatusOr<nginx::Instance> from_nginx_proxy(const ::mexosagent::v1::NginxProxy& given);

::mexosagent::v1::NginxProxyClientLimits to_client_limits(const nginx::ClientLimits& limits);
// What is not given is as of `kind`. InvalidArgument names the field of the port with that index.
absl::StatusOr<nginx::ClientLimits> from_client_limits(
    const ::mexosagent::v1::NginxProxyClientLimits& given, nginx::Kind kind, int index);

void add_traffic(const nginx::Traffic& traffic,
                 google::protobuf::RepeatedPtrField<::mexosagent::v1::NginxProxyTraffic>& shown);

// Sets what the agent shows of every kind of instance. `Shown` is NginxProxy or
// NginxKubernetesProxy.
template <typename Shown>
void add_condition(const nginx::InstanceView& view, std::string_view runtime, Shown& shown) {
  shown.set_state(view.problem.empty() || view.is_stopping ? "RUNNING" : "FAILED");
  shown.set_reason(view.problem);
  *shown.mutable_changed_at() = timestamp(view.changed_at);
  shown.set_runtime(std::string(runtime));
  shown.set_active_connections(view.active_connections);
  add_traffic(view.traffic, *shown.mutable_traffic());
}

// A message from a client, which may leave its name to the path. InvalidArgument if it has another
// name.
template <typename Message>
absl::StatusOr<Message> with_path_name(Message message, const std::string& name) {
  if (!message.name().empty() && message.name() != name) {
    return base::field_error("name", fmt::format("is {} in the path", name));
  }
  message.set_name(name);
  return message;
}

}  // namespace mex::api
