#include "kubernetes/services/service_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace mex::kubernetes {
namespace {

using State = ServiceEndpoints::State;

ServiceView unavailable(std::string reason) {
  return {.endpoints = {State::Unavailable, std::move(reason), {}}, .needs_nodes = false};
}

ServiceView current(const std::set<std::string>& addresses) {
  return {.endpoints = {State::Current, "", {addresses.begin(), addresses.end()}},
          .needs_nodes = false};
}

bool is_ipv6(std::string_view address) { return address.find(':') != std::string_view::npos; }

std::string with_port(const std::string& address, std::uint16_t port) {
  return is_ipv6(address) ? fmt::format("[{}]:{}", address, port)
                          : fmt::format("{}:{}", address, port);
}

// 0 if it is none.
std::uint16_t number_of(std::string_view text) {
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return is_whole ? number : std::uint16_t{0};
}

std::string names_of(const std::vector<ServicePort>& ports) {
  std::string names;
  for (const ServicePort& each : ports) {
    if (!names.empty()) names += ", ";
    names += each.name.empty() ? fmt::format("{}", each.port)
                               : fmt::format("{} ({})", each.name, each.port);
  }
  return names;
}

struct ChosenPort {
  std::optional<ServicePort> port{};
  bool is_direct = false;  // a number that no slice translates
  std::string problem{};
};

ChosenPort choose_port(const Service& service, std::string_view wanted) {
  const std::uint16_t number = number_of(wanted);
  if (wanted.empty()) {
    if (service.ports.size() == 1) return {service.ports.front()};
    if (service.ports.empty()) return {.problem = "the service has no TCP port"};
    return {.problem = fmt::format("the service has several ports: say which ({})",
                                   names_of(service.ports))};
  }
  for (const ServicePort& each : service.ports) {
    if (number != 0 ? each.port == number : each.name == wanted) return {each};
  }
  // A headless service need not list its ports.
  if (service.is_headless && service.ports.empty() && number != 0) {
    return {ServicePort{"", number, 0}, true};
  }
  if (service.ports.empty()) return {.problem = "the service has no TCP port"};
  return {.problem =
              fmt::format("the service has no port {}, but {}", wanted, names_of(service.ports))};
}

// What there is of endpoints, by what can be done with them.
struct Sorted {
  std::set<std::string> routed[2];      // with their ports; IPv4, IPv6
  std::set<std::string> ready_nodes{};  // that have a ready endpoint
  std::string an_unrouted{};
  bool is_any_foreign = false;
  bool is_any_ready = false;
  bool is_any = false;
};

Sorted sort(const std::vector<EndpointSlice>& slices, const ChosenPort& chosen,
            const std::function<Reach(const std::string&)>& reach) {
  Sorted sorted;
  for (const EndpointSlice& slice : slices) {
    std::uint16_t port = chosen.is_direct ? chosen.port->port : std::uint16_t{0};
    for (const SlicePort& each : slice.ports) {
      if (port == 0 && each.name == chosen.port->name) port = each.port;
    }
    if (port == 0) continue;
    for (const SliceEndpoint& endpoint : slice.endpoints) {
      sorted.is_any = true;
      if (!endpoint.is_ready) continue;
      sorted.is_any_ready = true;
      if (!endpoint.node.empty()) sorted.ready_nodes.insert(endpoint.node);
      switch (reach(endpoint.address)) {
        case Reach::Routed:
          sorted.routed[is_ipv6(endpoint.address) ? 1 : 0].insert(
              with_port(endpoint.address, port));
          break;
        case Reach::Unrouted:
          sorted.an_unrouted = endpoint.address;
          break;
        case Reach::Foreign:
          sorted.is_any_foreign = true;
          break;
      }
    }
  }
  return sorted;
}

ServiceView view_node_ports(const ServiceKnowledge& known, const ServicePort& port,
                            const Sorted& sorted,
                            const std::function<Reach(const std::string&)>& reach) {
  const Service& service = *known.service;
  if (known.nodes == nullptr) {
    ServiceView view = unavailable("the nodes have not been read yet");
    view.needs_nodes = true;
    return view;
  }
  std::set<std::string> addresses;
  for (const auto& [name, node] : *known.nodes) {
    if (!node.is_ready || node.address.empty()) continue;
    if (service.is_local_traffic && !sorted.ready_nodes.contains(name)) continue;
    // Node ports are reached where nodes are.
    if (reach(node.address) == Reach::Routed)
      addresses.insert(with_port(node.address, port.node_port));
  }
  if (!addresses.empty()) return current(addresses);
  return unavailable(service.is_local_traffic
                         ? "no node that is ready has a pod of the service that is ready "
                           "(externalTrafficPolicy Local)"
                         : "no node is ready that the host has a way to");
}

}  // namespace

ServiceView view_service(const ServiceKnowledge& known, std::string_view port,
                         const std::function<Reach(const std::string&)>& reach) {
  if (!known.service) return unavailable("there is no such service");
  const Service& service = *known.service;
  if (!service.external_name.empty()) {
    return unavailable(fmt::format(
        "the service is of type ExternalName ({}): say that host as the origin in its place",
        service.external_name));
  }
  const ChosenPort chosen = choose_port(service, port);
  if (!chosen.port) return unavailable(chosen.problem);
  const Sorted sorted = sort(known.slices, chosen, reach);
  const std::size_t first = service.prefers_ipv6 ? 1 : 0;
  for (const std::size_t family : {first, 1 - first}) {
    if (!sorted.routed[family].empty()) return current(sorted.routed[family]);
  }
  if (!sorted.is_any_ready) {
    if (sorted.is_any) return unavailable("none of its pods is ready");
    return unavailable(service.has_selector
                           ? "the service has no pods"
                           : "the service has no selector, and no one has given it endpoints");
  }
  if (sorted.an_unrouted.empty() && sorted.is_any_foreign) {
    return unavailable(
        "its endpoints are in none of the cluster's networks: nothing is sent there");
  }
  if (chosen.port->node_port == 0) {
    return unavailable(fmt::format(
        "the host has no way to its pods (such as {}) and it has no node port: make it of type "
        "NodePort, or add a route to the pods' network",
        sorted.an_unrouted));
  }
  return view_node_ports(known, *chosen.port, sorted, reach);
}

}  // namespace mex::kubernetes
