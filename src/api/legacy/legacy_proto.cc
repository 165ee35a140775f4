#include "api/legacy/legacy_proto.h"

#include <string>

#include "api/v1/cluster_proto.h"

namespace mex::api {
namespace {

// A reason in one line, for the API whose fields are plain text.
std::string line_of(const cluster::Reason& reason) {
  std::string line = reason.message;
  if (!reason.request_id.empty() && line.find(reason.request_id) == std::string::npos) {
    line += " (" + reason.request_id + ")";
  }
  if (!reason.next.empty()) line += (line.empty() ? "" : "; ") + reason.next;
  return line;
}

}  // namespace

::api::Provision to_provision(const cluster::ClusterView& view) {
  ::api::Provision provision;
  provision.set_name(view.name);
  provision.set_image(view.image);
  provision.set_flavor(view.flavor);
  provision.set_network(view.network);
  provision.set_zone(view.zone);
  provision.set_tenant(view.tenant);
  provision.set_region(view.region);
  provision.set_kind(view.kind);
  provision.set_state(::mexosagent::v1::Cluster::State_Name(to_proto(view.phase)));
  provision.set_reason(line_of(view.reason));
  provision.set_operation(view.operation_id);
  return provision;
}

::api::Proxy to_proxy(const routing::ProxyRouteView& view) {
  ::api::Proxy proxy;
  proxy.set_name(view.name);
  proxy.set_origin(view.origin);
  proxy.set_path(view.path);
  return proxy;
}

}  // namespace mex::api
