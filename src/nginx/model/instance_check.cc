#include "nginx/model/instance_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/json_text.h"
#include "base/status.h"
#include "nginx/model/grammar.h"

namespace mex::nginx {
namespace {

constexpr std::size_t kMaxPorts = 4096;
constexpr std::size_t kMaxOrigins = 64;
constexpr std::size_t kMaxBlocks = 1024;
constexpr unsigned kMaxWeight = 1000;
constexpr std::size_t kMaxAuthorities = std::size_t{256} << 10U;
constexpr unsigned kMaxClientLimit = 1'000'000;
constexpr unsigned kMinConnections = 64;
constexpr unsigned kMaxConnections = 65'536;
constexpr std::chrono::seconds kMaxTimeout = std::chrono::hours(24);

// Says that a field of one of the ports is not right.
class PortFault {
 public:
  explicit PortFault(std::size_t index) : index_(index) {}
  absl::Status operator()(std::string_view field, std::string_view what) const {
    return base::field_error(fmt::format("ports[{}].{}", index_, field), what);
  }

 private:
  const std::size_t index_;
};

absl::Status check_client_limits(const Port& port, const PortFault& fault) {
  if (!port.client_limits) return absl::OkStatus();
  const ClientLimits& limits = *port.client_limits;
  for (const auto& [value, field] :
       {std::pair(limits.connections, "client_limits.connections"),
        {limits.requests_per_second, "client_limits.requests_per_second"},
        {limits.burst, "client_limits.burst"}}) {
    if (value == 0 || value > kMaxClientLimit) {
      return fault(field, fmt::format("must be 1 to {}", kMaxClientLimit));
    }
  }
  const bool is_of_sessions = limits.requests_per_second == ClientLimits().requests_per_second &&
                              limits.burst == ClientLimits().burst;
  if (port.protocol == Protocol::Http || is_of_sessions) return absl::OkStatus();
  return fault("client_limits", "requests are counted on HTTP ports only: leave out their rate");
}

// nginx reads "unix:80" as a socket's path, and so it does on a container network, where a name is
// left to it.
bool is_taken_for_a_path(std::string_view host) { return host == "unix"; }

absl::Status check_origins(const Port& port, bool on_host, const PortFault& fault) {
  if (port.origins.empty()) return fault("origin", "must be host:port");
  if (port.origins.size() > kMaxOrigins) {
    return fault("origins", fmt::format("must be at most {}", kMaxOrigins));
  }
  for (const Origin& origin : port.origins) {
    if (!is_host(origin.host) || origin.port == 0) {
      return fault("origin", fmt::format("{} is not host:port", base::quoted(origin.text())));
    }
    if (!on_host && is_taken_for_a_path(origin.host)) {
      return fault("origin",
                   "nginx takes unix: for the path of a socket; give the other container "
                   "an alias or name its address");
    }
    if (origin.weight == 0 || origin.weight > kMaxWeight) {
      return fault("origins.weight", fmt::format("must be 1 to {}", kMaxWeight));
    }
    if (!on_host && (origin.host.starts_with("127.") || origin.host == "::1")) {
      return fault("origin", fmt::format("{} is the instance itself on a container network; name "
                                         "the other container or its address",
                                         origin.text()));
    }
  }
  return absl::OkStatus();
}

bool is_pem(std::string_view text) {
  return text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos &&
         text.size() <= kMaxAuthorities;
}

absl::Status check_access(const Port& port, const PortFault& fault) {
  if (port.allowed.size() > kMaxBlocks) {
    return fault("allowed", fmt::format("must be at most {} blocks", kMaxBlocks));
  }
  for (const std::string& block : port.allowed) {
    if (!is_address_block(block)) {
      return fault("allowed",
                   fmt::format("must be addresses or blocks such as 10.0.0.0/8 or fd00::/8, not {}",
                               base::quoted(block)));
    }
  }
  if (!port.client_authorities.empty() && !port.tls) {
    return fault("client_authorities", "clients show certificates only where TLS ends: set tls");
  }
  if (!port.client_authorities.empty() && !is_pem(port.client_authorities)) {
    return fault("client_authorities", "must be certificates in PEM");
  }
  return absl::OkStatus();
}

absl::Status check_timeouts(const Port& port, const PortFault& fault) {
  const auto is_bad = [](std::chrono::seconds timeout) {
    return timeout.count() < 1 || timeout > kMaxTimeout;
  };
  if (is_bad(port.connect_timeout)) return fault("connect_timeout", "must be 1 to 86400 seconds");
  if (is_bad(port.idle_timeout)) return fault("idle_timeout", "must be 1 to 86400 seconds");
  return absl::OkStatus();
}

absl::Status check_health(const HealthCheck& check, const PortFault& fault) {
  constexpr std::chrono::hours kMaxInterval{1};
  constexpr std::chrono::seconds kMaxWait{60};
  constexpr unsigned kMaxAttempts = 10;
  if (!check.path.empty() && !is_path(check.path)) {
    return fault("health.path",
                 fmt::format("must be a path such as /healthz, not {}", base::quoted(check.path)));
  }
  if (check.status != 0 && check.path.empty()) {
    return fault("health.status", "is that of an answer: set health.path");
  }
  if (check.status != 0 && (check.status < 200 || check.status > 599)) {
    return fault("health.status", "must be 200 to 599");
  }
  if (check.interval.count() < 1 || check.interval > kMaxInterval) {
    return fault("health.interval", "must be 1 to 3600 seconds");
  }
  if (check.timeout.count() < 1 || check.timeout > std::min(kMaxWait, check.interval)) {
    return fault("health.timeout", "must be 1 to 60 seconds, and no longer than health.interval");
  }
  if (check.rise == 0 || check.rise > kMaxAttempts) return fault("health.rise", "must be 1 to 10");
  if (check.fall == 0 || check.fall > kMaxAttempts) return fault("health.fall", "must be 1 to 10");
  return absl::OkStatus();
}

// The agent asks, so it must be able to, by the machine's own network.
absl::Status check_health(const Instance& instance, const Port& port, const PortFault& fault) {
  if (!port.health) return absl::OkStatus();
  if (port.protocol == Protocol::Udp) return fault("health", "there is none for UDP");
  if (!instance.network.empty()) {
    return fault("health", "origins on a container network cannot be asked by the agent");
  }
  if (instance.leads_to_cluster()) return fault("health", "is for origins, not for a cluster");
  if (!port.health->path.empty() && !port.server_name.empty()) {
    return fault("health.path", "the origin speaks TLS: leave it out, so that it is connected to");
  }
  return check_health(*port.health, fault);
}

absl::Status check_protocol(const Port& port, const PortFault& fault) {
  if (port.protocol == Protocol::Http && !is_path(port.path)) {
    return fault("path", fmt::format("must be a path such as /hello, without escapes, '.' and '..' "
                                     "segments and '//', not {}",
                                     base::quoted(port.path)));
  }
  if (port.protocol == Protocol::Udp && (port.tls || port.accept_proxy_protocol)) {
    return fault(port.tls ? "tls" : "takes_proxy_protocol", "there is none for UDP");
  }
  if (port.protocol != Protocol::Tcp && port.send_proxy_protocol) {
    return fault("sends_proxy_protocol", "is for TCP");
  }
  if (port.server_name.empty()) return absl::OkStatus();
  if (port.protocol != Protocol::Tcp || port.tls) {
    return fault("server_name", "is for TCP ports whose TLS ends at the origin");
  }
  if (!is_server_name(port.server_name)) {
    return fault("server_name",
                 fmt::format("must be a DNS name in lower case, *. may stand before it, not {}",
                             base::quoted(port.server_name)));
  }
  return absl::OkStatus();
}

absl::Status check_port(const Instance& instance, const Port& port, const PortFault& fault) {
  if (port.external == 0) return fault("external", "must be a port number, 1 to 65535");
  MEX_RETURN_IF_ERROR(check_protocol(port, fault));
  if (!instance.leads_to_cluster()) {
    MEX_RETURN_IF_ERROR(check_origins(port, instance.network.empty(), fault));
  }
  MEX_RETURN_IF_ERROR(check_access(port, fault));
  MEX_RETURN_IF_ERROR(check_client_limits(port, fault));
  MEX_RETURN_IF_ERROR(check_health(instance, port, fault));
  return check_timeouts(port, fault);
}

bool agree(const Port& a, const Port& b) {
  return a.tls == b.tls && a.client_authorities == b.client_authorities && a.allowed == b.allowed &&
         a.accept_proxy_protocol == b.accept_proxy_protocol &&
         a.send_proxy_protocol == b.send_proxy_protocol && a.client_limits == b.client_limits;
}

// `earlier` is another entry for the same port of the machine.
absl::Status check_together(const Port& earlier, const Port& port, const PortFault& fault) {
  const bool is_apart = port.protocol == Protocol::Http ? earlier.path != port.path
                                                        : earlier.server_name != port.server_name;
  if (earlier.protocol != port.protocol || port.protocol == Protocol::Udp || !is_apart) {
    return fault("external", fmt::format("{} is used by another port of the instance; several HTTP "
                                         "ports share one by path, several TCP ports by "
                                         "server_name",
                                         port.external));
  }
  if (!agree(earlier, port)) {
    return fault("external",
                 fmt::format("the entries for {} must agree in tls, client_authorities, allowed, "
                             "client_limits and PROXY protocol",
                             port.external));
  }
  return absl::OkStatus();
}

// Its masters are its origins: they come and go.
absl::Status check_cluster(const Instance& instance) {
  const ClusterName& cluster = instance.cluster;
  if (!instance.leads_to_cluster()) {
    if (cluster.tenant.empty()) return absl::OkStatus();
    return base::field_error("cluster", "a tenant has clusters: name one");
  }
  if (instance.kind != Kind::KubernetesProxy) {
    return base::field_error("cluster", "is for what leads to a Kubernetes API");
  }
  if (!is_name(cluster.name)) {
    return base::field_error(
        "cluster", fmt::format("is not a cluster's name: {}", base::quoted(cluster.name)));
  }
  if (!is_name(cluster.tenant)) {
    return base::field_error(
        "tenant", fmt::format("is not a tenant's name: {}", base::quoted(cluster.tenant)));
  }
  const Port& port = instance.ports.front();
  const bool is_proxy_of_cluster = instance.ports.size() == 1 && port.protocol == Protocol::Http &&
                                   port.tls && port.path == "/" && port.origins.empty() &&
                                   instance.network.empty();
  if (is_proxy_of_cluster) return absl::OkStatus();
  return base::field_error("ports",
                           "one that leads to a cluster has one HTTP port with TLS for all paths, "
                           "without origins, on the machine's own network");
}

}  // namespace

absl::Status check(const std::vector<User>& users) {
  for (const User& user : users) {
    if (!is_user_name(user.name) || !is_password_hash(user.password_hash)) {
      return base::field_error("users",
                               "must have names of letters, digits, '.', '_', '@', '-' "
                               "and hashed passwords");
    }
  }
  return absl::OkStatus();
}

absl::Status check(const Instance& instance) {
  if (!is_name(instance.name)) {
    return base::field_error("name",
                             fmt::format("must be letters, digits, '.', '_', '-', the first a "
                                         "letter or a digit, at most 63, not {}",
                                         base::quoted(instance.name)));
  }
  const bool on_host = instance.network.empty();
  if (!on_host &&
      (!is_name(instance.network) || instance.network == "none" || instance.network == "host")) {
    return base::field_error("network",
                             "must be the name of a container network, or empty for "
                             "the host's");
  }
  if (instance.ports.empty()) return base::field_error("ports", "missing ports definitions");
  if (instance.ports.size() > kMaxPorts) {
    return base::field_error("ports", fmt::format("must be at most {}", kMaxPorts));
  }
  if (instance.max_connections < kMinConnections || instance.max_connections > kMaxConnections) {
    return base::field_error("max_connections",
                             fmt::format("must be {} to {}", kMinConnections, kMaxConnections));
  }
  MEX_RETURN_IF_ERROR(check_cluster(instance));
  for (std::size_t i = 0; i < instance.ports.size(); ++i) {
    const Port& port = instance.ports[i];
    const PortFault fault(i);
    MEX_RETURN_IF_ERROR(check_port(instance, port, fault));
    for (std::size_t k = 0; k < i; ++k) {
      if (!share_port(instance.ports[k], port)) continue;
      MEX_RETURN_IF_ERROR(check_together(instance.ports[k], port, fault));
    }
  }
  return absl::OkStatus();
}

}  // namespace mex::nginx
