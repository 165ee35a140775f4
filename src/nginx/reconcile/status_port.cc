#include "nginx/reconcile/status_port.h"

#include <algorithm>

#include "base/status.h"

namespace mex::nginx {
namespace {

// Where the original put its extra server.
constexpr std::uint16_t kFirstStatusPort = 64333;
constexpr std::uint16_t kLastStatusPort = 64932;

bool has_tcp_port(const Instance& instance, std::uint16_t number) {
  return std::any_of(instance.ports.begin(), instance.ports.end(),
                     [&](const Port& port) { return port.external == number && !is_udp(port); });
}

}  // namespace

absl::StatusOr<std::uint16_t> choose_status_port(const std::vector<InstanceEntry>& entries,
                                                 const std::vector<Listener>& listeners) {
  for (std::uint16_t port = kFirstStatusPort; port <= kLastStatusPort; ++port) {
    const bool is_taken =
        std::any_of(entries.begin(), entries.end(),
                    [&](const InstanceEntry& entry) {
                      return entry.status_port == port || has_tcp_port(entry.instance, port);
                    }) ||
        std::any_of(listeners.begin(), listeners.end(), [&](const Listener& listener) {
          return !listener.udp && listener.address.port() == port;
        });
    if (!is_taken) return port;
  }
  return base::error(absl::StatusCode::kResourceExhausted,
                     "no port from {} to {} is free for the status of another instance",
                     kFirstStatusPort, kLastStatusPort);
}

}  // namespace mex::nginx
