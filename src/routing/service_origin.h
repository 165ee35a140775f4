#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kubernetes/services/service_source.h"

namespace mex::routing {

// An origin that is a service in one of the agent's clusters:
// "k8s://<tenant>/<cluster>/<namespace>/<service>[:port][/base]", with the port's name or number.
struct ServiceOrigin {
  kubernetes::ServiceReference service;
  std::string base;  // path, as of any other origin; "/" if none is given

  // What stands for it where a URL of one host is needed, for people: it has no address.
  std::string placeholder() const;
};

bool is_service_origin(std::string_view url);

// InvalidArgument says what is wrong and what would be right.
absl::StatusOr<ServiceOrigin> parse_service_origin(std::string_view url);

}  // namespace mex::routing
