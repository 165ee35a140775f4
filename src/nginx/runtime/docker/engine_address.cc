#include "nginx/runtime/docker/engine_address.h"

#include <string_view>

#include "base/json_text.h"
#include "base/status.h"
#include "net/address.h"

namespace mex::nginx {
namespace {

constexpr const char* kDockerSocket = "/var/run/docker.sock";
constexpr const char* kPodmanSocket = "/run/podman/podman.sock";
constexpr std::size_t kMaxSocket = 107;  // unix(7)

bool is_version(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < text.size() &&
         text.find_first_not_of("0123456789.") == std::string_view::npos &&
         text.find('.', dot + 1) == std::string_view::npos;
}

absl::Status host_error(std::string_view host) {
  return base::error(absl::StatusCode::kInvalidArgument,
                     "DOCKER_HOST: must be unix:///path or tcp://address:port, not {}",
                     base::quoted(host));
}

}  // namespace

absl::StatusOr<EngineAddress> engine_address(
    const std::function<std::string(const char*)>& variable,
    const std::function<bool(const char*)>& is_there) {
  EngineAddress address;
  address.api_version = variable("DOCKER_API_VERSION");
  if (!address.api_version.empty() && !is_version(address.api_version)) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "DOCKER_API_VERSION: must be a version such as 1.37, not {}",
                       base::quoted(address.api_version));
  }
  const std::string host = variable("DOCKER_HOST");
  if (host.empty()) {
    address.unix_socket = is_there(kDockerSocket) ? kDockerSocket : kPodmanSocket;
    return address;
  }
  if (host.starts_with("unix://")) {
    address.unix_socket = host.substr(std::string_view("unix://").size());
    if (!address.unix_socket.starts_with('/') || address.unix_socket.size() > kMaxSocket) {
      return host_error(host);
    }
    return address;
  }
  if (!host.starts_with("tcp://")) return host_error(host);
  const auto where = net::Address::parse(host.substr(std::string_view("tcp://").size()));
  if (!where.ok() || where->port() == 0) return host_error(host);
  // Ports of instances are ports of the engine's machine, and it is this machine's that are asked
  // for, looked at and watched.
  if (!where->is_loopback()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "DOCKER_HOST: the engine must be on this machine, {} is not loopback",
                       where->text());
  }
  const bool tls = !variable("DOCKER_TLS_VERIFY").empty();
  address.url = (tls ? "https://" : "http://") + where->text();
  if (!tls) return address;
  address.tls_directory = variable("DOCKER_CERT_PATH");
  if (address.tls_directory.empty()) address.tls_directory = variable("HOME") + "/.docker";
  return address;
}

}  // namespace mex::nginx
