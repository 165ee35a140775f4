#include "nginx/render/http_section.h"

#include <fmt/format.h>

#include "nginx/render/client_limits.h"
#include "nginx/render/cluster_location.h"
#include "nginx/render/request_headers.h"

namespace mex::nginx {
namespace {

// All of them are set, also to what nginx would do by itself: docs/nginx-directives.md has a line
// with the reason for each, and a test holds the two together.
constexpr std::string_view kHttpDefaults = R"(    server_tokens off;
    client_body_temp_path temporary/body;
    proxy_temp_path temporary/proxy;
    fastcgi_temp_path temporary/fastcgi;
    uwsgi_temp_path temporary/uwsgi;
    scgi_temp_path temporary/scgi;
    client_header_buffer_size 4k;
    large_client_header_buffers 2 32k;
    client_header_timeout 60s;
    client_max_body_size 0;
    client_body_buffer_size 16k;
    client_body_timeout 60s;
    send_timeout 60s;
    keepalive_timeout 65s;
    keepalive_requests 1000;
    keepalive_time 1h;
    lingering_close on;
    lingering_time 30s;
    lingering_timeout 5s;
    reset_timedout_connection on;
    tcp_nodelay on;
    gzip off;
    chunked_transfer_encoding on;
    satisfy all;
    ignore_invalid_headers on;
    underscores_in_headers on;
    merge_slashes on;
    absolute_redirect off;
    port_in_redirect off;
    server_name_in_redirect off;
    proxy_http_version 1.1;
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_buffer_size 64k;
    proxy_buffers 4 64k;
    proxy_busy_buffers_size 128k;
    proxy_max_temp_file_size 0;
    proxy_pass_request_headers on;
    proxy_pass_request_body on;
    proxy_cache off;
    proxy_store off;
    proxy_ignore_client_abort off;
    proxy_intercept_errors off;
    proxy_socket_keepalive on;
    proxy_next_upstream error timeout;
    proxy_next_upstream_tries 0;
    proxy_next_upstream_timeout 0s;
    proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
    proxy_pass_header Date;
    proxy_pass_header Server;
    proxy_headers_hash_max_size 8192;
    proxy_headers_hash_bucket_size 128;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
    ssl_prefer_server_ciphers off;
    ssl_ecdh_curve auto;
    ssl_session_cache shared:sessions:1m;
    ssl_session_timeout 5m;
    ssl_session_tickets off;
    ssl_early_data off;
    ssl_verify_depth 4;
    ssl_buffer_size 16k;
    map $http_upgrade $upgrade_to_origin {
        default $http_upgrade;
        ~*h2c '';
    }
    map $upgrade_to_origin $connection_to_origin {
        default upgrade;
        '' '';
    }
)";

std::string request_log_text(const RenderContext& context) {
  if (context.session_log.empty()) return "    access_log off;\n";
  return fmt::format(
      "    log_format sessions '$server_port http $status $request_length $bytes_sent "
      "$request_time $limit_conn_status $limit_req_status';\n"
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

// Redirects of an origin to itself, by the Host that it was asked for, are made redirects to the
// port that the client came by.
std::string redirects_text(const Origin& origin) {
  std::string text = fmt::format("            proxy_redirect http://{}/ /;\n", origin.text());
  if (origin.port != default_port(Protocol::Http)) return text;
  const std::string named = origin.text();
  return text + fmt::format("            proxy_redirect http://{}/ /;\n",
                            named.substr(0, named.rfind(':')));
}

// Host is the origin's, as the operator wrote it: what nginx sends by itself where proxy_pass names
// an origin.
std::string location_text(const PortEntry& entry) {
  const Port& port = *entry.port;
  const Origin& origin = entry.origins->front().origin;
  return fmt::format(
      "        location {} {{\n"
      "            set $origin_host {};\n"
      "            proxy_pass http://{};\n"
      "{}{}"
      "        }}\n",
      port.path, origin.text(), entry.upstream, redirects_text(origin), timeouts_text(port));
}

std::string http_server_text(const ResolvedInstance& instance, const PortGroup& group,
                             const RenderContext& context, const FileNames& files) {
  const Port& port = group.port();
  std::string text = "    server {\n";
  for (const std::string& address : listen_addresses(instance, port, context)) {
    text += fmt::format("        listen {}{}{}{};\n", address, port.tls ? " ssl" : "", kKeepAlive,
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
  text += http_limit_text(instance.desired, port);
  if (instance.desired.kind == Kind::KubernetesProxy) {
    text += fmt::format("        auth_basic Kubernetes;\n        auth_basic_user_file {};\n",
                        files.users);
  }
  bool has_root = false;
  for (const PortEntry& entry : group.entries) {
    has_root = has_root || entry.port->path == "/";
    text += instance.desired.leads_to_cluster() ? cluster_location_text(instance, entry, files)
                                                : location_text(entry);
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
  text += kHttpDefaults;
  text += request_log_text(context);
  text += status_server(context, generation);
  std::string servers;
  for (const PortGroup& group : groups) {
    if (group.port().protocol != Protocol::Http) continue;
    for (const PortEntry& entry : group.entries) servers += upstream_text(entry);
    servers += http_server_text(instance, group, context, files);
  }
  if (servers.empty()) return text + "}\n";
  text +=
      http_limits_text(instance.desired, groups,
                       worker_processes(instance.desired) * worker_connections(instance, context));
  text += request_headers_text(instance);
  text += fmt::format("    include {};\n", files.dropped_headers);
  return text + cluster_requests_text(instance) + servers + "}\n";
}

}  // namespace mex::nginx
