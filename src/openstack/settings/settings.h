#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "openstack/cloud_config.h"
#include "openstack/settings/variables.h"

namespace mex::openstack {

// The settings of one source under one set of names, those of clouds.yaml: "auth_url", "username",
// "region_name", … Empty values are as good as none and are left out.
struct Settings {
  enum class Form { Environment, Yaml };

  std::string source;  // for messages
  Form form = Form::Environment;
  std::map<std::string, std::string, std::less<>> values;
  // By the same names, one line each: why a value that the source has is not known here (an error
  // where it is needed), and what else there is to say where a value is not set.
  std::map<std::string, std::string, std::less<>> open;
  std::map<std::string, std::string, std::less<>> hints;
  std::vector<std::string> files;     // that were read
  std::vector<std::string> warnings;  // what the operator should know although it works
  std::string home;                   // what "~" in a path stands for; "" = nothing

  // The value, or "".
  const std::string& get(std::string_view key) const;

  // How the source spells `key`: "OS_AUTH_URL" or "auth_url".
  std::string spelled(std::string_view key) const;
};

// The OS_… ones of `variables`.
Settings settings_from_variables(const Variables& variables, std::string source);

// The name that a variable's setting has in clouds.yaml: "auth_url" for "OS_AUTH_URL".
std::string setting_of(std::string_view variable);

// Checks the settings, reads the certificate files that they name, and makes a configuration of
// them. InvalidArgument names the setting and the source. Domains: the user's own, else
// OS_DOMAIN_ID or OS_DOMAIN_NAME (which then also stands for the project's), else the domain named
// "Default".
absl::StatusOr<CloudConfig> config_from_settings(const Settings& settings);

// `url` without needless slashes and with Keystone's version 3: "…/v2.0" becomes "…/v3", and where
// no version stands "/v3" is added. InvalidArgument if it is not an http(s) URL.
absl::StatusOr<std::string> keystone_v3_url(std::string_view url);

}  // namespace mex::openstack
