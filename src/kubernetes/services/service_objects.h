#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

// A service, and what is behind it, as an API server describes them: only what it takes to send
// requests there. https://kubernetes.io/docs/reference/kubernetes-api/service-resources/
namespace mex::kubernetes {

struct ServicePort {
  std::string name;  // may be empty where there is one port only
  std::uint16_t port = 0;
  std::uint16_t node_port = 0;  // 0: none
};

struct Service {
  std::string name;
  std::string external_name;       // of type ExternalName
  bool is_headless = false;        // it has no address itself
  bool has_selector = false;       // else its endpoints are whatever someone has written
  bool is_local_traffic = false;   // a node passes what comes to a node port to its own pods only
  bool prefers_ipv6 = false;       // the first of its families
  std::vector<ServicePort> ports;  // TCP
};

// An address behind a service, in one of its slices.
struct SliceEndpoint {
  std::string address;  // IPv4 or IPv6
  std::string node;     // empty: not said
  // Whether it is to get new requests: it is ready and not about to end.
  bool is_ready = false;
};

struct SlicePort {
  std::string name;
  std::uint16_t port = 0;
};

struct EndpointSlice {
  std::vector<SlicePort> ports;  // TCP, with numbers
  std::vector<SliceEndpoint> endpoints;
};

struct ServiceNode {
  std::string name;
  std::string address;  // "" while its kubelet has not said
  bool is_ready = false;
};

// Internal, naming what is missing, if `object` is not what the function's name says. What could be
// left out is read as Kubernetes has it: an endpoint that says nothing of itself is ready.
absl::StatusOr<Service> service_from_json(const nlohmann::json& object);
// Of discovery.k8s.io/v1 and v1beta1. Addresses that are names are left out.
absl::StatusOr<EndpointSlice> slice_from_json(const nlohmann::json& object);
// Of v1, before there were slices: one for each subset.
absl::StatusOr<std::vector<EndpointSlice>> slices_from_endpoints(const nlohmann::json& object);
absl::StatusOr<ServiceNode> service_node_from_json(const nlohmann::json& object);

}  // namespace mex::kubernetes
