#pragma once

#include <chrono>
#include <cstddef>

namespace mex::proxy::upstream {

// What a route allows its origins, where that differs from Options; 0: as Options has it.
struct OriginLimits {
  std::size_t max_connections = 0;  // of one shard
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds first_byte_timeout{};  // of the answer
  std::chrono::milliseconds idle_timeout{};        // between two pieces of it
};

}  // namespace mex::proxy::upstream
