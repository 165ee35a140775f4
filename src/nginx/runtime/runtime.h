#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nginx/render/deployment.h"
#include "nginx/runtime/status_page.h"

namespace mex::nginx {

// What a running nginx tests before it becomes nginx.conf.
inline constexpr const char* kNextConfiguration = "nginx.conf.next";

// An instance that a runtime has, desired or orphaned.
struct RunningInstance {
  std::string name;
  bool is_running = false;
  std::string run_id;  // another one after every start
};

// What every configuration for a runtime has in common.
struct RuntimeLayout {
  std::string preamble;
  std::string error_log;
  std::string session_log;
  std::size_t max_descriptors = 0;  // of each process of nginx; 0: no limit is known
};

// Runs nginx instances: as containers of an engine, or as processes of this machine. One thread at
// a time calls it; calls block, each for at most half a minute.
class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual std::string_view kind() const = 0;  // "docker", "process"
  virtual bool has_networks() const = 0;
  // Whether the status servers of instances need ports of this machine.
  virtual bool needs_status_port() const = 0;

  virtual RuntimeLayout layout() const = 0;
  // Where the status server of an instance listens, as nginx reads it.
  virtual std::string status_listen(const std::string& network,
                                    std::uint16_t status_port) const = 0;
  virtual StatusPage status_page(const std::string& name, std::uint16_t status_port) const = 0;

  // Starts the instance, or gives it its new files: an nginx that runs tests them first
  // (InvalidArgument with nginx's words; it goes on as it was) and takes them over without losing
  // a connection. Its status server reports what it runs with in the end.
  //   AlreadyExists  a container that this agent has not made has the name
  virtual absl::Status apply(const Deployment& deployment) = 0;

  // True while workers with the previous files still accept connections beside the new ones.
  virtual bool is_reloading(const std::string& name) = 0;

  // Connections end. OK if there is none.
  virtual absl::Status remove(const std::string& name) = 0;

  // All that this agent has made. Unavailable while the engine does not answer.
  virtual absl::StatusOr<std::vector<RunningInstance>> list() = 0;

  // What nginx logged since the last apply() that kept it from taking over its files; empty:
  // nothing.
  virtual std::string last_error(const std::string& name) = 0;

  // Finished connections since the last call, a line each.
  virtual std::vector<std::string> drain_session_log(const std::string& name) = 0;
};

}  // namespace mex::nginx
