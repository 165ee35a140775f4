#include "nginx/render/http_section.h"

#include <fmt/format.h>

#include "nginx/render/cluster_location.h"

namespace mex::nginx {
namespace {

// Bodies are passed on while they arrive, both ways: their length has no limit, and nothing is ever
// written to the disk. nginx makes the directories all the same, so they get names below its own.
constexpr std::string_view kBasics = R"(    server_tokens off;
    client_body_temp_path temporary/body;
    proxy_temp_path temporary/proxy;
    fastcgi_temp_path temporary/fastcgi;
    uwsgi_temp_path temporary/uwsgi;
    scgi_temp_path temporary/scgi;
    client_max_body_size 0;
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_max_temp_file_size 0;
    proxy_http_version 1.1;
    keepalive_timeout 65;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:sessions:1m;
    map $http_upgrade $connection_to_origin {
        default upgrade;
        '' '';
    }
)";

std::string request_log_text(const RenderContext& context) {
  if (context.session_log.empty()) return "    access_log off;\n";
  return fmt::format(
      "    log_format sessions '$server_port http $status $request_length $bytes_sent "
      "$request_time';\n"
      "    access_log {} sessions;\n",
      context.session_log);
}

std::string status_server(const RenderContext& context, std::string_view generation) {
  return fmt::format(
      "    server {{\n"
      "        listen {};\n"
      "        access_log off;\n"
      "        location = /generation {{\n"
      "            return 200 {};\n"
      "        }}\n"
      "        location = /status {{\n"
      "            stub_status;\n"
      "        }}\n"
      "        location / {{\n"
      "            return 404;\n"
      "        }}\n"
      "    }}\n",
      context.status_listen, generation);
}

// Host is the origin's, as the operator wrote it: what nginx sends by itself where proxy_pass names
// an origin.
std::string location_text(const PortEntry& entry, bool asks_for_password) {
  const Port& port = *entry.port;
  return fmt::format(
      "        location {} {{\n"
      "            proxy_pass http://{};\n"
      "            proxy_set_header Host {};\n"
      "            proxy_set_header Connection $connection_to_origin;\n"
      "            proxy_set_header Upgrade $http_upgrade;\n"
      "{}{}{}"
      "        }}\n",
      port.path, entry.upstream, entry.origins->front().origin.text(), client_headers_text(port),
      timeouts_text(port),
      // The password is for the agent, not for the origin.
      asks_for_password ? "            proxy_set_header Authorization '';\n" : "");
}

std::string http_server_text(const ResolvedInstance& instance, const PortGroup& group,
                             const RenderContext& context, const FileNames& files) {
  const Port& port = group.port();
  std::string text = "    server {\n";
  for (const std::string& address : listen_addresses(instance, port, context)) {
    text += fmt::format("        listen {}{}{};\n", address, port.tls ? " ssl" : "",
                        port.accept_proxy_protocol ? " proxy_protocol" : "");
  }
  if (port.tls) {
    text += fmt::format("        ssl_certificate {};\n        ssl_certificate_key {};\n",
                        files.certificate, files.key);
  }
  if (!port.client_authorities.empty()) {
    text += fmt::format("        ssl_client_certificate {};\n        ssl_verify_client on;\n",
                        files.client_authorities[group.first_index]);
  }
  text += access_text(port);
  const bool asks_for_password = instance.desired.kind == Kind::KubernetesProxy;
  if (asks_for_password) {
    text += fmt::format("        auth_basic Kubernetes;\n        auth_basic_user_file {};\n",
                        files.users);
  }
  bool has_root = false;
  for (const PortEntry& entry : group.entries) {
    has_root = has_root || entry.port->path == "/";
    text += instance.desired.leads_to_cluster() ? cluster_location_text(instance, entry, files)
                                                : location_text(entry, asks_for_password);
  }
  // Otherwise nginx would serve files.
  if (!has_root) text += "        location / {\n            return 404;\n        }\n";
  return text + "    }\n";
}

}  // namespace

std::string http_section(const ResolvedInstance& instance, const std::vector<PortGroup>& groups,
                         const RenderContext& context, const FileNames& files,
                         std::string_view generation) {
  std::string text = "http {\n";
  text += kBasics;
  text += request_log_text(context);
  text += status_server(context, generation);
  text += cluster_requests_text(instance);
  for (const PortGroup& group : groups) {
    if (group.port().protocol != Protocol::Http) continue;
    for (const PortEntry& entry : group.entries) text += upstream_text(entry);
    text += http_server_text(instance, group, context, files);
  }
  return text + "}\n";
}

}  // namespace mex::nginx
