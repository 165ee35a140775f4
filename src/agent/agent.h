#pragma once

#include <chrono>
#include <memory>

#include "absl/status/statusor.h"
#include "agent/options.h"

namespace mex::agent {

// The whole program, apart from its command line and its signals. Made, stopped and destroyed by
// the main thread.
class Agent {
 public:
  // Serving when it returns. Errors name the file, directory or address that is at fault. A missing
  // certificate is none: then the proxy's is self-signed, and /readyz says so.
  static absl::StatusOr<std::unique_ptr<Agent>> start(const Options& options);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent();

  // Reads again what lies in files and can change while the agent runs, and logs what was read and
  // what a restart takes. What cannot be used any more is logged; what was in use before stays.
  void reload();

  // Listeners close; requests under way end, at the latest at the deadline. Operations on clusters
  // stay in the store for the next start.
  void drain(std::chrono::milliseconds deadline);

 private:
  struct Parts;
  explicit Agent(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace mex::agent
