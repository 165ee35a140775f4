#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "base/secret.h"

namespace mex::openstack {

// A Keystone domain; the id wins where both are known.
struct Domain {
  std::string id;
  std::string name;
};

// A user's password, scoped to one project.
struct PasswordLogin {
  std::string user_id;  // or user_name with user_domain
  std::string user_name;
  Domain user_domain;
  base::Secret password;
  std::string project_id;  // or project_name with project_domain
  std::string project_name;
  Domain project_domain;
};

// An application credential; it carries its project.
struct ApplicationCredential {
  std::string id;  // or name, with the user who made it
  std::string name;
  std::string user_id;
  std::string user_name;
  Domain user_domain;
  base::Secret secret;
};

enum class Interface { Public, Internal, Admin };

std::string_view to_string(Interface interface);  // "public", as in the catalog

// Where a cloud is and how to log in there.
struct CloudConfig {
  std::string source;    // for messages: "environment", "/k8sopenstack/.k8sopenstack.os.env", …
  std::string auth_url;  // Keystone v3, no slash at the end: "https://cloud.example:5000/v3"
  std::variant<PasswordLogin, ApplicationCredential> login;
  std::string region;  // "" = the only one there is
  Interface interface = Interface::Public;
  std::string ca_file;
  bool insecure = false;
  // Who we are to a cloud that asks for it in TLS, as PEM; both or neither.
  std::string client_certificate_pem;
  base::Secret client_key_pem;
  // Where services are, instead of what the catalog says, by the catalog's type: "compute".
  std::map<std::string, std::string, std::less<>> endpoint_overrides;

  // For people, without any value.
  std::vector<std::string> files;     // that the settings were read from
  std::vector<std::string> settings;  // names of those that count, as the source spells them
  std::vector<std::string> warnings;  // one line each
};

// Environment variables by name.
using Variables = std::map<std::string, std::string, std::less<>>;

// The environment of this process.
Variables process_variables();

// Finds and reads the configuration. The first source that is there is used:
//   1. the file named by MEX_K8SOS_ENV (see os_env_file.h; *.yaml, *.yml, *.json: a clouds.yaml)
//   2. OS_CLOUD: that entry of clouds.yaml (see clouds_yaml.h)
//   3. OS_AUTH_URL: the OS_* variables of the environment
//   4. a clouds.yaml on the search path that holds exactly one cloud
// The file of 1 may itself name OS_CLOUD. Values of two sources are not mixed, with two exceptions:
// OS_REGION_NAME beside OS_CLOUD chooses among the cloud's regions, and a setting that a file
// leaves to a terminal or a command, or a password that clouds.yaml does not hold, is taken from
// the environment. FailedPrecondition if there is no source at all; InvalidArgument, naming the
// variable and the source, if one is incomplete or wrong.
absl::StatusOr<CloudConfig> load_cloud_config(const Variables& environment);

}  // namespace mex::openstack
