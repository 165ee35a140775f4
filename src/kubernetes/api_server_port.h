#pragma once

#include <cstdint>

namespace mex::kubernetes {

// Where API servers listen: kubeadm's default, which no flavor changes.
inline constexpr std::uint16_t kApiServerPort = 6443;

}  // namespace mex::kubernetes
