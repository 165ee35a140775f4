#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "metrics/metrics.h"
#include "proxy/access_log/log_output.h"

namespace mex::proxy {

// Tells the operator how the access log is: by the agent's own log and by metrics. Waits for
// neither. One thread.
class OutputHealth {
 public:
  explicit OutputHealth(std::string path);
  OutputHealth(const OutputHealth&) = delete;
  OutputHealth& operator=(const OutputHealth&) = delete;
  ~OutputHealth() { count(OutputFault::None); }

  // How the last write went. A change is a line of the agent's log.
  void note(OutputFault fault);
  // Of so many lines there was no room for any, since the start. A line of the agent's log now and
  // then.
  void note_dropped(std::uint64_t dropped, base::SteadyTime now);

 private:
  void count(OutputFault fault);

  const std::string path_;
  std::vector<metrics::Gauge> failing_;  // by fault
  OutputFault fault_ = OutputFault::None;
  std::uint64_t reported_ = 0;
  std::optional<base::SteadyTime> reported_at_;
};

}  // namespace mex::proxy
