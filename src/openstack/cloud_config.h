#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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

}  // namespace mex::openstack
