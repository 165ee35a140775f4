#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nginx/model/instance.h"
#include "nginx/reconcile/instance_store.h"
#include "nginx/render/configuration.h"
#include "nginx/render/resolved_instance.h"
#include "nginx/runtime/listening_ports.h"

namespace mex::nginx {

// A TCP port that the agent serves itself.
struct ReservedPort {
  std::uint16_t number = 0;
  std::string what;  // "the agent's REST API"
};

// The ports of this machine that are taken.
struct TakenPorts {
  std::vector<ReservedPort> reserved;
  std::vector<const Instance*> instances;
  std::vector<UnreadablePort> unreadable{};
  std::vector<Listener> listeners;
};

// AlreadyExists names the first port of `instance` that is taken, and by whom.
// FailedPrecondition: its origin has the port's number on every address of this machine.
// `previous` is what runs by the same name now, null for nothing: its ports are not taken.
absl::Status check_ports_free(const ResolvedInstance& instance, const Instance* previous,
                              const RenderContext& context, const TakenPorts& taken);

}  // namespace mex::nginx
