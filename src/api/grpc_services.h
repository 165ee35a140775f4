#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "api/rpc_gate.h"
#include "cluster/manager.h"
#include "edge/certificates/held_certificates.h"
#include "edge/dns/registrations.h"
#include "edge/host_routes.h"
#include "edge/nginx/instances.h"
#include "edge/proxy_routes.h"
#include "events/event_log.h"

namespace mex::api {

// What the API speaks about. Everything referenced outlives the API.
struct Domain {
  cluster::Manager& clusters;
  edge::ProxyRoutes& routes;
  edge::HostRoutes& host_routes;
  edge::nginx::Instances& nginx;
  edge::certificates::HeldCertificates* certificates;  // null while the proxy is off
  edge::dns::Registrations* names;                     // in public DNS; null if none are registered
  const events::EventLog& events;
  std::string version;
};

// One object for each service of api/*.proto. `domain` and `gate` outlive them.
std::vector<std::unique_ptr<grpc::Service>> make_services(const Domain& domain,
                                                          const RpcGate& gate);

// Their descriptors, for the REST gateway.
std::vector<const google::protobuf::ServiceDescriptor*> service_descriptors();

}  // namespace mex::api
