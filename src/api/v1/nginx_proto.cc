#include "api/v1/nginx_proto.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "api/v1/timestamp.h"
#include "base/status.h"
#include "nginx/model/grammar.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;
using nginx::Protocol;

v1::NginxProxyPort::Protocol to_protocol(Protocol protocol) {
  switch (protocol) {
    case Protocol::Http:
      return v1::NginxProxyPort::HTTP;
    case Protocol::Tcp:
      return v1::NginxProxyPort::TCP;
    case Protocol::Udp:
      return v1::NginxProxyPort::UDP;
  }
  return v1::NginxProxyPort::PROTOCOL_UNSPECIFIED;
}

v1::NginxProxyPort::Protocol to_protocol(std::string_view logged) {
  if (logged == "http") return v1::NginxProxyPort::HTTP;
  return logged == "tcp" ? v1::NginxProxyPort::TCP : v1::NginxProxyPort::UDP;
}

v1::NginxProxyHealthCheck to_health(const nginx::HealthCheck& check) {
  v1::NginxProxyHealthCheck shown;
  shown.set_path(check.path);
  shown.set_status(static_cast<std::int32_t>(check.status));
  shown.mutable_interval()->set_seconds(check.interval.count());
  shown.mutable_timeout()->set_seconds(check.timeout.count());
  shown.set_rise(static_cast<std::int32_t>(check.rise));
  shown.set_fall(static_cast<std::int32_t>(check.fall));
  return shown;
}

v1::NginxProxyPort to_port(const nginx::Port& port) {
  v1::NginxProxyPort shown;
  shown.set_name(port.name);
  shown.set_protocol(to_protocol(port.protocol));
  shown.set_external(port.external);
  for (const nginx::Origin& origin : port.origins) {
    v1::NginxProxyOrigin& one = *shown.add_origins();
    one.set_address(origin.text());
    one.set_weight(static_cast<std::int32_t>(origin.weight));
  }
  if (port.protocol == Protocol::Http) shown.set_path(port.path);
  shown.set_server_name(port.server_name);
  shown.set_tls(port.tls);
  shown.set_client_authorities(port.client_authorities);
  for (const std::string& block : port.allowed) shown.add_allowed(block);
  shown.set_takes_proxy_protocol(port.accept_proxy_protocol);
  shown.set_sends_proxy_protocol(port.send_proxy_protocol);
  shown.mutable_connect_timeout()->set_seconds(port.connect_timeout.count());
  shown.mutable_idle_timeout()->set_seconds(port.idle_timeout.count());
  if (port.health) *shown.mutable_health() = to_health(*port.health);
  if (port.client_limits) *shown.mutable_client_limits() = to_client_limits(*port.client_limits);
  return shown;
}

// Instance and health are read one after the other: an origin may be removed in between.
void add_health(const nginx::OriginHealthView& origin, v1::NginxProxy& shown) {
  if (origin.port >= static_cast<std::size_t>(shown.ports_size())) return;
  v1::NginxProxyPort& port = *shown.mutable_ports(static_cast<int>(origin.port));
  if (origin.origin >= static_cast<std::size_t>(port.origins_size())) return;
  v1::NginxProxyOriginHealth& one =
      *port.mutable_origins(static_cast<int>(origin.origin))->add_health();
  one.set_address(origin.address);
  one.set_state(!origin.is_known ? "UNKNOWN" : origin.is_up ? "UP" : "DOWN");
  one.set_reason(origin.problem);
  if (origin.is_known) *one.mutable_since() = timestamp(origin.since);
}

void add_problem(const nginx::OriginProblem& problem, v1::NginxProxy& shown) {
  if (problem.port >= static_cast<std::size_t>(shown.ports_size())) return;
  v1::NginxProxyPort& port = *shown.mutable_ports(static_cast<int>(problem.port));
  if (problem.origin >= static_cast<std::size_t>(port.origins_size())) return;
  port.mutable_origins(static_cast<int>(problem.origin))->set_reason(problem.text);
}

// Refusals that name a field of one of the ports.
class PortFault {
 public:
  explicit PortFault(int index) : index_(index) {}
  absl::Status operator()(std::string_view field, std::string_view what) const {
    return base::field_error(fmt::format("ports[{}].{}", index_, field), what);
  }

 private:
  const int index_;
};

absl::StatusOr<Protocol> protocol_of(const v1::NginxProxyPort& given, const PortFault& fault) {
  switch (given.protocol()) {
    case v1::NginxProxyPort::HTTP:
      return Protocol::Http;
    case v1::NginxProxyPort::TCP:
      return Protocol::Tcp;
    case v1::NginxProxyPort::UDP:
      return Protocol::Udp;
    default:
      return fault("protocol", "must be HTTP, TCP or UDP");
  }
}

absl::StatusOr<std::chrono::seconds> seconds_of(bool is_given,
                                                const google::protobuf::Duration& given,
                                                std::chrono::seconds default_value,
                                                const PortFault& fault, std::string_view field) {
  if (!is_given) return default_value;
  if (given.nanos() != 0) return fault(field, "must be whole seconds");
  return std::chrono::seconds(given.seconds());
}

absl::Status add_origins(const v1::NginxProxyPort& given, const PortFault& fault,
                         nginx::Port& port) {
  for (int i = 0; i < given.origins_size(); ++i) {
    auto origin = nginx::parse_origin(given.origins(i).address(), default_port(port.protocol));
    if (!origin.ok()) {
      return fault(fmt::format("origins[{}].address", i), base::message_of(origin.status()));
    }
    const std::int32_t weight = given.origins(i).weight();
    if (weight < 0) return fault(fmt::format("origins[{}].weight", i), "must be 1 to 1000");
    if (weight > 0) origin->weight = static_cast<unsigned>(weight);
    port.origins.push_back(*std::move(origin));
  }
  return absl::OkStatus();
}

// 0 stands for the default.
absl::Status set_number(std::int32_t given, std::string_view field, const PortFault& fault,
                        unsigned& target) {
  if (given < 0) return fault(field, "must not be negative");
  if (given > 0) target = static_cast<unsigned>(given);
  return absl::OkStatus();
}

absl::StatusOr<nginx::HealthCheck> health_of(const v1::NginxProxyHealthCheck& given,
                                             const PortFault& fault) {
  nginx::HealthCheck check;
  check.path = given.path();
  MEX_RETURN_IF_ERROR(set_number(given.status(), "health.status", fault, check.status));
  MEX_RETURN_IF_ERROR(set_number(given.rise(), "health.rise", fault, check.rise));
  MEX_RETURN_IF_ERROR(set_number(given.fall(), "health.fall", fault, check.fall));
  MEX_ASSIGN_OR_RETURN(check.interval, seconds_of(given.has_interval(), given.interval(),
                                                  check.interval, fault, "health.interval"));
  MEX_ASSIGN_OR_RETURN(
      check.timeout, seconds_of(given.has_timeout(), given.timeout(),
                                std::min(check.timeout, check.interval), fault, "health.timeout"));
  return check;
}

absl::StatusOr<nginx::Port> from_port(const v1::NginxProxyPort& given, int index) {
  const PortFault fault(index);
  nginx::Port port;
  port.name = given.name();
  MEX_ASSIGN_OR_RETURN(port.protocol, protocol_of(given, fault));
  const auto external = nginx::parse_port_number(std::to_string(given.external()));
  if (!external) return fault("external", "must be a port number, 1 to 65535");
  port.external = *external;
  MEX_RETURN_IF_ERROR(add_origins(given, fault, port));
  if (!given.path().empty()) port.path = given.path();
  port.server_name = given.server_name();
  port.tls = given.tls();
  port.client_authorities = given.client_authorities();
  port.allowed.assign(given.allowed().begin(), given.allowed().end());
  port.accept_proxy_protocol = given.takes_proxy_protocol();
  port.send_proxy_protocol = given.sends_proxy_protocol();
  MEX_ASSIGN_OR_RETURN(port.connect_timeout,
                       seconds_of(given.has_connect_timeout(), given.connect_timeout(),
                                  port.connect_timeout, fault, "connect_timeout"));
  MEX_ASSIGN_OR_RETURN(port.idle_timeout, seconds_of(given.has_idle_timeout(), given.idle_timeout(),
                                                     nginx::default_idle_timeout(port.protocol),
                                                     fault, "idle_timeout"));
  if (given.has_health()) {
    MEX_ASSIGN_OR_RETURN(port.health, health_of(given.health(), fault));
  }
  if (given.has_client_limits()) {
    MEX_ASSIGN_OR_RETURN(port.client_limits,
                         from_client_limits(given.client_limits(), nginx::Kind::Ports, index));
  }
  return port;
}

}  // namespace

v1::NginxProxyClientLimits to_client_limits(const nginx::ClientLimits& limits) {
  v1::NginxProxyClientLimits shown;
  shown.set_connections(static_cast<std::int32_t>(limits.connections));
  shown.set_requests_per_second(static_cast<std::int32_t>(limits.requests_per_second));
  shown.set_burst(static_cast<std::int32_t>(limits.burst));
  return shown;
}

absl::StatusOr<nginx::ClientLimits> from_client_limits(const v1::NginxProxyClientLimits& given,
                                                       nginx::Kind kind, int index) {
  const PortFault fault(index);
  nginx::ClientLimits limits = nginx::default_client_limits(kind);
  MEX_RETURN_IF_ERROR(
      set_number(given.connections(), "client_limits.connections", fault, limits.connections));
  MEX_RETURN_IF_ERROR(set_number(given.requests_per_second(), "client_limits.requests_per_second",
                                 fault, limits.requests_per_second));
  MEX_RETURN_IF_ERROR(set_number(given.burst(), "client_limits.burst", fault, limits.burst));
  return limits;
}

void add_traffic(const nginx::Traffic& traffic,
                 google::protobuf::RepeatedPtrField<v1::NginxProxyTraffic>& shown) {
  for (const auto& [key, port] : traffic) {
    v1::NginxProxyTraffic& one = *shown.Add();
    one.set_port(key.first);
    one.set_protocol(to_protocol(key.second));
    one.set_ended_1xx(port.ended[0]);
    one.set_ended_2xx(port.ended[1]);
    one.set_ended_3xx(port.ended[2]);
    one.set_ended_4xx(port.ended[3]);
    one.set_ended_5xx(port.ended[4]);
    one.set_received_bytes(port.received_bytes);
    one.set_sent_bytes(port.sent_bytes);
    one.set_refused(port.refused);
  }
}

v1::NginxProxy to_nginx_proxy(const nginx::InstanceView& view, std::string_view runtime) {
  v1::NginxProxy shown;
  shown.set_name(view.instance.name);
  shown.set_network(view.instance.network);
  for (const nginx::Port& port : view.instance.ports) *shown.add_ports() = to_port(port);
  for (const auto& origin : view.health) add_health(origin, shown);
  for (const auto& problem : view.origin_problems) add_problem(problem, shown);
  if (view.instance.max_connections != nginx::kDefaultMaxConnections) {
    shown.set_max_connections(static_cast<std::int32_t>(view.instance.max_connections));
  }
  add_condition(view, runtime, shown);
  return shown;
}

absl::StatusOr<nginx::Instance> from_nginx_proxy(const v1::NginxProxy& given) {
  nginx::Instance instance;
  instance.name = given.name();
  if (given.network() != "host") instance.network = given.network();
  if (given.max_connections() < 0) {
    return base::field_error("max_connections", "must not be negative");
  }
  if (given.max_connections() > 0) {
    instance.max_connections = static_cast<unsigned>(given.max_connections());
  }
  for (int i = 0; i < given.ports_size(); ++i) {
    MEX_ASSIGN_OR_RETURN(nginx::Port port, from_port(given.ports(i), i));
    instance.ports.push_back(std::move(port));
  }
  return instance;
}

}  // namespace mex::api
