#pragma once

#include <map>
#include <string>

namespace mex::openstack {

// Environment variables by name.
using Variables = std::map<std::string, std::string, std::less<>>;

// The environment of this process.
Variables process_variables();

}  // namespace mex::openstack
