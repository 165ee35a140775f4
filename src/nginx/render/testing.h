#pragma once

// For tests of what is rendered.

#include <string>
#include <vector>

#include "nginx/model/instance.h"
#include "nginx/render/configuration.h"

namespace mex::nginx::testing {

inline RenderContext surroundings() {
  return {.preamble = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n",
          .error_log = "error.log",
          .session_log = "sessions.log",
          .status_listen = "unix:status.sock",
          .has_ipv6 = false,
          .local_addresses = {"10.0.0.1", "127.0.0.1"}};
}

inline FileNames files() {
  return {.certificate = "certificate-1.pem",
          .key = "key-1.pem",
          .users = "users-1",
          .api_authority = "api-authority-1.pem",
          .api_certificate = "api-certificate-1.pem",
          .api_key = "api-key-1.pem",
          .client_authorities = std::vector<std::string>(8, "clients-1.pem")};
}

inline Instance kubectl_proxy() {
  Instance proxy = kubernetes_proxy("kcp", 8002, {}, ApiAccess::Read);
  proxy.users = {{"admin", "$2b$05$abc"}};
  return proxy;
}

}  // namespace mex::nginx::testing
