#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nginx/model/instance.h"

namespace mex::nginx {

// Where a probe goes, and what it expects.
struct ProbeTarget {
  std::string address;  // an IP address
  std::uint16_t port = 0;
  std::string host;  // what a request names as its host: "svc.example:8080"
  bool send_proxy_protocol = false;
  HealthCheck check;

  std::string text() const;  // "10.1.2.3:80"

  auto operator<=>(const ProbeTarget&) const = default;
};

struct ProbeResult {
  ProbeTarget target;
  std::string problem;  // empty: healthy
};

// Probes many origins at once, each on its own connection, which is closed. One thread, except for
// wake().
class Probes {
 public:
  static constexpr std::size_t kMaxAtOnce = 128;

  Probes();
  ~Probes();
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;

  // False: too many probes are under way, or one of this target is.
  bool start(const ProbeTarget& target);

  // The probes that ended; waits for the next one, for wake() or for `pause`.
  std::vector<ProbeResult> wait(std::chrono::milliseconds pause);

  void wake();

 private:
  struct Attempt;
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace mex::nginx
