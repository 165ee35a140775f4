#pragma once

namespace mex::agent {

// From CMakeLists.txt.
inline constexpr char kVersion[] = MEX_VERSION;

}  // namespace mex::agent
