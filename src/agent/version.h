#pragma once

#include <string_view>

namespace mex::agent {

// Of this program, "0.1.0"; from CMakeLists.txt.
std::string_view version();

}  // namespace mex::agent
