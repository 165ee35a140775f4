#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nginx/model/instance.h"
#include "nginx/render/configuration.h"
#include "nginx/runtime/listening_ports.h"

namespace mex::nginx {

// A TCP port that the agent serves itself.
struct ReservedPort {
  std::uint16_t number = 0;
  std::string what;  // "the agent's REST API"
};

// Who has ports of this machine already.
struct TakenPorts {
  std::vector<ReservedPort> reserved;
  std::vector<const Instance*> instances;
  std::vector<Listener> listeners;
};

// AlreadyExists names the first port of `instance` that somebody else has, and whom.
// FailedPrecondition: its origin has the port's number on every address of this machine.
// `former` is what runs by the same name now, null for nothing: its ports are its own.
absl::Status check_ports_free(const Instance& instance, const Instance* former,
                              const RenderContext& surroundings, const TakenPorts& taken);

}  // namespace mex::nginx
