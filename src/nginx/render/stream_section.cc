#include "nginx/render/stream_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "nginx/render/client_limits.h"

namespace mex::nginx {
namespace {

// As in http{}: all of them are set. A name has up to 253 bytes, and an instance may have thousands
// of them.
constexpr std::string_view kStreamDefaults = R"(    map_hash_bucket_size 512;
    map_hash_max_size 16384;
    tcp_nodelay on;
    preread_timeout 30s;
    preread_buffer_size 16k;
    proxy_protocol_timeout 30s;
    proxy_half_close on;
    proxy_socket_keepalive on;
    proxy_next_upstream on;
    proxy_next_upstream_tries 0;
    proxy_next_upstream_timeout 0s;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
    ssl_prefer_server_ciphers off;
    ssl_ecdh_curve auto;
    ssl_handshake_timeout 30s;
    ssl_session_cache shared:stream_sessions:1m;
    ssl_session_timeout 5m;
    ssl_session_tickets off;
    ssl_verify_depth 4;
)";

bool chooses_by_name(const PortGroup& group) {
  return std::any_of(group.entries.begin(), group.entries.end(),
                     [](const PortEntry& entry) { return !entry.port->server_name.empty(); });
}

std::string choice_of(const PortGroup& group) {
  return fmt::format("$origin_{}", group.port().external);
}

// A name that is a word of map's own is made a name by a backslash before it.
std::string key_of(const std::string& name) {
  for (const std::string_view word : {"default", "hostnames", "include", "volatile"}) {
    if (name == word) return "\\" + name;
  }
  return name;
}

// A connection that asks for none of the names goes to the entry without one. Where there is none,
// the variable is empty and nginx closes the connection.
std::string choice_text(const PortGroup& group) {
  std::string text =
      fmt::format("    map $ssl_preread_server_name {} {{\n        hostnames;\n", choice_of(group));
  for (const PortEntry& entry : group.entries) {
    const std::string& name = entry.port->server_name;
    text +=
        fmt::format("        {} {};\n", name.empty() ? "default" : key_of(name), entry.upstream);
  }
  return text + "    }\n";
}

std::string session_log_text(const RenderContext& context) {
  if (context.session_log.empty()) return "";
  return fmt::format(
      "    log_format sessions '$server_port $protocol $status $bytes_received $bytes_sent "
      "$session_time $limit_conn_status -';\n"
      "    access_log {} sessions;\n",
      context.session_log);
}

std::string listen_text(const ResolvedInstance& instance, const Port& port,
                        const RenderContext& context) {
  std::string text;
  for (const std::string& address : listen_addresses(instance, port, context)) {
    text += fmt::format("        listen {}{}{}{};\n", address, port.tls ? " ssl" : "",
                        is_udp(port) ? " udp" : kKeepAlive,
                        port.accept_proxy_protocol ? " proxy_protocol" : "");
  }
  return text;
}

std::string tls_text(const PortGroup& group, const FileNames& files) {
  if (!group.port().tls) return "";
  std::string text = fmt::format(
      "        ssl_certificate {};\n"
      "        ssl_certificate_key {};\n",
      files.certificate, files.key);
  if (!group.port().client_authorities.empty()) {
    text += fmt::format("        ssl_client_certificate {};\n        ssl_verify_client on;\n",
                        files.client_authorities[group.first_index]);
  }
  return text;
}

std::string stream_server_text(const ResolvedInstance& instance, const PortGroup& group,
                               const RenderContext& context, const FileNames& files) {
  const Port& port = group.port();
  const bool by_name = chooses_by_name(group);
  std::string text = "    server {\n" + listen_text(instance, port, context);
  text += tls_text(group, files);
  text += access_text(port);
  text += stream_limit_text(instance.desired, port);
  if (by_name) text += "        ssl_preread on;\n";
  if (port.send_proxy_protocol) text += "        proxy_protocol on;\n";
  text += fmt::format(
      "        proxy_pass {};\n"
      "        proxy_buffer_size {};\n"
      "        proxy_connect_timeout {}s;\n"
      "        proxy_timeout {}s;\n"
      "    }}\n",
      by_name ? choice_of(group) : group.entries.front().upstream,
      // A datagram is as large as the buffer, or cut.
      is_udp(port) ? "64k" : "16k", port.connect_timeout.count(), port.idle_timeout.count());
  return text;
}

}  // namespace

std::string stream_section(const ResolvedInstance& instance, const std::vector<PortGroup>& groups,
                           const RenderContext& context, const FileNames& files) {
  std::string servers;
  for (const PortGroup& group : groups) {
    if (group.port().protocol == Protocol::Http) continue;
    for (const PortEntry& entry : group.entries) servers += upstream_text(entry);
    if (chooses_by_name(group)) servers += choice_text(group);
    servers += stream_server_text(instance, group, context, files);
  }
  if (servers.empty()) return "";
  const std::size_t connections = worker_connections(instance, context);
  return "stream {\n" + std::string(kStreamDefaults) + session_log_text(context) +
         stream_limits_text(connections) + servers + "}\n";
}

}  // namespace mex::nginx
