#include "agent/nginx_setup.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "agent/process.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "cluster/records/journal.h"
#include "nginx/model/stored_instance.h"
#include "nginx/runtime/docker/docker_engine.h"
#include "nginx/runtime/docker/docker_runtime.h"
#include "nginx/runtime/docker/engine_address.h"
#include "nginx/runtime/process/process_runtime.h"
#include "tls/certificate.h"

namespace mex::agent {
namespace {

using nginx::CertificatePair;

// cert.pem and key.pem. The pair is checked before it is handed on, so that one half of a
// replacement is never taken; and read only when one of the files is another one.
class CertificateFiles {
 public:
  explicit CertificateFiles(const std::string& directory)
      : certificate_(directory + "/cert.pem"), key_(directory + "/key.pem") {}

  absl::StatusOr<CertificatePair> pair() {
    const std::lock_guard lock(mutex_);
    const std::string version = version_of(certificate_) + version_of(key_);
    if (version == version_ && pair_.ok()) return pair_;
    auto fresh = read();
    // A pair that cannot be read now does not take away the one that was there.
    if (fresh.ok() || !pair_.ok()) pair_ = std::move(fresh);
    version_ = version;
    return pair_;
  }

 private:
  static std::string version_of(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return "";
    return fmt::format("{}:{}:{}:{} ", info.st_ino, info.st_size, info.st_mtim.tv_sec,
                       info.st_mtim.tv_nsec);
  }

  absl::StatusOr<CertificatePair> read() const {
    CertificatePair pair;
    MEX_ASSIGN_OR_RETURN(pair.certificate, base::read_file(certificate_));
    MEX_ASSIGN_OR_RETURN(std::string key, base::read_file(key_));
    pair.key = base::Secret(std::move(key));
    MEX_RETURN_IF_ERROR(tls::Certificate::parse(pair.certificate, pair.key).status());
    return pair;
  }

  const std::string certificate_;
  const std::string key_;
  std::mutex mutex_;
  std::string version_;
  absl::StatusOr<CertificatePair> pair_ = absl::UnknownError("not read yet");
};

std::vector<nginx::ReservedPort> own_ports(const Options& options) {
  std::vector<nginx::ReservedPort> ports{{options.grpc.port(), "the agent's gRPC API"},
                                         {options.rest.port(), "the agent's REST API"}};
  if (options.proxy) ports.push_back({options.proxy->port(), "the agent's reverse proxy"});
  if (options.http) ports.push_back({options.http->port(), "the agent's port for plain HTTP"});
  return ports;
}

using nginx::Runtime;
using RuntimeOr = absl::StatusOr<std::unique_ptr<Runtime>>;

constexpr std::string_view kRuntimeKey = "/nginx-runtime";

absl::StatusOr<std::unique_ptr<nginx::DockerEngine>> open_engine() {
  MEX_ASSIGN_OR_RETURN(const nginx::EngineAddress address,
                       nginx::engine_address(environment_variable, [](const char* path) {
                         return access(path, F_OK) == 0;
                       }));
  return nginx::DockerEngine::make(address);
}

RuntimeOr open_docker(const Options& options, store::Store& store) {
  MEX_ASSIGN_OR_RETURN(auto engine, open_engine());
  MEX_ASSIGN_OR_RETURN(std::string agent_id, cluster::load_agent_id(store));
  return std::make_unique<nginx::DockerRuntime>(std::move(engine), std::move(agent_id),
                                                options.nginx_image);
}

RuntimeOr open_process(const Options& options) {
  return nginx::ProcessRuntime::open(options.state_dir + "/nginx");
}

absl::Status ask_engine() {
  MEX_ASSIGN_OR_RETURN(const auto engine, open_engine());
  return engine->ping();
}

// With instances there are, the runtime that has them is kept: an engine that is down for a moment
// while the agent starts comes back with its containers.
absl::StatusOr<NginxRuntime> choose(const Options& options, const store::Store& store) {
  if (options.nginx_runtime != NginxRuntime::Auto) return options.nginx_runtime;
  MEX_ASSIGN_OR_RETURN(const auto instances, store.list(nginx::kInstancePrefix));
  const auto former = store.get(kRuntimeKey);
  if (!instances.empty() && former.ok()) {
    return former->value == "docker" ? NginxRuntime::Docker : NginxRuntime::Process;
  }
  const absl::Status answer = ask_engine();
  if (answer.ok()) return NginxRuntime::Docker;
  // In a container it is not plain to see that the engine's socket was left out.
  log::info("nginx instances will be processes: no container engine", {{"reason", answer}});
  return NginxRuntime::Process;
}

absl::Status remember(store::Store& store, std::string_view kind) {
  store::Transaction transaction;
  transaction.put(std::string(kRuntimeKey), std::string(kind));
  return store.commit(transaction).status();
}

}  // namespace

nginx::ClusterApi cluster_api_of(cluster::ApiServerLogin login) {
  nginx::ClusterApi api{.masters = {},
                        .server_name = std::move(login.server_name),
                        .authority = std::move(login.ca_certificate_pem),
                        .certificate = std::move(login.identity.certificate_pem),
                        .key = std::move(login.identity.key_pem)};
  for (std::string& master : login.masters) {
    api.masters.push_back({.host = std::move(master),
                           .port = static_cast<std::uint16_t>(login.port),
                           .weight = 1,
                           .addresses = {}});
  }
  return api;
}

absl::StatusOr<nginx::InstancesContext> nginx_setup(const Options& options, store::Store& store,
                                                    const net::OriginPolicy& policy,
                                                    const cluster::Manager& clusters) {
  nginx::InstancesContext setup;
  setup.store = &store;
  setup.policy = &policy;
  setup.clock = &base::system_clock();
  setup.certificate = [files = std::make_shared<CertificateFiles>(options.cert_dir)] {
    return files->pair();
  };
  setup.cluster_api =
      [&clusters](const nginx::ClusterName& cluster) -> absl::StatusOr<nginx::ClusterApi> {
    MEX_ASSIGN_OR_RETURN(cluster::ApiServerLogin login,
                         clusters.api_server_login(cluster.tenant, cluster.name));
    return cluster_api_of(std::move(login));
  };
  setup.reserved = own_ports(options);
  setup.user_files = options.nginx_htpasswd;
  MEX_ASSIGN_OR_RETURN(const NginxRuntime choice, choose(options, store));
  const bool docker = choice == NginxRuntime::Docker;
  RuntimeOr runtime = docker ? open_docker(options, store) : open_process(options);
  RuntimeOr other = docker ? open_process(options) : open_docker(options, store);
  if (other.ok()) setup.obsolete_runtimes.push_back(*std::move(other));
  if (!runtime.ok()) {
    setup.no_runtime = runtime.status();
    log::info("nginx instances are not available", {{"reason", setup.no_runtime}});
    return setup;
  }
  setup.runtime = *std::move(runtime);
  MEX_RETURN_IF_ERROR(remember(store, setup.runtime->kind()));
  log::info("nginx instances", {{"runtime", setup.runtime->kind()}});
  return setup;
}

}  // namespace mex::agent
