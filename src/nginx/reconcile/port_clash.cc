#include "nginx/reconcile/port_clash.h"

#include <algorithm>

#include "base/status.h"
#include "nginx/render/port_group.h"

namespace mex::nginx {
namespace {

std::string_view protocol_of(const Port& port) { return is_udp(port) ? "UDP" : "TCP"; }

bool has_port(const Instance& instance, const Port& port) {
  return std::any_of(instance.ports.begin(), instance.ports.end(),
                     [&](const Port& each) { return share_port(each, port); });
}

bool is_same(const Instance& a, const Instance& b) { return a.kind == b.kind && a.name == b.name; }

absl::Status clash(const PortGroup& group, std::string_view owner) {
  const std::string field = fmt::format("ports[{}].external", group.first_index);
  base::ErrorDetail detail;
  detail.field = field;
  return base::with_detail(base::error(absl::StatusCode::kAlreadyExists, "{}: {} port {} {}", field,
                                       protocol_of(group.port()), group.port().external, owner),
                           detail);
}

// Whether a socket at `listener` and one on each of `addresses` ("8888", "10.0.0.1:8888") cannot
// be at the same time.
bool excludes(const net::Address& listener, const std::vector<std::string>& addresses) {
  if (listener.is_any()) return true;
  return std::any_of(addresses.begin(), addresses.end(), [&](const std::string& address) {
    const bool everywhere = address.find(':') == std::string::npos || address.starts_with("[::]:");
    return everywhere || address == listener.text();
  });
}

absl::Status check_listeners(const ResolvedInstance& instance, const PortGroup& group,
                             const RenderContext& context, const TakenPorts& taken) {
  const Port& port = group.port();
  const std::vector<std::string> addresses = listen_addresses(instance, port, context);
  if (addresses.empty()) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "ports[{}].origin: has the external port's own number, and this machine has "
                       "no other address for it",
                       group.first_index);
  }
  for (const Listener& listener : taken.listeners) {
    if (listener.udp != is_udp(port) || listener.address.port() != port.external) continue;
    if (excludes(listener.address, addresses)) {
      return clash(group, fmt::format("is in use on this machine: another program listens on {}",
                                      listener.address.text()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status check_ports_free(const ResolvedInstance& instance, const Instance* previous,
                              const RenderContext& context, const TakenPorts& taken) {
  const Instance& desired = instance.desired;
  for (const PortGroup& group : group_ports(instance)) {
    const Port& port = group.port();
    for (const ReservedPort& reserved : taken.reserved) {
      if (!is_udp(port) && reserved.number == port.external) {
        return clash(group, fmt::format("is {}", reserved.what));
      }
    }
    for (const Instance* other : taken.instances) {
      if (is_same(*other, desired) || !has_port(*other, port)) continue;
      return clash(group, fmt::format("belongs to the instance {}", other->name));
    }
    for (const UnreadablePort& other : taken.unreadable) {
      if (other.number != port.external) continue;
      return clash(group,
                   fmt::format("belongs to {}, whose record cannot be read", other.instance));
    }
    if (previous != nullptr && has_port(*previous, port)) continue;
    MEX_RETURN_IF_ERROR(check_listeners(instance, group, context, taken));
  }
  return absl::OkStatus();
}

}  // namespace mex::nginx
