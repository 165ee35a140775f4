#include "nginx/render/port_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace mex::nginx {
namespace {

std::string_view prefix_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::Http:
      return "http";
    case Protocol::Tcp:
      return "tcp";
    case Protocol::Udp:
      return "udp";
  }
  return "";
}

// One server for each address that the origin's name stands for.
std::string servers_text(const ResolvedOrigin& resolved) {
  std::string text;
  for (const std::string& host : resolved.hosts()) {
    Origin one = resolved.origin;
    one.host = host;
    const bool is_down =
        std::find(resolved.down.begin(), resolved.down.end(), host) != resolved.down.end();
    // After two failures nginx leaves an origin out for a while; of no effect on an only one.
    text += fmt::format("        server {} weight={} max_fails=2 fail_timeout=5s{};\n", one.text(),
                        one.weight, is_down ? " down" : "");
  }
  return text;
}

}  // namespace

std::vector<PortGroup> group_ports(const ResolvedInstance& instance) {
  std::vector<PortGroup> groups;
  std::map<std::pair<std::uint16_t, bool>, std::size_t> known;
  for (std::size_t i = 0; i < instance.desired.ports.size(); ++i) {
    const Port& port = instance.desired.ports[i];
    const auto [found, is_new] = known.try_emplace({port.external, is_udp(port)}, groups.size());
    if (is_new) groups.push_back({i, {}});
    PortGroup& group = groups[found->second];
    group.entries.push_back(
        {&port, &instance.origins[i],
         fmt::format("{}_{}_{}", prefix_of(port.protocol), port.external, group.entries.size())});
  }
  return groups;
}

std::string upstream_text(const PortEntry& entry) {
  std::string text = fmt::format("    upstream {} {{\n", entry.upstream);
  std::string servers;
  for (const ResolvedOrigin& origin : *entry.origins) servers += servers_text(origin);
  // An upstream without servers would be the end of all other ports: this one has none that is up.
  text += servers.empty() ? "        server unix:unresolved down;\n" : servers;
  if (entry.port->protocol == Protocol::Http) {
    // What stands behind an origin's address can change: no connection is kept for long.
    text +=
        "        keepalive 16;\n"
        "        keepalive_requests 1000;\n"
        "        keepalive_time 60s;\n"
        "        keepalive_timeout 30s;\n";
  }
  return text + "    }\n";
}

std::string timeouts_text(const Port& port) {
  return fmt::format(
      "            proxy_connect_timeout {}s;\n"
      "            proxy_read_timeout {}s;\n"
      "            proxy_send_timeout {}s;\n",
      port.connect_timeout.count(), port.idle_timeout.count(), port.idle_timeout.count());
}

std::string access_text(const Port& port) {
  if (port.allowed.empty()) return "";
  std::string text;
  for (const std::string& block : port.allowed) text += fmt::format("        allow {};\n", block);
  return text + "        deny all;\n";
}

}  // namespace mex::nginx
