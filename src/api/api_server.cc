#include "api/api_server.h"

#include <algorithm>
#include <utility>

#include "api/cluster_metrics.h"
#include "api/gateway.h"
#include "api/grpc_server.h"
#include "api/grpc_services.h"
#include "api/rest_service.h"
#include "api/rpc_authorizer.h"
#include "base/clock.h"
#include "base/random_id.h"
#include "base/status.h"
#include "nginx/reconcile/metrics_text.h"
#include "routing/route_metrics.h"
#include "server/server_group.h"
#include "server/shard.h"

namespace mex::api {

namespace {

std::string nginx_metrics(const nginx::Instances& instances) {
  using nginx::Kind;
  std::vector<nginx::InstanceView> all = instances.list(Kind::Ports);
  for (auto& view : instances.list(Kind::KubernetesProxy)) all.push_back(std::move(view));
  return nginx::metrics_text(all);
}

}  // namespace

// Each member refers to those above it, and they are destroyed from the last to the first. The
// gateway waits for its calls, whose answers are posted to the shard: so it ends before the shard.
struct ApiServer::Parts {
  Parts(Context context, const std::string& in_process_key)
      : domain{context.cloud,
               context.clusters,
               context.routes,
               context.host_routes,
               context.nginx,
               context.certificates,
               context.client_authentications,
               context.names,
               context.events,
               context.store,
               context.readiness,
               std::move(context.version)},
        access(std::move(context.access)),
        route_metrics(domain.routes, base::system_clock()),
        extra_metrics([this] {
          return route_metrics.text() + cluster_metrics(domain.clusters.observation_stats()) +
                 cluster_metrics(domain.clusters.clusters("")) + nginx_metrics(domain.nginx);
        }),
        authorizer(access, in_process_key),
        services(make_services(domain)) {}

  const Domain domain;
  const access::AccessPolicy access;
  routing::RouteMetrics route_metrics;
  const ExtraMetrics extra_metrics;
  const RpcAuthorizer authorizer;
  const GrpcServer::Services services;
  // REST has its own server: threads and budgets that callers of the gRPC port do not share.
  std::unique_ptr<GrpcServer> grpc;
  std::unique_ptr<GrpcServer> within_process;
  // The API has its own thread, so that a busy proxy does not starve it.
  std::unique_ptr<server::ShardGroup> shard;
  std::unique_ptr<Gateway> gateway;
  std::unique_ptr<server::ServerGroup> rest;
};

ApiServer::ApiServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ApiServer::~ApiServer() {
  // First the connections, so that no call begins; then the calls, which need all servers.
  parts_->rest.reset();
  parts_->gateway.reset();
}

absl::StatusOr<std::unique_ptr<ApiServer>> ApiServer::create(Context context) {
  const net::Address grpc_address = context.grpc;
  const net::Address rest_address = context.rest;
  const server::ConnectionLimits rest_limits = context.rest_limits;
  const std::size_t grpc_descriptors = context.grpc_descriptors;
  const std::optional<tls::CertificateTable> tls = std::move(context.tls);
  const tls::Profile tls_profile = context.tls_profile;
  const std::string key = base::random_hex(32);
  auto parts = std::make_unique<Parts>(std::move(context), key);
  MEX_ASSIGN_OR_RETURN(auto rules,
                       transcoding::RuleTable::from_services(descriptors_of(parts->services)));
  MEX_ASSIGN_OR_RETURN(parts->grpc, GrpcServer::listen({.address = grpc_address,
                                                        .tls = tls,
                                                        .tls_profile = tls_profile,
                                                        .descriptors = grpc_descriptors},
                                                       parts->services, parts->authorizer));
  MEX_ASSIGN_OR_RETURN(parts->within_process,
                       GrpcServer::within_process(parts->services, parts->authorizer));
  MEX_ASSIGN_OR_RETURN(parts->shard, server::ShardGroup::start(1, "rest"));
  parts->gateway =
      std::make_unique<Gateway>(std::move(rules), parts->within_process->in_process_channel(), key);

  server::ServerGroup::Config config{
      .address = rest_address, .certificates = tls, .options = {}, .tls_profile = tls_profile};
  config.options.name = "rest";
  config.options.connections = rest_limits;
  // For programs on the private network; browsers come over TLS or speak HTTP/1.
  config.options.http2.prior_knowledge = true;
  MEX_ASSIGN_OR_RETURN(
      parts->rest,
      server::ServerGroup::start(*parts->shard, std::move(config), [&](server::Shard&) {
        return std::make_unique<RestService>(*parts->gateway, parts->access,
                                             parts->domain.readiness, parts->extra_metrics);
      }));
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(parts)));
}

absl::Status ApiServer::replace_certificates(const tls::CertificateTable& certificates) {
  MEX_RETURN_IF_ERROR(parts_->rest->replace_certificates(certificates));
  return parts_->grpc->replace_certificates(certificates);
}

const net::Address& ApiServer::grpc_address() const { return parts_->grpc->address(); }
const net::Address& ApiServer::rest_address() const { return parts_->rest->address(); }

void ApiServer::drain(server::DrainTimes times) {
  const auto end = std::chrono::steady_clock::now() + times.deadline;
  const auto left = [end] {
    return std::max(
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()),
        std::chrono::milliseconds(0));
  };
  parts_->rest->drain(times);
  parts_->grpc->drain(left());
  parts_->within_process->drain(left());
}

}  // namespace mex::api
