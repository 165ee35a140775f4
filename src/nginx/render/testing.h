#pragma once

// For tests of what is rendered.

#include <string>
#include <utility>
#include <vector>

#include "nginx/model/testing.h"
#include "nginx/render/configuration.h"
#include "nginx/render/resolved_instance.h"

namespace mex::nginx::testing {

inline RenderContext render_context() {
  return {.preamble =
              "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
              "user www-data www-data;\n",
          .error_log = "error.log",
          .session_log = "sessions.log",
          .status_listen = "unix:status.sock",
          .has_ipv6 = false,
          .local_addresses = {"10.0.0.1", "127.0.0.1"},
          .max_descriptors = 20000};
}

inline FileNames files() {
  return {.certificate = "certificate-1.pem",
          .key = "key-1.pem",
          .users = "users-1",
          .dropped_headers = "dropped-headers-1.conf",
          .api_authority = "api-authority-1.pem",
          .api_certificate = "api-certificate-1.pem",
          .api_key = "api-key-1.pem",
          .client_authorities = std::vector<std::string>(8, "clients-1.pem")};
}

// With origins that are addresses, or whose names nginx resolves.
inline ResolvedInstance resolved(Instance instance) {
  ResolvedInstance result;
  for (const Port& port : instance.ports) {
    ResolvedOrigins& origins = result.origins.emplace_back();
    for (const Origin& origin : port.origins) origins.push_back({.origin = origin});
  }
  result.desired = std::move(instance);
  return result;
}

// everything(), with a name that has two addresses, and origins that are down.
inline ResolvedInstance resolved_everything() {
  ResolvedInstance result = resolved(everything());
  result.origins[0][1].down = {"10.1.0.2"};
  result.origins[2][0].addresses = {"10.2.0.1", "10.2.0.2"};
  result.origins[2][0].down = {"10.2.0.1"};
  return result;
}

// In a container, on a network where names are the engine's, with words that are nginx's own for
// names, with its own limits, and an origin that leads nowhere.
inline RenderContext container_context() {
  return {.preamble = "include /etc/nginx/modules-enabled/*.conf;\n",
          .error_log = "stderr",
          .session_log = "/dev/stdout",
          .status_listen = "64333",
          .has_ipv6 = false,
          .local_addresses = {},
          .max_descriptors = 1024};
}
inline ResolvedInstance resolved_in_container() {
  Port named = tcp(9443, "some_container:443");
  named.server_name = "default";
  Port other = tcp(9443, "other_container:443");
  other.server_name = "include";
  Port limited = port(Protocol::Http, 8080, "10.0.0.9:80");
  limited.client_limits = ClientLimits{.connections = 7, .requests_per_second = 8, .burst = 9};
  Instance instance = testing::instance("inside", {named, other, limited});
  instance.network = "apps";
  ResolvedInstance result = resolved(std::move(instance));
  result.origins[2][0].is_nowhere = true;
  return result;
}

inline ResolvedInstance resolved_cluster_proxy(ApiAccess access) {
  ResolvedInstance result = resolved(cluster_proxy(access));
  result.api = cluster_api();
  for (const Origin& master : result.api.masters) {
    result.origins.front().push_back({.origin = master});
  }
  result.users = {{"admin", "$2b$05$abc"}};
  return result;
}

inline ResolvedInstance kubectl_proxy() {
  ResolvedInstance result = resolved(kubernetes_proxy("kcp", 8002, {}, ApiAccess::Read));
  result.users = {{"admin", "$2b$05$abc"}};
  return result;
}

}  // namespace mex::nginx::testing
