#pragma once

#include <google/protobuf/descriptor.h>

#include <memory>
#include <string>
#include <vector>

#include "api/readiness.h"
#include "api/rpc_service.h"
#include "certificates/certificate_inventory.h"
#include "certificates/client_authentications.h"
#include "cluster/engine/manager.h"
#include "dns/dns_reconciler.h"
#include "events/event_log.h"
#include "nginx/reconcile/instances.h"
#include "openstack/cloud_monitor.h"
#include "routing/host_routes.h"
#include "routing/proxy_routes.h"
#include "store/store.h"

namespace mex::api {

// What the API is about. Everything that is referenced outlives the API.
struct Domain {
  const openstack::CloudMonitor& cloud;
  cluster::Manager& clusters;
  routing::ProxyRoutes& routes;
  routing::HostRoutes& host_routes;
  nginx::Instances& nginx;
  certificates::CertificateInventory* certificates;             // null while the proxy is off
  certificates::ClientAuthentications* client_authentications;  // the same
  dns::DnsReconciler* names;  // in public DNS; null if none are registered
  const events::EventLog& events;
  store::Store& store;
  Readiness readiness;
  std::string version;
};

// The services of api/*.proto: the table of all methods with the functions that answer them. A new
// call is one line there. `domain` outlives the services.
std::vector<std::unique_ptr<RpcService>> make_services(const Domain& domain);

// Their descriptors, for the REST gateway.
std::vector<const google::protobuf::ServiceDescriptor*> descriptors_of(
    const std::vector<std::unique_ptr<RpcService>>& services);

}  // namespace mex::api
