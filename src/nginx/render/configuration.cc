#include "nginx/render/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "nginx/render/http_section.h"
#include "nginx/render/port_group.h"
#include "nginx/render/stream_section.h"

namespace mex::nginx {
namespace {

// Beside connections: logs, epoll, channels between processes, and some to spare.
constexpr std::size_t kOtherDescriptors = 64;

std::string with_port(std::string_view address, std::uint16_t port) {
  const bool is_ipv6 = address.find(':') != std::string_view::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
}

// Of all entries on the same external port, the hosts of origins that have its number.
std::vector<std::string> hosts_with_own_number(const ResolvedInstance& instance, const Port& port) {
  std::vector<std::string> hosts;
  for (std::size_t i = 0; i < instance.desired.ports.size(); ++i) {
    if (!share_port(instance.desired.ports[i], port)) continue;
    for (const ResolvedOrigin& each : instance.origins[i]) {
      if (each.origin.port != port.external) continue;
      hosts.push_back(each.origin.host);
      hosts.insert(hosts.end(), each.addresses.begin(), each.addresses.end());
    }
  }
  return hosts;
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

std::vector<std::string> listen_addresses(const ResolvedInstance& instance, const Port& port,
                                          const RenderContext& context) {
  std::vector<std::string> left;
  bool all = true;
  const std::vector<std::string> taken = hosts_with_own_number(instance, port);
  for (const std::string& address : context.local_addresses) {
    if (contains(taken, address)) {
      all = false;
    } else {
      left.push_back(with_port(address, port.external));
    }
  }
  if (!all) return left;
  std::vector<std::string> everywhere{fmt::format("{}", port.external)};
  if (context.has_ipv6) everywhere.push_back(fmt::format("[::]:{}", port.external));
  return everywhere;
}

std::size_t worker_connections(const ResolvedInstance& instance, const RenderContext& context) {
  std::size_t sockets = 1;  // of the status server
  for (const PortGroup& group : group_ports(instance)) {
    sockets += listen_addresses(instance, group.port(), context).size();
  }
  const std::size_t wanted = 2 * (std::size_t{instance.desired.max_connections} + sockets);
  if (context.max_descriptors <= 2 * kOtherDescriptors) return wanted;
  return std::min(wanted, context.max_descriptors - kOtherDescriptors);
}

unsigned worker_processes(const Instance& instance) {
  return instance.kind == Kind::KubernetesProxy ? 4 : 1;
}

std::string render_configuration(const ResolvedInstance& instance, const RenderContext& context,
                                 const FileNames& files, std::string_view generation) {
  const std::vector<PortGroup> groups = group_ports(instance);
  const std::size_t connections = worker_connections(instance, context);
  std::string text = fmt::format(
      "# Made by mexosagent for {}; changes are lost.\n"
      "{}"
      "daemon off;\n"
      "worker_processes {};\n"
      "worker_rlimit_nofile {};\n"
      "worker_shutdown_timeout 0s;\n"
      "pid nginx.pid;\n"
      "error_log {} warn;\n"
      "events {{\n"
      "    worker_connections {};\n"
      "    accept_mutex off;\n"
      "    multi_accept off;\n"
      "}}\n",
      full_name(instance.desired.kind, instance.desired.name), context.preamble,
      worker_processes(instance.desired), connections + kOtherDescriptors, context.error_log,
      connections);
  text += http_section(instance, groups, context, files, generation);
  text += stream_section(instance, groups, context, files);
  return text;
}

}  // namespace mex::nginx
