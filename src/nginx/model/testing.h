#pragma once

// For tests of all rooms of nginx.

#include <initializer_list>
#include <string>

#include "nginx/model/cluster_api.h"
#include "nginx/model/grammar.h"
#include "nginx/model/instance.h"

namespace mex::nginx::testing {

inline Port port(Protocol protocol, std::uint16_t external, const std::string& origin) {
  Port port;
  port.protocol = protocol;
  port.external = external;
  port.origins = {parse_origin(origin, 0).value()};
  port.idle_timeout = default_idle_timeout(protocol);
  return port;
}

inline Port https(std::uint16_t external, const std::string& origin, const std::string& path) {
  Port https = port(Protocol::Http, external, origin);
  https.tls = true;
  https.path = path;
  return https;
}
inline Port tcp(std::uint16_t external, const std::string& origin) {
  return port(Protocol::Tcp, external, origin);
}
inline Port udp(std::uint16_t external, const std::string& origin) {
  return port(Protocol::Udp, external, origin);
}

inline Instance instance(const std::string& name, std::initializer_list<Port> ports) {
  Instance instance;
  instance.name = name;
  instance.ports = ports;
  return instance;
}

// In front of the API of a cluster.
inline Instance cluster_proxy(ApiAccess access) {
  return kubernetes_proxy("kcp", 8443, {.tenant = "tenant-1", .name = "test-1"}, access);
}

// The API of that cluster, with two masters.
inline ClusterApi cluster_api() {
  return {.masters = {parse_origin("10.101.7.10:6443", 0).value(),
                      parse_origin("10.101.7.11:6443", 0).value()},
          .server_name = "api.cluster.internal",
          .authority = "authority",
          .certificate = "certificate",
          .key = base::Secret("key")};
}

// What the user's document adds, but that its origins have other ports than the external ones.
inline Instance three_ports() {
  return instance("test1", {https(8888, "127.0.0.1:8889", "/hello"), tcp(7777, "127.0.0.1:777"),
                            udp(6666, "127.0.0.1:6667")});
}

// Everything there is.
inline Instance everything() {
  Port api = https(8443, "10.1.0.1:8080", "/api/");
  api.origins.push_back(parse_origin("10.1.0.2:8080", 0).value());
  api.origins[1].weight = 3;
  api.health = HealthCheck{.path = "/healthz", .status = 200};
  api.allowed = {"10.0.0.0/8", "fd00::/8"};
  api.client_authorities = "-----BEGIN CERTIFICATE-----\n";
  Port root = api;
  root.path = "/";
  root.health.reset();
  root.origins = {parse_origin("[fd00::7]:80", 0).value()};
  root.idle_timeout = std::chrono::hours(1);
  Port plain = port(Protocol::Http, 8080, "svc.example:80");
  plain.health = HealthCheck{};
  plain.accept_proxy_protocol = true;
  Port closed = tcp(9443, "10.3.0.1:443");
  closed.server_name = "a.example";
  closed.send_proxy_protocol = true;
  Port others = tcp(9443, "10.3.0.2:443");
  others.send_proxy_protocol = true;
  Port all_names = closed;
  all_names.server_name = "*.b.example";
  Port opened = tcp(9444, "10.3.0.3:1883");
  opened.tls = true;
  opened.client_authorities = api.client_authorities;
  Port guarded = udp(5353, "10.4.0.1:53");
  guarded.allowed = {"192.0.2.7"};
  return instance("all", {api, root, plain, closed, others, all_names, opened, guarded});
}

}  // namespace mex::nginx::testing
