#pragma once

#include <string>
#include <vector>

#include "agent/options.h"

namespace mex::agent {

// The flags that were given and change nothing, because another one is not as they need it:
// "-dns_token has no effect without -dns". One that has its default's value counts as not given.
std::vector<std::string> flags_without_effect(const Flags& flags);

}  // namespace mex::agent
