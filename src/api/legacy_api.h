#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cluster/engine/manager.h"
#include "mexosagent.pb.h"
#include "routing/host_routes.h"
#include "routing/proxy_routes.h"

namespace mex::api {

// What a reply says beside its message: gRPC initial metadata, and over REST headers of the same
// name. Names are lower case and begin with "x-mex-".
using ReplyHeaders = std::vector<std::pair<std::string, std::string>>;

// The verbs of package api over the domain objects. Clients of the original decide by the texts, so
// the texts are a contract: docs/api.md. Thread-safe.
class LegacyApi {
 public:
  // All of them outlive this object.
  LegacyApi(cluster::Manager& clusters, routing::ProxyRoutes& routes,
            routing::HostRoutes& host_routes, std::string_view version)
      : clusters_(clusters), routes_(routes), host_routes_(host_routes), version_(version) {}

  // Headers: x-mex-operation, the ids of what was started, separated by commas; x-mex-notice, what
  // was found to be so already.
  absl::StatusOr<::api::ProvisionResponse> provision(const ::api::ProvisionRequest& request,
                                                     ReplyHeaders& headers);
  absl::StatusOr<::api::ProvisionResponse> destroy(const ::api::ProvisionRequest& request,
                                                   ReplyHeaders& headers);

  absl::StatusOr<::api::ProxyResponse> proxy(const ::api::ProxyRequest& request);
  // An unknown verb is no error here: the reply's message says it.
  absl::StatusOr<::api::RouteResponse> route(const ::api::RouteRequest& request);
  ::api::StatusResponse status() const;

 private:
  cluster::Manager& clusters_;
  routing::ProxyRoutes& routes_;
  routing::HostRoutes& host_routes_;
  std::string version_;
};

}  // namespace mex::api
