#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/services/service_objects.h"
#include "kubernetes/services/service_source.h"

namespace mex::kubernetes {

// What an address is to the agent's host. Endpoints and nodes are what a tenant's API server says:
// an address that is not the cluster's own may be anyone's.
enum class Reach : std::uint8_t {
  Foreign,   // neither in the pods' network nor in that of the nodes: nothing is sent there
  Unrouted,  // in the pods' network, but the host has no way there
  Routed,
};

// What is known of one service at one moment.
struct ServiceKnowledge {
  const std::optional<Service>& service;
  const std::vector<EndpointSlice>& slices;
  // Null: they are not followed, because no one has asked for them.
  const std::map<std::string, ServiceNode>* nodes = nullptr;
};

struct ServiceView {
  ServiceEndpoints endpoints;  // Current or Unavailable
  // Node ports are the only way, and the nodes are not known.
  bool needs_nodes = false;
};

// Where requests to the port go: to the pods where the host has a way to them, else to node ports.
// Pure.
ServiceView view_service(const ServiceKnowledge& known, std::string_view port,
                         const std::function<Reach(const std::string& address)>& reach);

}  // namespace mex::kubernetes
