#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "nginx/reconcile/instance_table.h"
#include "nginx/runtime/listening_ports.h"

namespace mex::nginx {

// A TCP port of this machine for the status server of one more instance: neither an instance of
// `entries` has it, for its status or for clients, nor does a socket of `listeners`.
// ResourceExhausted: all ports from 64333 to 64932 are taken. Pure.
absl::StatusOr<std::uint16_t> choose_status_port(const std::vector<InstanceEntry>& entries,
                                                 const std::vector<Listener>& listeners);

}  // namespace mex::nginx
