#pragma once

#include <cstdint>

namespace mex::kubernetes {

// Where kubeadm lets the API server listen unless it is configured otherwise.
inline constexpr std::uint16_t kApiServerPort = 6443;

}  // namespace mex::kubernetes
