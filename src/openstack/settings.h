#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "openstack/cloud_config.h"

namespace mex::openstack {

// The settings of one source under one set of names, those of clouds.yaml: "auth_url", "username",
// "region_name", … Empty values are as good as none and are left out.
struct Settings {
  enum class Form { Environment, Yaml };

  std::string source;  // for messages
  Form form = Form::Environment;
  std::map<std::string, std::string, std::less<>> values;

  // The value, or "".
  const std::string& get(std::string_view key) const;

  // How the source spells `key`: "OS_AUTH_URL" or "auth_url".
  std::string spelled(std::string_view key) const;
};

// The OS_… ones of `variables`.
Settings settings_from_variables(const Variables& variables, std::string source);

// Checks the settings and makes a configuration of them. InvalidArgument names the setting and the
// source. Domains: the user's own, else OS_DOMAIN_ID or OS_DOMAIN_NAME (which then also stands for
// the project's), else the domain named "Default".
absl::StatusOr<CloudConfig> config_from_settings(const Settings& settings);

// `url` without slashes at the end and with Keystone's version 3: "…/v2.0" becomes "…/v3", and
// where no version stands "/v3" is added. InvalidArgument if it is not an http(s) URL.
absl::StatusOr<std::string> keystone_v3_url(std::string_view url);

}  // namespace mex::openstack
