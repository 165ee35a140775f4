#include "nginx/reconcile/metrics_text.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <string_view>

namespace mex::nginx {
namespace {

std::string family(std::string_view name, std::string_view kind, std::string_view help) {
  return fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

// Names of instances need no escapes: grammar.h.
std::string instance_label(const InstanceView& view) {
  return fmt::format("instance=\"{}\"", full_name(view.instance.kind, view.instance.name));
}

using Write =
    std::function<void(std::string& text, const std::string& labels, const PortTraffic& traffic)>;

void for_each_port(std::string& text, const std::vector<InstanceView>& instances,
                   const Write& write) {
  for (const InstanceView& view : instances) {
    for (const auto& [key, traffic] : view.traffic) {
      write(text,
            fmt::format("{},port=\"{}\",protocol=\"{}\"", instance_label(view), key.first,
                        key.second),
            traffic);
    }
  }
}

std::string_view protocol_label(Protocol protocol) {
  return protocol == Protocol::Http ? "http" : protocol == Protocol::Tcp ? "tcp" : "udp";
}

// Entries that share a port may have an origin in common: then the worst of them counts.
std::string origins_text(const std::vector<InstanceView>& instances) {
  std::map<std::string, bool> is_up;
  for (const InstanceView& view : instances) {
    for (const OriginHealthView& origin : view.health) {
      if (origin.port >= view.instance.ports.size()) continue;
      const Port& port = view.instance.ports[origin.port];
      const auto labels =
          fmt::format("{},port=\"{}\",protocol=\"{}\",origin=\"{}\"", instance_label(view),
                      port.external, protocol_label(port.protocol), origin.address);
      bool& up = is_up.try_emplace(labels, true).first->second;
      up = up && origin.is_up;
    }
  }
  if (is_up.empty()) return "";
  std::string text = family("mex_nginx_origin_up", "gauge",
                            "1 if the origin passes its health check, or was not asked yet.");
  for (const auto& [labels, up] : is_up) {
    text += fmt::format("mex_nginx_origin_up{{{}}} {}\n", labels, up ? 1 : 0);
  }
  return text;
}

}  // namespace

std::string metrics_text(const std::vector<InstanceView>& instances) {
  if (instances.empty()) return "";
  std::string text = family("mex_nginx_up", "gauge", "1 if the nginx instance runs as it should.");
  for (const InstanceView& view : instances) {
    text +=
        fmt::format("mex_nginx_up{{{}}} {}\n", instance_label(view), view.problem.empty() ? 1 : 0);
  }
  text += origins_text(instances);
  text += family("mex_nginx_active_connections", "gauge", "Open HTTP connections of clients.");
  for (const InstanceView& view : instances) {
    text += fmt::format("mex_nginx_active_connections{{{}}} {}\n", instance_label(view),
                        view.active_connections);
  }
  text += family("mex_nginx_sessions_total", "counter",
                 "HTTP requests and TCP and UDP sessions that ended, by nginx's status.");
  for_each_port(text, instances, [](std::string& out, const std::string& labels, const auto& port) {
    for (std::size_t i = 0; i < port.ended.size(); ++i) {
      if (port.ended[i] == 0) continue;
      out += fmt::format("mex_nginx_sessions_total{{{},class=\"{}xx\"}} {}\n", labels, i + 1,
                         port.ended[i]);
    }
  });
  text += family("mex_nginx_received_bytes_total", "counter", "From clients, in ended sessions.");
  for_each_port(text, instances, [](std::string& out, const std::string& labels, const auto& port) {
    out += fmt::format("mex_nginx_received_bytes_total{{{}}} {}\n", labels, port.received_bytes);
  });
  text += family("mex_nginx_sent_bytes_total", "counter", "To clients, in ended sessions.");
  for_each_port(text, instances, [](std::string& out, const std::string& labels, const auto& port) {
    out += fmt::format("mex_nginx_sent_bytes_total{{{}}} {}\n", labels, port.sent_bytes);
  });
  return text;
}

}  // namespace mex::nginx
