#include "access/principal.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/status.h"

namespace mex::access {
namespace {

using Json = nlohmann::json;

constexpr std::pair<Role, std::string_view> kRoles[] = {{Role::Admin, "admin"}};
constexpr std::pair<Proof, std::string_view> kProofs[] = {
    {Proof::None, "none"}, {Proof::Loopback, "loopback"}, {Proof::Token, "token"}};

template <typename Names, typename Value>
std::string_view name_in(const Names& names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "";
}

template <typename Names, typename Value>
bool read_name(const Names& names, const Json& json, Value& value) {
  for (const auto& [known, name] : names) {
    if (!json.is_string() || json.get_ref<const std::string&>() != name) continue;
    value = known;
    return true;
  }
  return false;
}

bool read_text(const Json& json, std::string& value) {
  if (!json.is_string()) return false;
  value = json.get_ref<const std::string&>();
  return true;
}

}  // namespace

std::string to_string(const Principal& principal) {
  const std::string_view role = name_in(kRoles, principal.role);
  const std::string_view proof = name_in(kProofs, principal.proof);
  return principal.tenant.empty()
             ? fmt::format("{} ({}, proven by {})", principal.name, role, proof)
             : fmt::format("{} ({} of {}, proven by {})", principal.name, role, principal.tenant,
                           proof);
}

std::string to_json(const Principal& principal) {
  const Json json = {{"name", principal.name},
                     {"role", name_in(kRoles, principal.role)},
                     {"tenant", principal.tenant},
                     {"proof", name_in(kProofs, principal.proof)}};
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

absl::StatusOr<Principal> from_json(std::string_view text) {
  const Json json = Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  Principal principal{.name = {}, .role = Role::Admin, .proof = Proof::None};
  if (!json.is_object() || json.size() != 4 ||
      !read_text(json.value("name", Json()), principal.name) ||
      !read_name(kRoles, json.value("role", Json()), principal.role) ||
      !read_text(json.value("tenant", Json()), principal.tenant) ||
      !read_name(kProofs, json.value("proof", Json()), principal.proof)) {
    return base::error(absl::StatusCode::kInvalidArgument, "the text is not a principal");
  }
  return principal;
}

}  // namespace mex::access
