#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace mex::nginx {

// Where a container engine is, as Docker's own client finds it.
struct EngineAddress {
  std::string unix_socket;    // path; empty: over the network
  std::string url;            // "http://127.0.0.1:2375" without a path
  std::string tls_directory;  // with ca.pem, cert.pem, key.pem; empty: no TLS
  std::string api_version;    // DOCKER_API_VERSION; empty: negotiated

  std::string text() const { return unix_socket.empty() ? url : "unix://" + unix_socket; }
};

// From DOCKER_HOST (unix:///path or tcp://host:port), DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and
// DOCKER_API_VERSION; without DOCKER_HOST the first socket that is there: Docker's, podman's.
// `variable` gives a variable's value, "" without. InvalidArgument names the variable.
absl::StatusOr<EngineAddress> engine_address(
    const std::function<std::string(const char*)>& variable,
    const std::function<bool(const char*)>& is_there);

}  // namespace mex::nginx
