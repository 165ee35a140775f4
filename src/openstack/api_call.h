#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mex::openstack {

enum class Service { Compute, Network, Image, Volume };

// One call of a service's API.
struct ApiCall {
  Service service = Service::Compute;
  std::string what;  // for messages: "create server demo-1"
  std::string method = "GET";
  std::string path;        // below the versioned endpoint, with its query: "/servers?limit=10"
  nlohmann::json body;     // null = none
  bool idempotent = true;  // may be sent again when its fate is not known
  // Nova's, for calls to it; "": its oldest. Nova (nova.h) says one that the cloud has.
  std::string compute_version = "2.52";
  // Cinder's, for calls to it; nullptr: its oldest.
  const char* volume_version = nullptr;
};

struct ApiAnswer {
  int status = 0;
  nlohmann::json body;  // null = none
};

}  // namespace mex::openstack
