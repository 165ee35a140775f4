#include "api/grpc_services.h"

#include <utility>

#include "api/certificate_resources.h"
#include "api/dns_resources.h"
#include "api/event_resources.h"
#include "api/flavor_resources.h"
#include "api/legacy_api.h"
#include "api/legacy_nginx_api.h"
#include "api/nginx_kubernetes_resources.h"
#include "api/nginx_resources.h"
#include "api/resources.h"
#include "base/status.h"
#include "mexosagent.grpc.pb.h"
#include "mexosagent/v1/certificates.grpc.pb.h"
#include "mexosagent/v1/clusters.grpc.pb.h"
#include "mexosagent/v1/dns_records.grpc.pb.h"
#include "mexosagent/v1/events.grpc.pb.h"
#include "mexosagent/v1/flavors.grpc.pb.h"
#include "mexosagent/v1/nginx_proxies.grpc.pb.h"
#include "mexosagent/v1/operations.grpc.pb.h"
#include "mexosagent/v1/proxies.grpc.pb.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

template <typename Reply>
absl::Status deliver(absl::StatusOr<Reply> result, Reply* reply) {
  MEX_ASSIGN_OR_RETURN(*reply, std::move(result));
  return absl::OkStatus();
}

void send_headers(grpc::ServerContext& context, const ReplyHeaders& headers) {
  for (const auto& [name, value] : headers) context.AddInitialMetadata(name, value);
}

class AgentService final : public ::api::MexOSAgent::Service {
 public:
  AgentService(const Domain& domain, const RpcAuthorizer& gate)
      : verbs_(domain.clusters, domain.routes, domain.host_routes, domain.version),
        nginx_verbs_(domain.nginx),
        gate_(gate) {}

  grpc::Status Provision(grpc::ServerContext* context, const ::api::ProvisionRequest* request,
                         ::api::ProvisionResponse* reply) override {
    return gate_.serve(*context, [&] {
      ReplyHeaders headers;
      MEX_RETURN_IF_ERROR(deliver(verbs_.provision(*request, headers), reply));
      send_headers(*context, headers);
      return absl::OkStatus();
    });
  }

  grpc::Status Destroy(grpc::ServerContext* context, const ::api::ProvisionRequest* request,
                       ::api::ProvisionResponse* reply) override {
    return gate_.serve(*context, [&] {
      ReplyHeaders headers;
      MEX_RETURN_IF_ERROR(deliver(verbs_.destroy(*request, headers), reply));
      send_headers(*context, headers);
      return absl::OkStatus();
    });
  }

  grpc::Status Proxy(grpc::ServerContext* context, const ::api::ProxyRequest* request,
                     ::api::ProxyResponse* reply) override {
    return gate_.serve(*context, [&] { return deliver(verbs_.proxy(*request), reply); });
  }

  grpc::Status Status(grpc::ServerContext* context, const ::api::StatusRequest*,
                      ::api::StatusResponse* reply) override {
    return gate_.serve(*context, [&] {
      *reply = verbs_.status();
      return absl::OkStatus();
    });
  }

  grpc::Status Route(grpc::ServerContext* context, const ::api::RouteRequest* request,
                     ::api::RouteResponse* reply) override {
    return gate_.serve(*context, [&] { return deliver(verbs_.route(*request), reply); });
  }
  grpc::Status Nginx(grpc::ServerContext* context, const ::api::NginxRequest* request,
                     ::api::NginxResponse* reply) override {
    return gate_.serve(*context, [&] { return deliver(nginx_verbs_.nginx(*request), reply); });
  }
  grpc::Status NginxKCP(grpc::ServerContext* context, const ::api::NginxKCPRequest* request,
                        ::api::NginxKCPResponse* reply) override {
    return gate_.serve(*context, [&] { return deliver(nginx_verbs_.nginx_kcp(*request), reply); });
  }

 private:
  LegacyApi verbs_;
  LegacyNginxApi nginx_verbs_;
  const RpcAuthorizer& gate_;
};

class CertificatesService final : public v1::Certificates::Service {
 public:
  CertificatesService(const Domain& domain, const RpcAuthorizer& gate)
      : held_(domain.certificates), gate_(gate) {}

  grpc::Status ListCertificates(grpc::ServerContext* context, const v1::ListCertificatesRequest*,
                                v1::ListCertificatesResponse* reply) override {
    return gate_.serve(*context, [&] {
      *reply = list_certificates(held_);
      return absl::OkStatus();
    });
  }
  grpc::Status GetCertificate(grpc::ServerContext* context,
                              const v1::GetCertificateRequest* request,
                              v1::Certificate* reply) override {
    return gate_.serve(*context, [&] { return deliver(get_certificate(held_, *request), reply); });
  }
  grpc::Status RenewCertificate(grpc::ServerContext* context,
                                const v1::RenewCertificateRequest* request,
                                v1::Certificate* reply) override {
    return gate_.serve(*context,
                       [&] { return deliver(renew_certificate(held_, *request), reply); });
  }

 private:
  certificates::CertificateInventory* const held_;
  const RpcAuthorizer& gate_;
};

class ClustersService final : public v1::Clusters::Service {
 public:
  ClustersService(const Domain& domain, const RpcAuthorizer& gate)
      : clusters_(domain.clusters), gate_(gate) {}

  grpc::Status ListClusters(grpc::ServerContext* context, const v1::ListClustersRequest* request,
                            v1::ListClustersResponse* reply) override {
    return gate_.serve(*context, [&] {
      *reply = list_clusters(clusters_, *request);
      return absl::OkStatus();
    });
  }
  grpc::Status GetCluster(grpc::ServerContext* context, const v1::GetClusterRequest* request,
                          v1::Cluster* reply) override {
    return gate_.serve(*context, [&] { return deliver(get_cluster(clusters_, *request), reply); });
  }
  grpc::Status GetKubeconfig(grpc::ServerContext* context, const v1::GetKubeconfigRequest* request,
                             v1::File* reply) override {
    return gate_.serve(*context,
                       [&] { return deliver(get_kubeconfig(clusters_, *request), reply); });
  }
  grpc::Status ScaleWorkerPool(grpc::ServerContext* context,
                               const v1::ScaleWorkerPoolRequest* request,
                               v1::Operation* reply) override {
    return gate_.serve(*context,
                       [&] { return deliver(scale_worker_pool(clusters_, *request), reply); });
  }
  grpc::Status ReplaceNode(grpc::ServerContext* context, const v1::ReplaceNodeRequest* request,
                           v1::Operation* reply) override {
    return gate_.serve(*context, [&] { return deliver(replace_node(clusters_, *request), reply); });
  }

 private:
  cluster::Manager& clusters_;
  const RpcAuthorizer& gate_;
};

class DnsRecordsService final : public v1::DnsRecords::Service {
 public:
  DnsRecordsService(const Domain& domain, const RpcAuthorizer& gate)
      : names_(domain.names), gate_(gate) {}

  grpc::Status ListDnsRecords(grpc::ServerContext* context, const v1::ListDnsRecordsRequest*,
                              v1::ListDnsRecordsResponse* reply) override {
    return gate_.serve(*context, [&] {
      *reply = list_dns_records(names_);
      return absl::OkStatus();
    });
  }
  grpc::Status WithdrawDnsRecords(grpc::ServerContext* context,
                                  const v1::WithdrawDnsRecordsRequest*,
                                  v1::ListDnsRecordsResponse* reply) override {
    return gate_.serve(*context, [&] { return deliver(withdraw_dns_records(names_), reply); });
  }
  grpc::Status RegisterDnsRecords(grpc::ServerContext* context,
                                  const v1::RegisterDnsRecordsRequest*,
                                  v1::ListDnsRecordsResponse* reply) override {
    return gate_.serve(*context, [&] { return deliver(register_dns_records(names_), reply); });
  }

 private:
  dns::DnsReconciler* const names_;
  const RpcAuthorizer& gate_;
};

class EventsService final : public v1::Events::Service {
 public:
  EventsService(const Domain& domain, const RpcAuthorizer& gate)
      : log_(domain.events), gate_(gate) {}

  grpc::Status ListEvents(grpc::ServerContext* context, const v1::ListEventsRequest* request,
                          v1::ListEventsResponse* reply) override {
    return gate_.serve(*context, [&] { return deliver(list_events(log_, *request), reply); });
  }

 private:
  const events::EventLog& log_;
  const RpcAuthorizer& gate_;
};

class FlavorsService final : public v1::Flavors::Service {
 public:
  FlavorsService(const Domain& domain, const RpcAuthorizer& gate)
      : clusters_(domain.clusters), gate_(gate) {}

  grpc::Status ListFlavors(grpc::ServerContext* context, const v1::ListFlavorsRequest*,
                           v1::ListFlavorsResponse* reply) override {
    return gate_.serve(*context, [&] {
      *reply = list_flavors(clusters_);
      return absl::OkStatus();
    });
  }
  grpc::Status GetFlavor(grpc::ServerContext* context, const v1::GetFlavorRequest* request,
                         v1::Flavor* reply) override {
    return gate_.serve(*context, [&] { return deliver(get_flavor(clusters_, *request), reply); });
  }
  grpc::Status CreateFlavor(grpc::ServerContext* context, const v1::CreateFlavorRequest* request,
                            v1::Flavor* reply) override {
    return gate_.serve(*context,
                       [&] { return deliver(create_flavor(clusters_, *request), reply); });
  }
  grpc::Status ReplaceFlavor(grpc::ServerContext* context, const v1::ReplaceFlavorRequest* request,
                             v1::Flavor* reply) override {
    return gate_.serve(*context,
                       [&] { return deliver(replace_flavor(clusters_, *request), reply); });
  }
  grpc::Status DeleteFlavor(grpc::ServerContext* context, const v1::DeleteFlavorRequest* request,
                            v1::DeleteFlavorResponse*) override {
    return gate_.serve(*context, [&] { return clusters_.delete_flavor(request->name()); });
  }

 private:
  cluster::Manager& clusters_;
  const RpcAuthorizer& gate_;
};

class NginxProxiesService final : public v1::NginxProxies::Service {
 public:
  NginxProxiesService(const Domain& domain, const RpcAuthorizer& gate)
      : instances_(domain.nginx), gate_(gate) {}

  grpc::Status ListNginxProxies(grpc::ServerContext* context, const v1::ListNginxProxiesRequest*,
                                v1::ListNginxProxiesResponse* reply) override {
    return gate_.serve(*context, [&] {
      *reply = list_nginx_proxies(instances_);
      return absl::OkStatus();
    });
  }
  grpc::Status GetNginxProxy(grpc::ServerContext* context, const v1::GetNginxProxyRequest* request,
                             v1::NginxProxy* reply) override {
    return gate_.serve(*context,
                       [&] { return deliver(get_nginx_proxy(instances_, *request), reply); });
  }
  grpc::Status PutNginxProxy(grpc::ServerContext* context, const v1::PutNginxProxyRequest* request,
                             v1::NginxProxy* reply) override {
    return gate_.serve(*context,
                       [&] { return deliver(put_nginx_proxy(instances_, *request), reply); });
  }
  grpc::Status DeleteNginxProxy(grpc::ServerContext* context,
                                const v1::DeleteNginxProxyRequest* request,
                                v1::DeleteNginxProxyResponse*) override {
    return gate_.serve(*context, [&] { return delete_nginx_proxy(instances_, *request); });
  }
  grpc::Status ListNginxKubernetesProxies(grpc::ServerContext* context,
                                          const v1::ListNginxKubernetesProxiesRequest*,
                                          v1::ListNginxKubernetesProxiesResponse* reply) override {
    return gate_.serve(*context, [&] {
      *reply = list_nginx_kubernetes_proxies(instances_);
      return absl::OkStatus();
    });
  }
  grpc::Status GetNginxKubernetesProxy(grpc::ServerContext* context,
                                       const v1::GetNginxKubernetesProxyRequest* request,
                                       v1::NginxKubernetesProxy* reply) override {
    return gate_.serve(
        *context, [&] { return deliver(get_nginx_kubernetes_proxy(instances_, *request), reply); });
  }
  grpc::Status PutNginxKubernetesProxy(grpc::ServerContext* context,
                                       const v1::PutNginxKubernetesProxyRequest* request,
                                       v1::NginxKubernetesProxy* reply) override {
    return gate_.serve(
        *context, [&] { return deliver(put_nginx_kubernetes_proxy(instances_, *request), reply); });
  }
  grpc::Status DeleteNginxKubernetesProxy(grpc::ServerContext* context,
                                          const v1::DeleteNginxKubernetesProxyRequest* request,
                                          v1::DeleteNginxKubernetesProxyResponse*) override {
    return gate_.serve(*context,
                       [&] { return delete_nginx_kubernetes_proxy(instances_, *request); });
  }
  grpc::Status ListNginxUsers(grpc::ServerContext* context, const v1::ListNginxUsersRequest*,
                              v1::ListNginxUsersResponse* reply) override {
    return gate_.serve(*context, [&] { return deliver(list_nginx_users(instances_), reply); });
  }
  grpc::Status PutNginxUser(grpc::ServerContext* context, const v1::PutNginxUserRequest* request,
                            v1::NginxUser* reply) override {
    return gate_.serve(*context,
                       [&] { return deliver(put_nginx_user(instances_, *request), reply); });
  }
  grpc::Status DeleteNginxUser(grpc::ServerContext* context,
                               const v1::DeleteNginxUserRequest* request,
                               v1::DeleteNginxUserResponse*) override {
    return gate_.serve(*context, [&] { return instances_.users().remove(request->name()); });
  }

 private:
  nginx::Instances& instances_;
  const RpcAuthorizer& gate_;
};

class OperationsService final : public v1::Operations::Service {
 public:
  OperationsService(const Domain& domain, const RpcAuthorizer& gate)
      : clusters_(domain.clusters), gate_(gate) {}

  grpc::Status ListOperations(grpc::ServerContext* context,
                              const v1::ListOperationsRequest* request,
                              v1::ListOperationsResponse* reply) override {
    return gate_.serve(*context, [&] {
      return deliver(list_operations(clusters_.operations(), *request), reply);
    });
  }
  grpc::Status GetOperation(grpc::ServerContext* context, const v1::GetOperationRequest* request,
                            v1::Operation* reply) override {
    return gate_.serve(*context,
                       [&] { return deliver(get_operation(clusters_, *request), reply); });
  }

 private:
  const cluster::Manager& clusters_;
  const RpcAuthorizer& gate_;
};

class ProxiesService final : public v1::Proxies::Service {
 public:
  ProxiesService(const Domain& domain, const RpcAuthorizer& gate)
      : routes_(domain.routes), gate_(gate) {}

  grpc::Status ListProxies(grpc::ServerContext* context, const v1::ListProxiesRequest*,
                           v1::ListProxiesResponse* reply) override {
    return gate_.serve(*context, [&] {
      *reply = list_proxies(routes_);
      return absl::OkStatus();
    });
  }
  grpc::Status GetProxy(grpc::ServerContext* context, const v1::GetProxyRequest* request,
                        v1::ProxyRoute* reply) override {
    return gate_.serve(*context, [&] { return deliver(get_proxy(routes_, *request), reply); });
  }

 private:
  const routing::ProxyRoutes& routes_;
  const RpcAuthorizer& gate_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> make_services(const Domain& domain,
                                                          const RpcAuthorizer& gate) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(std::make_unique<AgentService>(domain, gate));
  services.push_back(std::make_unique<CertificatesService>(domain, gate));
  services.push_back(std::make_unique<ClustersService>(domain, gate));
  services.push_back(std::make_unique<DnsRecordsService>(domain, gate));
  services.push_back(std::make_unique<EventsService>(domain, gate));
  services.push_back(std::make_unique<FlavorsService>(domain, gate));
  services.push_back(std::make_unique<NginxProxiesService>(domain, gate));
  services.push_back(std::make_unique<OperationsService>(domain, gate));
  services.push_back(std::make_unique<ProxiesService>(domain, gate));
  return services;
}

std::vector<const google::protobuf::ServiceDescriptor*> service_descriptors() {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const google::protobuf::FileDescriptor* file :
       {::api::ProvisionRequest::descriptor()->file(), v1::Certificate::descriptor()->file(),
        v1::Cluster::descriptor()->file(), v1::DnsRecord::descriptor()->file(),
        v1::Event::descriptor()->file(), v1::Flavor::descriptor()->file(),
        v1::NginxProxy::descriptor()->file(), v1::Operation::descriptor()->file(),
        v1::ProxyRoute::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  return services;
}

}  // namespace mex::api
