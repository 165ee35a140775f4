#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/upstream/origin_error.h"

namespace mex::proxy::upstream {

// An OriginFault as balance::OriginState keeps it; 0: none.
constexpr std::uint8_t fault_code(OriginFault fault) {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(fault) + 1);
}
// "cannot be connected to"; empty for 0.
inline std::string_view what_happened(std::uint8_t code) {
  return code == 0 || code > kOriginFaults ? std::string_view()
                                           : what_happened(static_cast<OriginFault>(code - 1));
}

}  // namespace mex::proxy::upstream
