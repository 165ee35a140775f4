#include "openstack/settings/settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/secret_text.h"
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

absl::Status missing(const Settings& settings, std::string_view key) {
  const auto hint = settings.hints.find(key);
  if (hint != settings.hints.end()) return absl::InvalidArgumentError(hint->second);
  return fault(settings, key, "is not set");
}

// The settings of each kind, in the order in which a missing one is reported.
constexpr std::array kCommonSettings{"auth_url", "auth_type", "auth_plugin",   "region_name",
                                     "region",   "interface", "endpoint_type", "cacert",
                                     "cert",     "key",       "insecure",      "verify"};
constexpr std::array kUserSettings{"username",         "user_name", "user_id",    "user_domain_id",
                                   "user_domain_name", "domain_id", "domain_name"};
constexpr std::array kPasswordSettings{"password",           "project_id",  "project_name",
                                       "tenant_id",          "tenant_name", "project_domain_id",
                                       "project_domain_name"};
constexpr std::array kCredentialSettings{"application_credential_id", "application_credential_name",
                                         "application_credential_secret"};

// An error if the source has one of these, but not in a way that is known here.
template <std::size_t N>
absl::Status check_not_open(const Settings& settings, const std::array<const char*, N>& keys) {
  for (const std::string_view key : keys) {
    const auto open = settings.open.find(key);
    if (open != settings.open.end()) return absl::InvalidArgumentError(open->second);
  }
  return absl::OkStatus();
}

const std::string& first_of(const Settings& settings,
                            std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (const std::string& value = settings.get(key); !value.empty()) return value;
  }
  return settings.get("");
}

// The domain under `prefix` ("user_" or "project_"), else the one of OS_DOMAIN_… or
// OS_DEFAULT_DOMAIN_…, else "Default".
Domain domain_of(const Settings& settings, const std::string& prefix) {
  for (const std::string& stem :
       {prefix + "domain_", std::string("domain_"), std::string("default_domain_")}) {
    Domain domain{.id = settings.get(stem + "id"), .name = settings.get(stem + "name")};
    if (!domain.id.empty()) return {.id = domain.id, .name = {}};
    if (!domain.name.empty()) return domain;
  }
  return {.id = {}, .name = "Default"};
}

absl::StatusOr<base::Secret> read_secret(const Settings& settings, std::string_view key,
                                         base::SecretKind kind) {
  const std::string& value = settings.get(key);
  if (value.empty()) return missing(settings, key);
  return base::parse_secret(value, kind,
                            fmt::format("{}: {}", settings.source, settings.spelled(key)));
}

absl::StatusOr<PasswordLogin> read_password_login(const Settings& settings) {
  MEX_RETURN_IF_ERROR(check_not_open(settings, kUserSettings));
  MEX_RETURN_IF_ERROR(check_not_open(settings, kPasswordSettings));
  PasswordLogin login;
  login.user_id = settings.get("user_id");
  login.user_name = first_of(settings, {"username", "user_name"});
  if (login.user_id.empty() && login.user_name.empty()) {
    return missing(settings, "username");
  }
  login.user_domain = domain_of(settings, "user_");
  MEX_ASSIGN_OR_RETURN(login.password,
                       read_secret(settings, "password", base::SecretKind::Password));
  login.project_id = first_of(settings, {"project_id", "tenant_id"});
  login.project_name = first_of(settings, {"project_name", "tenant_name"});
  if (login.project_id.empty() && login.project_name.empty()) {
    if (settings.get("system_scope").empty()) return missing(settings, "project_name");
    return fault(settings, "system_scope", "is set: the agent works in a project, name one");
  }
  login.project_domain = domain_of(settings, "project_");
  return login;
}

absl::StatusOr<ApplicationCredential> read_application_credential(const Settings& settings) {
  MEX_RETURN_IF_ERROR(check_not_open(settings, kCredentialSettings));
  ApplicationCredential credential;
  credential.id = settings.get("application_credential_id");
  credential.name = settings.get("application_credential_name");
  credential.user_id = settings.get("user_id");
  credential.user_name = first_of(settings, {"username", "user_name"});
  credential.user_domain = domain_of(settings, "user_");
  if (credential.id.empty() && credential.name.empty()) {
    return missing(settings, "application_credential_id");
  }
  if (credential.id.empty() && credential.user_id.empty() && credential.user_name.empty()) {
    return fault(settings, "username",
                 "is not set: an application credential given by name needs its user");
  }
  // Users may choose their own (Keystone's API), with blanks and signs.
  MEX_ASSIGN_OR_RETURN(credential.secret, read_secret(settings, "application_credential_secret",
                                                      base::SecretKind::Password));
  return credential;
}

absl::StatusOr<bool> wants_application_credential(const Settings& settings) {
  const std::string_view key = settings.get("auth_type").empty() ? "auth_plugin" : "auth_type";
  const std::string type = lower(settings.get(key));
  if (type == "v3applicationcredential") return true;
  const bool has_credential = !settings.get("application_credential_id").empty() ||
                              !settings.get("application_credential_name").empty() ||
                              settings.open.contains("application_credential_id") ||
                              settings.open.contains("application_credential_secret");
  if (type.empty()) return has_credential;
  // "password" is also what tools write by default beside an application credential.
  if (type == "password" || type == "v3password" || type == "v2password") {
    return has_credential && settings.get("password").empty();
  }
  return fault(settings, key,
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

// "verify" is also where some write the CA file.
bool is_path(std::string_view text) { return text.find('/') != std::string_view::npos; }

absl::StatusOr<bool> read_insecure(const Settings& settings) {
  const auto insecure = parse_boolean(settings.get("insecure"));
  if (!insecure) return fault(settings, "insecure", "must be true or false");
  const std::string& text = settings.get("verify");
  if (text.empty() || is_path(text)) return *insecure;
  const auto verify = parse_boolean(text);
  if (!verify) return fault(settings, "verify", "must be true or false");
  return *insecure || !*verify;
}

std::string expand_home(const Settings& settings, std::string path) {
  const bool is_of_home = path == "~" || path.starts_with("~/");
  if (is_of_home && !settings.home.empty()) path.replace(0, 1, settings.home);
  return path;
}

absl::StatusOr<std::string> read_named_file(const Settings& settings, std::string_view key) {
  const auto text = base::read_file(expand_home(settings, settings.get(key)));
  if (!text.ok()) {
    return base::error(absl::StatusCode::kInvalidArgument, "{}: {}: {}", settings.source,
                       settings.spelled(key), base::message_of(text.status()));
  }
  return text;
}

absl::Status read_authority(const Settings& settings, CloudConfig& config) {
  MEX_ASSIGN_OR_RETURN(config.insecure, read_insecure(settings));
  const std::string_view key = settings.get("cacert").empty() ? "verify" : "cacert";
  const bool is_given = key == "cacert" || is_path(settings.get("verify"));
  if (config.insecure) {
    config.warnings.push_back(fmt::format(
        "{}: the cloud's certificate is not checked ({}): whoever stands between the agent and the "
        "cloud can read the password",
        settings.source,
        settings.spelled(settings.get("insecure").empty() ? "verify" : "insecure")));
    return absl::OkStatus();
  }
  if (!is_given) return absl::OkStatus();
  config.ca_file = expand_home(settings, settings.get(key));
  return read_named_file(settings, key).status();
}

// The key may stand in the certificate's file.
absl::Status read_client_certificate(const Settings& settings, CloudConfig& config) {
  const bool has_key = !settings.get("key").empty();
  if (settings.get("cert").empty()) {
    return has_key ? fault(settings, "cert", "is not set, but its key is") : absl::OkStatus();
  }
  MEX_ASSIGN_OR_RETURN(config.client_certificate_pem, read_named_file(settings, "cert"));
  MEX_ASSIGN_OR_RETURN(std::string key, read_named_file(settings, has_key ? "key" : "cert"));
  if (key.find("PRIVATE KEY-----") == std::string::npos) {
    return fault(settings, has_key ? "key" : "cert",
                 "names a file that holds no private key (PEM)");
  }
  config.client_key_pem = base::Secret(std::move(key));
  return absl::OkStatus();
}

// What openstacksdk calls the services in its settings; the last one counts least.
constexpr std::array kServiceNames{
    std::pair("block_store", "volumev3"), std::pair("volume", "volumev3"),
    std::pair("volumev2", "volumev3"),    std::pair("block_storage", "volumev3"),
    std::pair("volumev3", "volumev3"),    std::pair("compute", "compute"),
    std::pair("network", "network"),      std::pair("image", "image"),
    std::pair("identity", "identity")};

absl::Status read_endpoint_overrides(const Settings& settings, CloudConfig& config) {
  for (const auto& [name, type] : kServiceNames) {
    for (const std::string_view suffix : {"_endpoint", "_endpoint_override"}) {
      const std::string key = fmt::format("{}{}", name, suffix);
      const auto open = settings.open.find(key);
      if (open != settings.open.end()) return absl::InvalidArgumentError(open->second);
      const std::string& url = settings.get(key);
      if (url.empty()) continue;
      if (!url.starts_with("http://") && !url.starts_with("https://")) {
        return fault(settings, key, "must be a URL");
      }
      config.endpoint_overrides[type] = url;
    }
  }
  return absl::OkStatus();
}

// The names of the settings that were given; no value of them.
std::vector<std::string> names_of(const Settings& settings) {
  std::vector<std::string> names;
  for (const auto& [key, value] : settings.values) {
    if (!value.empty()) names.push_back(settings.spelled(key));
  }
  return names;
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

namespace {

bool is_secret(std::string_view key) {
  return key == "password" || key.ends_with("_secret") || key.ends_with("token") ||
         key == "passcode";
}

}  // namespace

std::string setting_of(std::string_view variable) {
  return lower(variable.starts_with("OS_") ? variable.substr(3) : variable);
}

Settings settings_from_variables(const Variables& variables, std::string source) {
  constexpr std::string_view kPrefix = "OS_";
  Settings settings;
  settings.source = std::move(source);
  for (const auto& [name, value] : variables) {
    if (!name.starts_with(kPrefix)) continue;
    const std::string key = setting_of(name);
    // A carriage return of a file that another system wrote is part of nothing.
    const std::string_view plain =
        is_secret(key) ? base::without_line_ends(value) : base::without_blank_ends(value);
    if (!plain.empty()) settings.values[key] = plain;
  }
  return settings;
}

absl::StatusOr<std::string> keystone_v3_url(std::string_view url) {
  const std::size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  std::string plain(url.substr(0, scheme));
  for (const char c : url.substr(scheme)) {
    if (c != '/' || !plain.ends_with('/')) plain += c;
  }
  if (plain.ends_with('/')) plain.pop_back();
  if (scheme == 0 || plain.size() <= scheme ||
      plain.find_first_of(" \t\r\n?#") != std::string::npos) {
    return absl::InvalidArgumentError("must be a URL like https://cloud.example:5000/v3");
  }
  // "/auth/tokens" is what a program calls; the version may be another one.
  for (const std::string_view end : {"/auth/tokens", "/tokens", "/v3", "/v2.0", "/v2"}) {
    const bool has_end = plain.ends_with(end) && plain.size() > scheme + end.size();
    if (has_end) plain.resize(plain.size() - end.size());
  }
  return plain + "/v3";
}

absl::StatusOr<CloudConfig> config_from_settings(const Settings& settings) {
  CloudConfig config;
  config.source = settings.source;
  config.files = settings.files;
  config.settings = names_of(settings);
  config.warnings = settings.warnings;
  MEX_RETURN_IF_ERROR(check_not_open(settings, kCommonSettings));
  if (settings.get("auth_url").empty()) return missing(settings, "auth_url");
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
  MEX_RETURN_IF_ERROR(read_authority(settings, config));
  MEX_RETURN_IF_ERROR(read_client_certificate(settings, config));
  MEX_RETURN_IF_ERROR(read_endpoint_overrides(settings, config));
  return config;
}

}  // namespace mex::openstack
