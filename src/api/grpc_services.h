#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "api/rpc_authorizer.h"
#include "certificates/certificate_inventory.h"
#include "cluster/engine/manager.h"
#include "dns/dns_reconciler.h"
#include "events/event_log.h"
#include "nginx/reconcile/instances.h"
#include "routing/host_routes.h"
#include "routing/proxy_routes.h"

namespace mex::api {

// What the API speaks about. Everything referenced outlives the API.
struct Domain {
  cluster::Manager& clusters;
  routing::ProxyRoutes& routes;
  routing::HostRoutes& host_routes;
  nginx::Instances& nginx;
  certificates::CertificateInventory* certificates;  // null while the proxy is off
  dns::DnsReconciler* names;                         // in public DNS; null if none are registered
  const events::EventLog& events;
  std::string version;
};

// One object for each service of api/*.proto. `domain` and `gate` outlive them.
std::vector<std::unique_ptr<grpc::Service>> make_services(const Domain& domain,
                                                          const RpcAuthorizer& gate);

// Their descriptors, for the REST gateway.
std::vector<const google::protobuf::ServiceDescriptor*> service_descriptors();

}  // namespace mex::api
