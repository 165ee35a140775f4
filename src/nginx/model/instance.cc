#include "nginx/model/instance.h"

#include <fmt/format.h>

#include <utility>

namespace mex::nginx {

std::string Origin::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string full_name(Kind kind, std::string_view name) {
  return fmt::format("{}-nginx-{}", name, kind == Kind::Ports ? "lbproxy" : "kcproxy");
}

Instance kubernetes_proxy(std::string name, std::uint16_t external, ClusterName cluster,
                          ApiAccess access) {
  Port port;
  port.protocol = Protocol::Http;
  port.external = external;
  port.tls = true;
  // A watch may be silent for long.
  port.idle_timeout = default_idle_timeout(Protocol::Tcp);
  if (cluster.name.empty()) {
    port.origins.push_back(
        {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(external - 1), .weight = 1});
  } else {
    // There are other masters, and they are near.
    port.connect_timeout = std::chrono::seconds(3);
  }
  Instance instance;
  instance.kind = Kind::KubernetesProxy;
  instance.name = std::move(name);
  instance.cluster = std::move(cluster);
  instance.access = access;
  instance.ports.push_back(std::move(port));
  return instance;
}

ClientLimits default_client_limits(Kind kind) {
  if (kind == Kind::Ports) return {};
  return {.connections = 256, .requests_per_second = 10, .burst = 100};
}

ClientLimits client_limits_of(const Instance& instance, const Port& port) {
  return port.client_limits.value_or(default_client_limits(instance.kind));
}

std::chrono::seconds default_idle_timeout(Protocol protocol) {
  return std::chrono::seconds(protocol == Protocol::Tcp ? 600 : 60);
}

bool is_udp(const Port& port) { return port.protocol == Protocol::Udp; }

bool share_port(const Port& a, const Port& b) {
  return a.external == b.external && is_udp(a) == is_udp(b);
}

}  // namespace mex::nginx
