#pragma once

#include <string>

namespace mex::openstack {

// Whose a token is. Names are empty where Keystone, or before a login the settings, do not say
// them.
struct TokenOwner {
  std::string user_id;
  std::string user_name;
  std::string user_domain;
  std::string project_id;
  std::string project_name;
  std::string project_domain;
};

}  // namespace mex::openstack
