#include "edge/nginx/instance.h"

#include <fmt/format.h>

namespace mex::edge::nginx {

std::string Origin::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string full_name(Kind kind, std::string_view name) {
  return fmt::format("{}-nginx-{}", name, kind == Kind::Ports ? "lbproxy" : "kcproxy");
}

std::chrono::seconds usual_idle_timeout(Protocol protocol) {
  return std::chrono::seconds(protocol == Protocol::Tcp ? 600 : 60);
}

bool is_udp(const Port& port) { return port.protocol == Protocol::Udp; }

bool share_port(const Port& a, const Port& b) {
  return a.external == b.external && is_udp(a) == is_udp(b);
}

}  // namespace mex::edge::nginx
