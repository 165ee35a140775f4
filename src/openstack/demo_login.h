#pragma once

#include <string>
#include <utility>

#include "base/secret.h"
#include "openstack/cloud_config.h"

namespace mex::openstack {

// For tests: a login by password at a Keystone that asks for nothing more.
inline CloudConfig demo_login(std::string auth_url) {
  PasswordLogin login;
  login.user_name = "demo";
  login.password = base::Secret("p");
  CloudConfig config;
  config.auth_url = std::move(auth_url);
  config.login = login;
  return config;
}

}  // namespace mex::openstack
