#include "agent/nginx_configuration.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "agent/process.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "cluster/records/journal.h"
#include "nginx/reconcile/certificate_files.h"
#include "nginx/reconcile/instance_store.h"
#include "nginx/runtime/docker/docker_engine.h"
#include "nginx/runtime/docker/docker_runtime.h"
#include "nginx/runtime/docker/engine_address.h"
#include "nginx/runtime/docker/image_reference.h"
#include "nginx/runtime/process/process_runtime.h"

namespace mex::agent {
namespace {

std::vector<nginx::ReservedPort> own_ports(const Options& options) {
  std::vector<nginx::ReservedPort> ports{{options.grpc.port(), "the agent's gRPC API"},
                                         {options.rest.port(), "the agent's REST API"}};
  if (options.proxy) ports.push_back({options.proxy->port(), "the agent's reverse proxy"});
  if (options.http) ports.push_back({options.http->port(), "the agent's port for plain HTTP"});
  return ports;
}

using nginx::Runtime;
using RuntimeOr = absl::StatusOr<std::unique_ptr<Runtime>>;

absl::StatusOr<std::unique_ptr<nginx::DockerEngine>> create_engine() {
  MEX_ASSIGN_OR_RETURN(const nginx::EngineAddress address,
                       nginx::engine_address(environment_variable, [](const char* path) {
                         return ::access(path, F_OK) == 0;
                       }));
  return nginx::DockerEngine::create(address);
}

RuntimeOr create_docker_runtime(const Options& options, store::Store& store) {
  MEX_ASSIGN_OR_RETURN(auto engine, create_engine());
  MEX_ASSIGN_OR_RETURN(std::string agent_id, cluster::load_agent_id(store));
  MEX_ASSIGN_OR_RETURN(nginx::ImageReference image,
                       nginx::parse_image_reference(options.nginx_image));
  return std::make_unique<nginx::DockerRuntime>(std::move(engine), std::move(agent_id),
                                                std::move(image));
}

RuntimeOr create_process_runtime(const Options& options) {
  return nginx::ProcessRuntime::create(options.state_dir + "/nginx");
}

absl::Status ping_engine() {
  MEX_ASSIGN_OR_RETURN(const auto engine, create_engine());
  return engine->ping();
}

// Instances stay with the runtime that has them: an engine that is down for a moment while the
// agent starts comes back with its containers.
absl::StatusOr<NginxRuntime> choose(const Options& options, store::Store& store) {
  if (options.nginx_runtime != NginxRuntime::Auto) return options.nginx_runtime;
  const auto previous = nginx::InstanceStore(store).runtime_kind();
  if (!previous.ok() && !absl::IsDataLoss(previous.status())) return previous.status();
  if (previous.ok() && !previous->empty()) {
    return *previous == "docker" ? NginxRuntime::Docker : NginxRuntime::Process;
  }
  const absl::Status answer = ping_engine();
  if (answer.ok()) return NginxRuntime::Docker;
  // An agent in a container does not see whether the engine's socket was left out by mistake.
  log::info("nginx instances will be processes: no container engine", {{"reason", answer}});
  return NginxRuntime::Process;
}

}  // namespace

nginx::ClusterApi cluster_api_of(cluster::ApiServerLogin login) {
  nginx::ClusterApi api{.masters = {},
                        .server_name = std::move(login.server_name),
                        .authority = std::move(login.ca_certificate_pem),
                        .certificate = std::move(login.identity.certificate_pem),
                        .key = std::move(login.identity.key_pem)};
  for (std::string& master : login.masters) {
    api.masters.push_back(
        {.host = std::move(master), .port = static_cast<std::uint16_t>(login.port)});
  }
  return api;
}

absl::StatusOr<nginx::InstancesContext> nginx_context(const Options& options, store::Store& store,
                                                      const net::OriginPolicy& policy,
                                                      const cluster::Manager& clusters) {
  nginx::InstancesContext context;
  context.store = &store;
  context.policy = &policy;
  context.clock = &base::system_clock();
  context.certificate = [files = std::make_shared<nginx::CertificateFiles>(options.cert_dir)] {
    return files->pair();
  };
  context.cluster_api =
      [&clusters](const nginx::ClusterName& cluster) -> absl::StatusOr<nginx::ClusterApi> {
    MEX_ASSIGN_OR_RETURN(cluster::ApiServerLogin login,
                         clusters.api_server_login(cluster.tenant, cluster.name));
    return cluster_api_of(std::move(login));
  };
  context.reserved = own_ports(options);
  context.user_files = options.nginx_htpasswd;
  MEX_ASSIGN_OR_RETURN(const NginxRuntime choice, choose(options, store));
  const bool docker = choice == NginxRuntime::Docker;
  RuntimeOr runtime =
      docker ? create_docker_runtime(options, store) : create_process_runtime(options);
  RuntimeOr other =
      docker ? create_process_runtime(options) : create_docker_runtime(options, store);
  // Where it cannot be read which runtime has the instances, none is taken for the previous one.
  const bool is_known = nginx::InstanceStore(store).runtime_kind().ok();
  if (other.ok() && is_known) context.obsolete_runtimes.push_back(*std::move(other));
  if (!runtime.ok()) {
    context.no_runtime = runtime.status();
    log::info("nginx instances are not available", {{"reason", context.no_runtime}});
    return context;
  }
  context.runtime = *std::move(runtime);
  MEX_RETURN_IF_ERROR(nginx::InstanceStore(store).put_runtime_kind(context.runtime->kind()));
  log::info("nginx instances", {{"runtime", context.runtime->kind()}});
  return context;
}

}  // namespace mex::agent
