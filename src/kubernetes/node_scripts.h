#pragma once

#include <string_view>

// The scripts of node/, put into the program by CMake.
namespace mex::kubernetes {

std::string_view bootstrap_script();  // node/bootstrap.sh
std::string_view network_script();    // node/network.sh

}  // namespace mex::kubernetes
