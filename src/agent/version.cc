#include "agent/version.h"

namespace mex::agent {

std::string_view version() { return MEX_VERSION; }

}  // namespace mex::agent
