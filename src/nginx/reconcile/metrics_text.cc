#include "nginx/reconcile/metrics_text.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <string_view>

#include "metrics/text_format.h"

namespace mex::nginx {
namespace {

using metrics::append_family;
using metrics::append_sample;
using metrics::label_text;

std::string full_name(const InstanceView& view) {
  return nginx::full_name(view.instance.kind, view.instance.name);
}

std::string instance_label(const InstanceView& view) {
  return label_text({{"instance", full_name(view)}});
}

std::string_view protocol_label(Protocol protocol) {
  return protocol == Protocol::Http ? "http" : protocol == Protocol::Tcp ? "tcp" : "udp";
}

using Write = std::function<void(const InstanceView& view, const Traffic::value_type& port)>;

void for_each_port(const std::vector<InstanceView>& instances, const Write& write) {
  for (const InstanceView& view : instances) {
    for (const auto& port : view.traffic) write(view, port);
  }
}

std::string port_labels(const InstanceView& view, const Traffic::value_type& port) {
  return label_text({{"instance", full_name(view)},
                     {"port", std::to_string(port.first.first)},
                     {"protocol", port.first.second}});
}

// Entries that share a port may have an origin in common: then the worst of them counts.
std::string origins_text(const std::vector<InstanceView>& instances) {
  std::map<std::string, bool> is_up;
  for (const InstanceView& view : instances) {
    for (const OriginHealthView& origin : view.health) {
      if (origin.port >= view.instance.ports.size()) continue;
      const Port& port = view.instance.ports[origin.port];
      const auto labels = label_text({{"instance", full_name(view)},
                                      {"port", std::to_string(port.external)},
                                      {"protocol", protocol_label(port.protocol)},
                                      {"origin", origin.address}});
      bool& up = is_up.try_emplace(labels, true).first->second;
      up = up && origin.is_up;
    }
  }
  if (is_up.empty()) return "";
  std::string text;
  append_family(text, "mex_nginx_origin_up",
                "1 if the origin passes its health check, or was not asked yet.",
                metrics::Kind::Gauge);
  for (const auto& [labels, up] : is_up) {
    append_sample(text, "mex_nginx_origin_up", labels, up ? 1 : 0);
  }
  return text;
}

void append_refused(std::string& text, const std::vector<InstanceView>& instances) {
  append_family(text, "mex_nginx_refused_total",
                "Of the sessions that ended: those refused to a client that had too many.",
                metrics::Kind::Counter);
  for_each_port(instances, [&](const InstanceView& view, const Traffic::value_type& port) {
    append_sample(text, "mex_nginx_refused_total", port_labels(view, port), port.second.refused);
  });
}

void append_sessions(std::string& text, const std::vector<InstanceView>& instances) {
  append_family(text, "mex_nginx_sessions_total",
                "HTTP requests and TCP and UDP sessions that ended, by nginx's status.",
                metrics::Kind::Counter);
  for_each_port(instances, [&](const InstanceView& view, const Traffic::value_type& port) {
    const auto& ended = port.second.ended;
    for (std::size_t i = 0; i < ended.size(); ++i) {
      if (ended[i] == 0) continue;
      const std::string labels = label_text({{"instance", full_name(view)},
                                             {"port", std::to_string(port.first.first)},
                                             {"protocol", port.first.second},
                                             {"class", fmt::format("{}xx", i + 1)}});
      append_sample(text, "mex_nginx_sessions_total", labels, ended[i]);
    }
  });
}

void append_bytes(std::string& text, const std::vector<InstanceView>& instances) {
  append_family(text, "mex_nginx_received_bytes_total", "From clients, in ended sessions.",
                metrics::Kind::Counter);
  for_each_port(instances, [&](const InstanceView& view, const Traffic::value_type& port) {
    append_sample(text, "mex_nginx_received_bytes_total", port_labels(view, port),
                  port.second.received_bytes);
  });
  append_family(text, "mex_nginx_sent_bytes_total", "To clients, in ended sessions.",
                metrics::Kind::Counter);
  for_each_port(instances, [&](const InstanceView& view, const Traffic::value_type& port) {
    append_sample(text, "mex_nginx_sent_bytes_total", port_labels(view, port),
                  port.second.sent_bytes);
  });
}

}  // namespace

std::string metrics_text(const std::vector<InstanceView>& instances) {
  if (instances.empty()) return "";
  std::string text;
  append_family(text, "mex_nginx_up", "1 if the nginx instance runs as it should.",
                metrics::Kind::Gauge);
  for (const InstanceView& view : instances) {
    append_sample(text, "mex_nginx_up", instance_label(view), view.problem.empty() ? 1 : 0);
  }
  text += origins_text(instances);
  append_family(text, "mex_nginx_active_connections", "Open HTTP connections of clients.",
                metrics::Kind::Gauge);
  for (const InstanceView& view : instances) {
    append_sample(text, "mex_nginx_active_connections", instance_label(view),
                  view.active_connections);
  }
  append_sessions(text, instances);
  append_refused(text, instances);
  append_bytes(text, instances);
  return text;
}

}  // namespace mex::nginx
