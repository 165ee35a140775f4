#include "nginx/render/resolved_instance.h"

#include <algorithm>

namespace mex::nginx {

std::vector<std::string> ResolvedOrigin::hosts() const {
  if (is_nowhere) return {};
  return addresses.empty() ? std::vector<std::string>{origin.host} : addresses;
}

bool needs_certificate(const Instance& instance) {
  return std::any_of(instance.ports.begin(), instance.ports.end(),
                     [](const Port& port) { return port.tls; });
}

}  // namespace mex::nginx
