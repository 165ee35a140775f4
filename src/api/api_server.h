#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "access/access_policy.h"
#include "api/grpc_connections.h"
#include "api/readiness.h"
#include "certificates/certificate_inventory.h"
#include "certificates/client_authentications.h"
#include "cluster/engine/manager.h"
#include "dns/dns_reconciler.h"
#include "events/event_log.h"
#include "net/address.h"
#include "nginx/reconcile/instances.h"
#include "openstack/cloud_monitor.h"
#include "routing/host_routes.h"
#include "routing/proxy_routes.h"
#include "server/connection_limits.h"
#include "server/server.h"
#include "store/store.h"
#include "tls/certificate.h"
#include "tls/profile.h"

namespace mex::api {

// The agent's API: the gRPC port, the REST port and the gateway between them. Control threads only.
class ApiServer {
 public:
  struct Context {
    net::Address grpc;  // port 0: the kernel chooses
    net::Address rest;
    server::ConnectionLimits rest_limits{};
    // What connections of the gRPC port may take.
    std::size_t grpc_descriptors = GrpcConnections::Limits::kMaxDescriptors;
    const openstack::CloudMonitor& cloud;  // this and the next eight outlive the server
    cluster::Manager& clusters;
    routing::ProxyRoutes& routes;
    routing::HostRoutes& host_routes;
    nginx::Instances& nginx;
    const events::EventLog& events;
    store::Store& store;
    certificates::CertificateInventory* certificates = nullptr;  // null: the proxy is off
    certificates::ClientAuthentications* client_authentications = nullptr;  // the same
    dns::DnsReconciler* names = nullptr;  // in public DNS; null: none
    access::AccessPolicy::Options access;
    Readiness readiness;
    std::string version;
    // What both ports answer TLS with; nothing: they are plaintext.
    std::optional<tls::CertificateTable> tls{};
    tls::Profile tls_profile = tls::Profile::Intermediate;
  };

  // Both ports are served when it returns, or neither. Errors name the address.
  static absl::StatusOr<std::unique_ptr<ApiServer>> create(Context context);
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  // Ends at once what drain() has not ended.
  ~ApiServer();

  const net::Address& grpc_address() const;
  const net::Address& rest_address() const;

  // New connections get these. Only with `tls`, and with a fallback in it. By one thread at a time.
  absl::Status replace_certificates(const tls::CertificateTable& certificates);

  // Takes no new calls and waits for the running ones; returns soon after the deadline at the
  // latest.
  void drain(server::DrainTimes times);

 private:
  struct Parts;
  explicit ApiServer(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace mex::api
