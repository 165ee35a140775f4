#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "api/legacy/reply_headers.h"
#include "cluster/engine/manager.h"
#include "mexosagent.pb.h"
#include "openstack/cloud_monitor.h"
#include "routing/host_routes.h"
#include "routing/proxy_routes.h"

namespace mex::api {

// The calls of package api over the domain objects. Clients of the original decide by the texts of
// the answers, so the texts are a contract: docs/api.md. Thread-safe; copies share the objects.
class LegacyApi {
 public:
  using Problems = std::function<std::vector<std::string>()>;

  // The objects outlive this one and its copies.
  // `problems` gives what is wrong with the agent itself, a line each; thread-safe.
  LegacyApi(const openstack::CloudMonitor& cloud, cluster::Manager& clusters,
            routing::ProxyRoutes& routes, routing::HostRoutes& host_routes,
            std::string_view version, Problems problems)
      : cloud_(cloud),
        clusters_(clusters),
        routes_(routes),
        host_routes_(host_routes),
        version_(version),
        problems_(std::move(problems)) {}

  // Headers: x-mex-operation, the ids of the operations that were started, separated by commas;
  // x-mex-notice, what was already so.
  absl::StatusOr<::api::ProvisionResponse> provision(const access::Principal& caller,
                                                     const ::api::ProvisionRequest& request,
                                                     ReplyHeaders& headers) const;
  absl::StatusOr<::api::ProvisionResponse> destroy(const access::Principal& caller,
                                                   const ::api::ProvisionRequest& request,
                                                   ReplyHeaders& headers) const;

  // A list has the routes that are a path and an origin; x-mex-notice says that there are others.
  absl::StatusOr<::api::ProxyResponse> proxy(const access::Principal& caller,
                                             const ::api::ProxyRequest& request,
                                             ReplyHeaders& headers) const;
  // An unknown verb is not an error here: the reply's message names it.
  absl::StatusOr<::api::RouteResponse> route(const access::Principal& caller,
                                             const ::api::RouteRequest& request) const;
  ::api::StatusResponse status(const access::Principal& caller,
                               const ::api::StatusRequest& request) const;

 private:
  const openstack::CloudMonitor& cloud_;
  cluster::Manager& clusters_;
  routing::ProxyRoutes& routes_;
  routing::HostRoutes& host_routes_;
  std::string version_;
  Problems problems_;
};

}  // namespace mex::api
