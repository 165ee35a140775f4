#include "openstack/token.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.h"
#include "base/status.h"
#include "openstack/json_reader.h"

namespace mex::openstack {
namespace {

using nlohmann::json;

json domain_json(const Domain& domain) {
  return domain.id.empty() ? json{{"name", domain.name}} : json{{"id", domain.id}};
}

json named_in_domain(const std::string& id, const std::string& name, const Domain& domain) {
  if (!id.empty()) return {{"id", id}};
  return {{"name", name}, {"domain", domain_json(domain)}};
}

json auth_json(const PasswordLogin& login) {
  json user = named_in_domain(login.user_id, login.user_name, login.user_domain);
  user["password"] = login.password.reveal();
  return {
      {"identity", {{"methods", {"password"}}, {"password", {{"user", std::move(user)}}}}},
      {"scope",
       {{"project", named_in_domain(login.project_id, login.project_name, login.project_domain)}}}};
}

json auth_json(const ApplicationCredential& credential) {
  json data = {{"secret", credential.secret.reveal()}};
  if (credential.id.empty()) {
    data["name"] = credential.name;
    data["user"] =
        named_in_domain(credential.user_id, credential.user_name, credential.user_domain);
  } else {
    data["id"] = credential.id;
  }
  return {{"identity",
           {{"methods", {"application_credential"}}, {"application_credential", std::move(data)}}}};
}

std::string in_domain(const std::string& id, const std::string& name, const Domain& domain) {
  if (!id.empty()) return fmt::format("'{}'", id);
  return fmt::format("'{}' of domain '{}'", name, domain.id.empty() ? domain.name : domain.id);
}

std::string to_string(const PasswordLogin& login) {
  return fmt::format("user {}, project {}",
                     in_domain(login.user_id, login.user_name, login.user_domain),
                     in_domain(login.project_id, login.project_name, login.project_domain));
}

std::string to_string(const ApplicationCredential& credential) {
  if (!credential.id.empty()) return fmt::format("application credential '{}'", credential.id);
  return fmt::format("application credential '{}' of user {}", credential.name,
                     in_domain(credential.user_id, credential.user_name, credential.user_domain));
}

// "2026-11-22T13:28:25.000000Z": Keystone's times are always UTC, with or without the Z.
std::optional<base::WallTime> keystone_time(const std::string& text) {
  constexpr std::size_t kToSeconds = 19;
  return base::parse_rfc3339(text.substr(0, kToSeconds) + "Z");
}

absl::StatusOr<std::chrono::seconds> read_life(JsonReader& token) {
  const auto issued = keystone_time(token.required_text("issued_at"));
  const auto expires = keystone_time(token.required_text("expires_at"));
  MEX_RETURN_IF_ERROR(token.status());
  if (!issued || !expires) return absl::InternalError("token: its times cannot be read");
  return std::chrono::duration_cast<std::chrono::seconds>(*expires - *issued);
}

absl::Status read_catalog(const json& services, Catalog& catalog) {
  for (const json& service_json : services) {
    JsonReader service(service_json, "catalog");
    const std::string type = service.text("type");
    for (const json& endpoint_json : service.array("endpoints")) {
      JsonReader endpoint(endpoint_json, "catalog");
      const std::string region = endpoint.text("region");
      catalog.push_back({.type = type,
                         .interface = endpoint.text("interface"),
                         .region = region.empty() ? endpoint.text("region_id") : region,
                         .url = endpoint.text("url")});
      MEX_RETURN_IF_ERROR(endpoint.status());
    }
    MEX_RETURN_IF_ERROR(service.status());
  }
  return absl::OkStatus();
}

absl::StatusOr<TokenOwner> read_owner(JsonReader& fields) {
  TokenOwner owner;
  JsonReader project(fields.object("project"), "token.project");
  JsonReader project_domain(project.object("domain"), "token.project.domain");
  JsonReader user(fields.object("user"), "token.user");
  JsonReader user_domain(user.object("domain"), "token.user.domain");
  owner.project_id = project.required_text("id");
  owner.project_name = project.text("name");
  owner.project_domain = project_domain.text("name");
  owner.user_id = user.text("id");
  owner.user_name = user.text("name");
  owner.user_domain = user_domain.text("name");
  for (const JsonReader* reader : {&project, &project_domain, &user, &user_domain}) {
    MEX_RETURN_IF_ERROR(reader->status());
  }
  return owner;
}

}  // namespace

std::string token_request_body(const CloudConfig& config) {
  const json auth = std::visit([](const auto& login) { return auth_json(login); }, config.login);
  return to_string(json{{"auth", auth}});
}

std::string login_to_string(const CloudConfig& config) {
  const std::string who =
      std::visit([](const auto& login) { return to_string(login); }, config.login);
  return fmt::format("log in at {} ({})", config.auth_url, who);
}

absl::StatusOr<std::shared_ptr<const Token>> read_token(const http_client::Response& response,
                                                        base::SteadyTime asked_at) {
  json body;
  MEX_RETURN_IF_ERROR(parse_json(response.body, body));
  JsonReader root(body, "token");
  JsonReader fields(root.object("token"), "token");
  MEX_ASSIGN_OR_RETURN(const std::chrono::seconds life, read_life(fields));
  auto token = std::make_shared<Token>();
  token->id = base::Secret(std::string(response.header("x-subject-token")));
  if (token->id.empty()) return absl::InternalError("token: X-Subject-Token is missing");
  MEX_ASSIGN_OR_RETURN(token->owner, read_owner(fields));
  MEX_RETURN_IF_ERROR(read_catalog(fields.array("catalog"), token->catalog));
  MEX_RETURN_IF_ERROR(fields.status());
  // Services ask Keystone themselves a moment later than we do, hence a margin.
  const auto margin = std::min<std::chrono::seconds>(life / 5, std::chrono::minutes(2));
  token->expires_at = asked_at + life;
  token->renew_at = token->expires_at - margin;
  return token;
}

}  // namespace mex::openstack
