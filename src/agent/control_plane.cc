#include "agent/control_plane.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "access/api_tokens.h"
#include "agent/certificate_service.h"
#include "agent/cloud_configuration.h"
#include "agent/descriptor_budget.h"
#include "agent/dns_service.h"
#include "agent/nginx_configuration.h"
#include "agent/process.h"
#include "agent/service_clusters.h"
#include "agent/version.h"
#include "api/api_server.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "cluster/engine/manager.h"
#include "cluster/engine/manager_context.h"
#include "cluster/records/sealed_secrets.h"
#include "cluster/steps/timing.h"
#include "events/event_log.h"
#include "events/recorder.h"
#include "events/subject_kinds.h"
#include "kubernetes/services/service_watcher.h"
#include "nginx/reconcile/instances.h"
#include "openstack/cloud_monitor.h"
#include "proxy/control.h"
#include "routing/cluster_access.h"
#include "routing/cluster_way.h"
#include "routing/host_routes.h"
#include "routing/proxy_routes.h"
#include "store/sealing_key.h"
#include "store/sqlite_store.h"

namespace mex::agent {

// In the order in which one needs the other; destroyed from the last to the first. Large because it
// is the one place that has every part of it.
struct ControlPlane::Parts {
  Parts(const Options& given, const net::OriginPolicy& origins, const DescriptorBudget& shares,
        DataPlane& plane)
      : options(given), policy(origins), budget(shares), data(plane) {}
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  // The API ends before the thread that gives it certificates.
  ~Parts() {
    // Services are looked up among the clusters.
    if (services != nullptr) services->stop();
    if (certificates != nullptr) static_cast<void>(certificates->share(nullptr));
  }

  absl::Status open_store();
  events::Recorder recorder() const { return events::Recorder(*events); }
  absl::Status open_proxy();
  absl::Status open_host_routes();
  void use_ways(const std::vector<routing::ClusterWay>& cluster_ways);
  cluster::AvailableSealer open_sealer();
  absl::Status open_clusters();
  absl::Status open_nginx();
  void record_unreadable() const;
  absl::Status unreadable() const;
  absl::Status serve_proxy();
  dns::DnsReconciler* dns_reconciler() const;
  certificates::CertificateInventory* certificate_inventory() const;
  certificates::ClientAuthentications* client_authentications() const;
  absl::Status open_api_certificates();
  std::optional<tls::CertificateTable> api_table() const;
  absl::Status start_api();
  absl::Status follow_api_certificates();
  access::AccessPolicy::Options access();
  std::vector<api::ReadinessPart> readiness() const;

  const Options& options;
  const net::OriginPolicy& policy;
  const DescriptorBudget& budget;
  DataPlane& data;
  std::shared_ptr<store::Store> store;
  std::unique_ptr<events::EventLog> events;
  absl::Status sealing_key;  // OK: it can be used
  std::shared_ptr<access::ApiTokens> api_tokens;
  std::shared_ptr<cluster::Cloud> cloud;  // null: none is configured
  std::unique_ptr<openstack::CloudMonitor> cloud_monitor;
  std::unique_ptr<DnsService> dns;  // null: the operator keeps the names
  ServiceClusters service_clusters;
  std::unique_ptr<kubernetes::ServiceWatcher> services;
  std::unique_ptr<routing::ProxyRoutes> routes;
  std::unique_ptr<routing::HostRoutes> host_routes;
  std::unique_ptr<routing::ClusterAccess> ways;
  std::unique_ptr<cluster::Manager> clusters;
  std::unique_ptr<nginx::Instances> nginx;
  std::unique_ptr<CertificateService> certificates;  // null: the proxy is off
  std::unique_ptr<api::ApiServer> api;
  std::unique_ptr<certificates::Certificates>
      api_certificates;  // null: the API has none beside the proxy's
};

namespace {

// How long services of clusters may take to be read before the proxy's port opens.
constexpr std::chrono::seconds kServicesAtStart{2};

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

absl::Status ControlPlane::Parts::open_store() {
  MEX_ASSIGN_OR_RETURN(store, store::open_sqlite_store(options.state_dir));
  MEX_ASSIGN_OR_RETURN(events, events::EventLog::open(*store, base::system_clock()));
  return absl::OkStatus();
}

// What the proxy will serve; its port is opened by serve_proxy.
absl::Status ControlPlane::Parts::open_proxy() {
  if (options.proxy) {
    MEX_ASSIGN_OR_RETURN(certificates, CertificateService::create(options, store, recorder()));
  }
  kubernetes::ServiceWatcher::Options follow;
  follow.find_cluster = [this](const std::string& tenant, const std::string& name) {
    return service_clusters.find(tenant, name);
  };
  services = std::make_unique<kubernetes::ServiceWatcher>(std::move(follow));
  routes = std::make_unique<routing::ProxyRoutes>(*store, data.control(), policy,
                                                  base::system_clock(), services.get());
  return routes->restore();
}

absl::Status ControlPlane::Parts::open_host_routes() {
  if (!may_change_routes()) {
    log::warning("routes of the host cannot be changed: CAP_NET_ADMIN is missing (--cap-add)");
  }
  MEX_ASSIGN_OR_RETURN(host_routes, routing::HostRoutes::open(*store));
  return host_routes->restore();
}

void ControlPlane::Parts::use_ways(const std::vector<routing::ClusterWay>& cluster_ways) {
  ways->use(cluster_ways);
  services->clusters_changed();
  if (dns == nullptr) return;
  std::vector<std::string> names;
  for (const routing::ClusterWay& way : cluster_ways) {
    if (!way.api_server_name.empty()) names.push_back(way.api_server_name);
  }
  dns->use_cluster_names(std::move(names));
}

// Without the key everything goes on that does not need the clusters' secrets.
cluster::AvailableSealer ControlPlane::Parts::open_sealer() {
  auto sealer = store::open_sealer(*store, cluster::kSecretsPrefix,
                                   store::sealing_key_path(options.state_dir));
  sealing_key = sealer.status();
  if (sealer.ok()) return std::make_shared<const store::Sealer>(*std::move(sealer));
  log::error("the secrets of clusters cannot be opened", {{"reason", sealing_key}});
  recorder().warning({.kind = events::kAgent, .name = "sealing key"}, "SealingKeyUnusable",
                     base::message_of(sealing_key));
  return sealing_key;
}

absl::Status ControlPlane::Parts::open_clusters() {
  routing::ClusterAccess::Apply apply;
  if (data.control() != nullptr) {
    apply = [this](proxy::PassthroughTablePtr table) { data.control()->apply(std::move(table)); };
  } else if (!options.fqdn.empty()) {
    log::warning("API servers are not reached from outside: the proxy is off");
  }
  ways = std::make_unique<routing::ClusterAccess>(*host_routes, std::move(apply));
  cluster::ManagerContext context;
  context.store = store;
  context.sealer = open_sealer();
  context.clock = &base::system_clock();
  context.timing = cluster::at_pace(context.timing, options.pace);
  cluster::set_audit_interval(context.timing, options.audit_interval);
  if (options.proxy) {
    context.fqdn = options.fqdn;
    context.proxy_port = options.proxy->port();
  }
  context.publish_endpoints = [this](const auto& reach) { use_ways(routing::to_ways(reach)); };
  context.host_networks = [this] { return host_routes->other_networks(); };
  context.events = recorder();
  configure_cloud(context);
  cloud = context.cloud;
  cloud_monitor = watch_cloud(context);
  MEX_ASSIGN_OR_RETURN(clusters, cluster::Manager::open(std::move(context)));
  service_clusters.use(*clusters);
  services->clusters_changed();
  return absl::OkStatus();
}

absl::Status ControlPlane::Parts::open_nginx() {
  MEX_ASSIGN_OR_RETURN(nginx::InstancesContext context,
                       nginx_context(options, *store, policy, *clusters));
  context.events = recorder();
  nginx = std::make_unique<nginx::Instances>(std::move(context));
  return nginx->restore();
}

absl::Status ControlPlane::Parts::serve_proxy() {
  if (data.control() == nullptr) return absl::OkStatus();
  // So that a start, or a successor's, answers no request with 503 that a moment later is served.
  services->wait_until_read(base::system_clock().steady_now() + kServicesAtStart);
  MEX_RETURN_IF_ERROR(data.serve(certificates->table()));
  return certificates->start(data.proxy(), *data.control(),
                             dns == nullptr ? nullptr : &dns->provider(),
                             http_limits(budget, options.client_connections));
}

access::AccessPolicy::Options ControlPlane::Parts::access() {
  access::AccessPolicy::Options access;
  access.open = options.open_access;
  access.trust_loopback = options.trust_loopback;
  if (access.open) {
    log::warning("-auth=none: whoever reaches the API may do everything");
  }
  api_tokens = std::make_shared<access::ApiTokens>(options.state_dir);
  access.tokens = api_tokens;
  access.own_names.push_back(host_name());
  if (!options.fqdn.empty()) access.own_names.push_back(options.fqdn);
  if (certificates != nullptr) {
    // The names the operator has for this machine; "*.example.org" names no machine.
    const tls::Certificate certificate = certificates->certificates().default_certificate();
    for (const std::string& name : certificate.names()) access.own_names.push_back(name);
  }
  return access;
}

std::vector<api::ReadinessPart> ControlPlane::Parts::readiness() const {
  // The API answers this, so its listeners are up.
  const bool is_proxy_on = certificates != nullptr;
  std::vector<api::ReadinessPart> parts{
      {"store", absl::OkStatus()},
      {"api", absl::OkStatus()},
      {"proxy", is_proxy_on ? certificates->certificates().readiness() : absl::OkStatus()},
      {.name = "records", .status = unreadable(), .is_required = false},
      {.name = "sealing key", .status = sealing_key, .is_required = false},
      {.name = "API token", .status = api_tokens->status(), .is_required = false},
      cloud_readiness(cloud_monitor->view())};
  if (api_certificates != nullptr) {
    parts.push_back(
        {.name = "API certificate", .status = api_certificates->readiness(), .is_required = false});
  }
  return parts;
}

void ControlPlane::Parts::record_unreadable() const {
  for (const store::UnreadableRecord& record : store->unreadable_records()) {
    recorder().warning({.kind = events::kRecord, .name = record.key}, "SetAside", record.problem);
  }
}

absl::Status ControlPlane::Parts::unreadable() const {
  const auto records = store->unreadable_records();
  if (records.empty()) return absl::OkStatus();
  std::string text;
  for (const store::UnreadableRecord& record : records) text += "; " + record.problem;
  return base::error(absl::StatusCode::kDataLoss, "{} cannot be read and {} set aside{}",
                     records.size(), records.size() == 1 ? "is" : "are", text);
}

dns::DnsReconciler* ControlPlane::Parts::dns_reconciler() const {
  return dns == nullptr ? nullptr : dns->reconciler();
}

certificates::CertificateInventory* ControlPlane::Parts::certificate_inventory() const {
  return certificates == nullptr ? nullptr : &certificates->certificates();
}

certificates::ClientAuthentications* ControlPlane::Parts::client_authentications() const {
  return certificates == nullptr ? nullptr : &certificates->client_authentications();
}

absl::Status ControlPlane::Parts::open_api_certificates() {
  if (options.api_tls != ApiTls::Directory) return absl::OkStatus();
  std::vector<std::string> names{host_name()};
  if (!options.fqdn.empty()) names.push_back(options.fqdn);
  MEX_ASSIGN_OR_RETURN(api_certificates,
                       certificates::Certificates::open({.directory = options.api_cert_dir,
                                                         .own_names = std::move(names),
                                                         .is_reported = false}));
  const absl::Status ready = api_certificates->readiness();
  if (!ready.ok()) log::warning("the API's certificate", {{"reason", ready}});
  return absl::OkStatus();
}

std::optional<tls::CertificateTable> ControlPlane::Parts::api_table() const {
  switch (options.api_tls) {
    case ApiTls::Proxy:
      return certificates->certificates().table();
    case ApiTls::Directory:
      return api_certificates->table();
    case ApiTls::Off:
      break;
  }
  return std::nullopt;
}

absl::Status ControlPlane::Parts::follow_api_certificates() {
  if (options.api_tls == ApiTls::Off) return absl::OkStatus();
  auto apply = [this](const tls::CertificateTable& table) {
    return api->replace_certificates(table);
  };
  if (options.api_tls == ApiTls::Proxy) return certificates->share(std::move(apply));
  api_certificates->follow(std::move(apply));
  return absl::OkStatus();
}

absl::Status ControlPlane::Parts::start_api() {
  MEX_RETURN_IF_ERROR(open_api_certificates());
  MEX_ASSIGN_OR_RETURN(
      api, api::ApiServer::create({.grpc = options.grpc,
                                   .rest = options.rest,
                                   .rest_limits = rest_limits(budget, options.client_connections),
                                   .grpc_descriptors = budget.grpc,
                                   .cloud = *cloud_monitor,
                                   .clusters = *clusters,
                                   .routes = *routes,
                                   .host_routes = *host_routes,
                                   .nginx = *nginx,
                                   .events = *events,
                                   .store = *store,
                                   .certificates = certificate_inventory(),
                                   .client_authentications = client_authentications(),
                                   .names = dns_reconciler(),
                                   .access = access(),
                                   .readiness = [this] { return readiness(); },
                                   .version = std::string(version()),
                                   .tls = api_table(),
                                   .tls_profile = options.tls_profile}));
  MEX_RETURN_IF_ERROR(follow_api_certificates());
  log::info("gRPC API listens", {{"address", api->grpc_address().text()}});
  log::info("REST API listens", {{"address", api->rest_address().text()}});
  return absl::OkStatus();
}

ControlPlane::ControlPlane(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ControlPlane::~ControlPlane() = default;

absl::StatusOr<std::unique_ptr<ControlPlane>> ControlPlane::open(const Options& options,
                                                                 const net::OriginPolicy& policy,
                                                                 const DescriptorBudget& budget,
                                                                 DataPlane& data) {
  auto parts = std::make_unique<Parts>(options, policy, budget, data);
  if (options.dns) {
    MEX_ASSIGN_OR_RETURN(parts->dns, DnsService::create(parts->options));
  }
  MEX_RETURN_IF_ERROR(parts->open_store());
  MEX_RETURN_IF_ERROR(parts->open_proxy());
  MEX_RETURN_IF_ERROR(parts->open_host_routes());
  // They report the ways into them while they are opened.
  MEX_RETURN_IF_ERROR(parts->open_clusters());
  MEX_RETURN_IF_ERROR(parts->open_nginx());
  MEX_RETURN_IF_ERROR(parts->serve_proxy());
  // Names lead here only when the proxy answers.
  if (parts->dns) {
    MEX_RETURN_IF_ERROR(parts->dns->start(parts->store, parts->cloud, parts->recorder()));
  }
  parts->record_unreadable();
  MEX_RETURN_IF_ERROR(parts->start_api());
  return std::unique_ptr<ControlPlane>(new ControlPlane(std::move(parts)));
}

void ControlPlane::reload() {
  parts_->api_tokens->reread();
  // nginx instances compare their certificate and their users with the files every second.
  if (parts_->certificates) parts_->certificates->certificates().look_now();
  if (parts_->api_certificates) parts_->api_certificates->look_now();
}

void ControlPlane::drain(server::DrainTimes times) {
  // Side by side, so that the deadline is one for all.
  std::jthread certificates([this, times] {
    if (parts_->certificates) parts_->certificates->drain(times);
  });
  std::jthread clusters([this] { parts_->clusters->stop(); });
  parts_->api->drain(times);
}

void ControlPlane::leave_to_exit() { parts_->routes->leave_to_exit(); }

}  // namespace mex::agent
