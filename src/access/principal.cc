#include "access/principal.h"

#include <fmt/format.h>

#include "base/record.h"
#include "base/record_json.h"
#include "base/record_words.h"
#include "base/status.h"

namespace mex::access {

static constexpr auto words_of(Role) { return base::words<Role>({{Role::Admin, "admin"}}); }

static constexpr auto words_of(Proof) {
  return base::words<Proof>(
      {{Proof::None, "none"}, {Proof::Loopback, "loopback"}, {Proof::Token, "token"}});
}

static constexpr auto fields_of(const Principal*) {
  return base::fields(base::field("name", &Principal::name), base::field("role", &Principal::role),
                      base::field("tenant", &Principal::tenant),
                      base::field("proof", &Principal::proof));
}

std::string to_string(const Principal& principal) {
  const std::string_view role = base::to_word(principal.role);
  const std::string_view proof = base::to_word(principal.proof);
  return principal.tenant.empty()
             ? fmt::format("{} ({}, proven by {})", principal.name, role, proof)
             : fmt::format("{} ({} of {}, proven by {})", principal.name, role, principal.tenant,
                           proof);
}

std::string to_json(const Principal& principal) {
  return base::JsonWriter::write(principal).dump(/*indent=*/-1, ' ', /*ensure_ascii=*/true,
                                                 base::Json::error_handler_t::replace);
}

absl::StatusOr<Principal> from_json(std::string_view text) {
  Principal principal{.name = {}, .role = Role::Admin, .proof = Proof::None};
  base::JsonReader reader;
  const bool is_read = reader.read(base::parse_json(text), principal, base::JsonPath());
  if (!is_read || to_json(principal) != text) {
    return base::error(absl::StatusCode::kInvalidArgument, "the text is not a principal");
  }
  return principal;
}

}  // namespace mex::access
