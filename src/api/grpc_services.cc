#include "api/grpc_services.h"

#include <utility>

#include "api/legacy/legacy_api.h"
#include "api/legacy/legacy_nginx_api.h"
#include "api/v1/certificate_resources.h"
#include "api/v1/client_authentication_resources.h"
#include "api/v1/cloud_resources.h"
#include "api/v1/cluster_resources.h"
#include "api/v1/dns_resources.h"
#include "api/v1/event_resources.h"
#include "api/v1/flavor_resources.h"
#include "api/v1/nginx_kubernetes_resources.h"
#include "api/v1/nginx_resources.h"
#include "api/v1/operation_resources.h"
#include "api/v1/orphan_resources.h"
#include "api/v1/proxy_resources.h"
#include "api/v1/unreadable_record_resources.h"
#include "base/check.h"

namespace mex::api {
namespace {

// The services that were begun; the methods that are added belong to the last one.
class ServiceTable {
 public:
  // `changes`: what its methods wait for that do not only read (api/lane.h).
  void service(const char* full_name, Lane changes) {
    services_.push_back(std::make_unique<RpcService>(full_name, changes));
  }
  template <typename Answer, typename Subject>
  void method(const char* name, Answer answer, Subject&& subject) {
    services_.back()->add(name, answer, subject);
  }
  template <typename Answer, typename Api>
  void method(const char* name, LaneOf lane, Answer answer, const Api& api) {
    services_.back()->add(name, std::move(lane), answer, api);
  }
  std::vector<std::unique_ptr<RpcService>> take() {
    for (const auto& each : services_) {
      MEX_CHECK(each->is_complete(), each->descriptor().full_name());
    }
    return std::move(services_);
  }

 private:
  std::vector<std::unique_ptr<RpcService>> services_;
};

}  // namespace

std::vector<std::unique_ptr<RpcService>> make_services(const Domain& domain) {
  const LegacyApi legacy(domain.cloud, domain.clusters, domain.routes, domain.host_routes,
                         domain.version,
                         [readiness = domain.readiness] { return problems_of(readiness()); });
  const LegacyNginxApi legacy_nginx(domain.nginx);
  ServiceTable table;

  table.service("api.MexOSAgent", Lane::Cluster);
  table.method("Provision", always(Lane::Cluster), &LegacyApi::provision, legacy);
  table.method("Destroy", always(Lane::Cluster), &LegacyApi::destroy, legacy);
  table.method("Proxy", unless_listing(Lane::Routing), &LegacyApi::proxy, legacy);
  table.method("Route", unless_listing(Lane::Routing), &LegacyApi::route, legacy);
  table.method("Status", always(Lane::Read), &LegacyApi::status, legacy);
  table.method("Nginx", unless_listing(Lane::Nginx), &LegacyNginxApi::nginx, legacy_nginx);
  table.method("NginxKCP", unless_listing(Lane::Nginx), &LegacyNginxApi::nginx_kcp, legacy_nginx);

  table.service("mexosagent.v1.Certificates", Lane::Name);
  table.method("ListCertificates", list_certificates, domain.certificates);
  table.method("GetCertificate", get_certificate, domain.certificates);
  table.method("RenewCertificate", renew_certificate, domain.certificates);

  table.service("mexosagent.v1.ClientAuthentications", Lane::Name);
  table.method("ListClientAuthentications", list_client_authentications,
               domain.client_authentications);
  table.method("GetClientAuthentication", get_client_authentication, domain.client_authentications);
  table.method("PutClientAuthentication", put_client_authentication, domain.client_authentications);
  table.method("DeleteClientAuthentication", delete_client_authentication,
               domain.client_authentications);

  table.service("mexosagent.v1.Clouds", Lane::Cluster);
  table.method("GetCloud", get_cloud, domain.cloud);

  table.service("mexosagent.v1.Clusters", Lane::Cluster);
  table.method("ListClusters", list_clusters, domain.clusters);
  table.method("GetCluster", get_cluster, domain.clusters);
  table.method("GetKubeconfig", get_kubeconfig, domain.clusters);
  table.method("ScaleWorkerPool", scale_worker_pool, domain.clusters);
  table.method("ReplaceNode", replace_node, domain.clusters);
  table.method("RenewCertificates", renew_certificates, domain.clusters);

  table.service("mexosagent.v1.DnsRecords", Lane::Name);
  table.method("ListDnsRecords", list_dns_records, domain.names);
  table.method("WithdrawDnsRecords", withdraw_dns_records, domain.names);
  table.method("RegisterDnsRecords", register_dns_records, domain.names);

  table.service("mexosagent.v1.Events", Lane::Cluster);
  table.method("ListEvents", list_events, domain.events);

  table.service("mexosagent.v1.Flavors", Lane::Cluster);
  table.method("ListFlavors", list_flavors, domain.clusters);
  table.method("GetFlavor", get_flavor, domain.clusters);
  table.method("CreateFlavor", create_flavor, domain.clusters);
  table.method("ReplaceFlavor", replace_flavor, domain.clusters);
  table.method("DeleteFlavor", delete_flavor, domain.clusters);

  table.service("mexosagent.v1.NginxProxies", Lane::Nginx);
  table.method("ListNginxProxies", list_nginx_proxies, domain.nginx);
  table.method("GetNginxProxy", get_nginx_proxy, domain.nginx);
  table.method("PutNginxProxy", put_nginx_proxy, domain.nginx);
  table.method("DeleteNginxProxy", delete_nginx_proxy, domain.nginx);
  table.method("ListNginxKubernetesProxies", list_nginx_kubernetes_proxies, domain.nginx);
  table.method("GetNginxKubernetesProxy", get_nginx_kubernetes_proxy, domain.nginx);
  table.method("PutNginxKubernetesProxy", put_nginx_kubernetes_proxy, domain.nginx);
  table.method("DeleteNginxKubernetesProxy", delete_nginx_kubernetes_proxy, domain.nginx);
  table.method("ListNginxUsers", list_nginx_users, domain.nginx);
  table.method("PutNginxUser", put_nginx_user, domain.nginx);
  table.method("DeleteNginxUser", delete_nginx_user, domain.nginx);

  table.service("mexosagent.v1.Operations", Lane::Cluster);
  table.method("ListOperations", list_operations, domain.clusters);
  table.method("GetOperation", get_operation, domain.clusters);
  table.method("CancelOperation", cancel_operation, domain.clusters);
  table.method("RetryOperation", retry_operation, domain.clusters);

  table.service("mexosagent.v1.Orphans", Lane::Cluster);
  table.method("ListOrphans", list_orphans, domain.clusters);
  table.method("RemoveOrphans", remove_orphans, domain.clusters);

  table.service("mexosagent.v1.Proxies", Lane::Routing);
  table.method("ListProxies", list_proxies, domain.routes);
  table.method("GetProxy", get_proxy, domain.routes);
  table.method("CreateProxy", create_proxy, domain.routes);
  table.method("PutProxy", put_proxy, domain.routes);
  table.method("UpdateProxy", update_proxy, domain.routes);
  table.method("DeleteProxy", delete_proxy, domain.routes);
  table.method("ApplyProxies", apply_proxies, domain.routes);
  table.method("ResolveProxy", resolve_proxy, domain.routes);

  table.service("mexosagent.v1.UnreadableRecords", Lane::Cluster);
  table.method("ListUnreadableRecords", list_unreadable_records, domain.store);
  table.method("DeleteUnreadableRecord", delete_unreadable_record, domain.clusters);
  return table.take();
}

std::vector<const google::protobuf::ServiceDescriptor*> descriptors_of(
    const std::vector<std::unique_ptr<RpcService>>& services) {
  std::vector<const google::protobuf::ServiceDescriptor*> descriptors;
  for (const auto& service : services) descriptors.push_back(&service->descriptor());
  return descriptors;
}

}  // namespace mex::api
