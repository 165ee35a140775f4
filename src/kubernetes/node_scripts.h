#pragma once

#include <string_view>

// The scripts and units of node/, put into the program by CMake.
namespace mex::kubernetes {

std::string_view bootstrap_script();      // node/bootstrap.sh
std::string_view network_script();        // node/network.sh
std::string_view certificates_script();   // node/certificates.sh
std::string_view certificates_service();  // node/certificates.service
std::string_view certificates_timer();    // node/certificates.timer

}  // namespace mex::kubernetes
