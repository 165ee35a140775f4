#include "openstack/settings.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <optional>

#include "base/status.h"

namespace mex::openstack {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

absl::Status fault(const Settings& settings, std::string_view key, std::string_view what) {
  return base::error(absl::StatusCode::kInvalidArgument, "{}: {} {}", settings.source,
                     settings.spelled(key), what);
}

const std::string& first_of(const Settings& settings,
                            std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const std::string& value = settings.get(key); !value.empty()) return value;
  }
  return settings.get("");
}

// The domain under `prefix` ("user_" or "project_"), else the one of OS_DOMAIN_…, else "Default".
Domain domain_of(const Settings& settings, const std::string& prefix) {
  for (const std::string& stem : {prefix + "domain_", std::string("domain_")}) {
    Domain domain{.id = settings.get(stem + "id"), .name = settings.get(stem + "name")};
    if (!domain.id.empty()) return {.id = domain.id, .name = {}};
    if (!domain.name.empty()) return domain;
  }
  return {.id = {}, .name = "Default"};
}

absl::StatusOr<PasswordLogin> read_password_login(const Settings& settings) {
  PasswordLogin login;
  login.user_id = settings.get("user_id");
  login.user_name = first_of(settings, {"username", "user_name"});
  if (login.user_id.empty() && login.user_name.empty()) {
    return fault(settings, "username", "is not set");
  }
  login.user_domain = domain_of(settings, "user_");
  login.password = base::Secret(settings.get("password"));
  if (login.password.empty()) return fault(settings, "password", "is not set");
  login.project_id = first_of(settings, {"project_id", "tenant_id"});
  login.project_name = first_of(settings, {"project_name", "tenant_name"});
  if (login.project_id.empty() && login.project_name.empty()) {
    return fault(settings, "project_name", "is not set");
  }
  login.project_domain = domain_of(settings, "project_");
  return login;
}

absl::StatusOr<ApplicationCredential> read_application_credential(const Settings& settings) {
  ApplicationCredential credential;
  credential.id = settings.get("application_credential_id");
  credential.name = settings.get("application_credential_name");
  credential.user_id = settings.get("user_id");
  credential.user_name = first_of(settings, {"username", "user_name"});
  credential.user_domain = domain_of(settings, "user_");
  if (credential.id.empty() && credential.name.empty()) {
    return fault(settings, "application_credential_id", "is not set");
  }
  if (credential.id.empty() && credential.user_id.empty() && credential.user_name.empty()) {
    return fault(settings, "username",
                 "is not set: an application credential given by name needs its user");
  }
  credential.secret = base::Secret(settings.get("application_credential_secret"));
  if (credential.secret.empty()) {
    return fault(settings, "application_credential_secret", "is not set");
  }
  return credential;
}

absl::StatusOr<bool> wants_application_credential(const Settings& settings) {
  const std::string type = lower(settings.get("auth_type"));
  if (type == "v3applicationcredential") return true;
  const bool has_credential = !settings.get("application_credential_id").empty() ||
                              !settings.get("application_credential_name").empty();
  if (type.empty()) return has_credential;
  // "password" is also what tools write by default beside an application credential.
  if (type == "password" || type == "v3password" || type == "v2password") {
    return has_credential && settings.get("password").empty();
  }
  return fault(settings, "auth_type",
               fmt::format("'{}' is not supported: password or v3applicationcredential", type));
}

absl::StatusOr<Interface> read_interface(const Settings& settings) {
  const std::string_view key = settings.get("interface").empty() ? "endpoint_type" : "interface";
  std::string value = lower(settings.get(key));
  if (value.ends_with("url")) value.resize(value.size() - 3);
  if (value.empty() || value == "public") return Interface::Public;
  if (value == "internal") return Interface::Internal;
  if (value == "admin") return Interface::Admin;
  return fault(settings, key, "must be public, internal or admin");
}

std::optional<bool> parse_boolean(std::string_view text) {
  const std::string value = lower(text);
  for (const std::string_view yes : {"true", "yes", "on", "1", "t", "y"}) {
    if (value == yes) return true;
  }
  for (const std::string_view no : {"", "false", "no", "off", "0", "f", "n"}) {
    if (value == no) return false;
  }
  return std::nullopt;
}

absl::StatusOr<bool> read_insecure(const Settings& settings) {
  const auto insecure = parse_boolean(settings.get("insecure"));
  if (!insecure) return fault(settings, "insecure", "must be true or false");
  if (settings.get("verify").empty()) return *insecure;
  const auto verify = parse_boolean(settings.get("verify"));
  if (!verify) return fault(settings, "verify", "must be true or false");
  return *insecure || !*verify;
}

}  // namespace

const std::string& Settings::get(std::string_view key) const {
  static const std::string kNone;
  const auto found = values.find(key);
  return found == values.end() ? kNone : found->second;
}

std::string Settings::spelled(std::string_view key) const {
  return form == Form::Yaml ? std::string(key) : "OS_" + upper(key);
}

Settings settings_from_variables(const Variables& variables, std::string source) {
  constexpr std::string_view kPrefix = "OS_";
  Settings settings{.source = std::move(source), .form = Settings::Form::Environment, .values = {}};
  for (const auto& [name, value] : variables) {
    if (name.starts_with(kPrefix) && !value.empty()) {
      settings.values[lower(name.substr(kPrefix.size()))] = value;
    }
  }
  return settings;
}

absl::StatusOr<std::string> keystone_v3_url(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  if (scheme == 0 || url.size() == scheme ||
      url.find_first_of(" \t\r\n?#") != std::string_view::npos) {
    return absl::InvalidArgumentError("must be a URL like https://cloud.example:5000/v3");
  }
  if (url.ends_with("/v3")) return std::string(url);
  for (const std::string_view old : {"/v2.0", "/v2"}) {
    if (url.ends_with(old)) url.remove_suffix(old.size());
  }
  return std::string(url) + "/v3";
}

absl::StatusOr<CloudConfig> config_from_settings(const Settings& settings) {
  CloudConfig config;
  config.source = settings.source;
  if (settings.get("auth_url").empty()) return fault(settings, "auth_url", "is not set");
  const auto url = keystone_v3_url(settings.get("auth_url"));
  if (!url.ok()) return fault(settings, "auth_url", base::message_of(url.status()));
  config.auth_url = *url;
  MEX_ASSIGN_OR_RETURN(const bool by_credential, wants_application_credential(settings));
  if (by_credential) {
    MEX_ASSIGN_OR_RETURN(config.login, read_application_credential(settings));
  } else {
    MEX_ASSIGN_OR_RETURN(config.login, read_password_login(settings));
  }
  config.region = first_of(settings, {"region_name", "region"});
  MEX_ASSIGN_OR_RETURN(config.interface, read_interface(settings));
  config.ca_file = settings.get("cacert");
  MEX_ASSIGN_OR_RETURN(config.insecure, read_insecure(settings));
  return config;
}

}  // namespace mex::openstack
