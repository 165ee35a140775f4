#include "store/record_format.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "store/record_migrations.h"

namespace mex::store {
namespace {

constexpr const char* kMember = "format";

}  // namespace

std::string text_of_record(base::Json json) {
  json[kMember] = kFormat;
  return base::dump(json);
}

absl::StatusOr<base::Json> json_of_record(std::string_view text, std::string_view key) {
  base::Json json = base::parse_json(text);
  if (json.is_discarded()) return base::damaged_record(key, "it is not JSON");
  if (!json.is_object()) return base::damaged_record(key, "must be an object");
  int format = 1;
  if (const auto found = json.find(kMember); found != json.end()) {
    const std::uint64_t number = found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
    if (number < 2) return base::damaged_record(key, "format: must be a whole number from 2 on");
    if (number > static_cast<std::uint64_t>(kFormat)) {
      return base::damaged_record(
          key, fmt::format("format: is {}, and this version knows {}", number, kFormat));
    }
    format = static_cast<int>(number);
    json.erase(found);
  }
  migrate_record(json, key, format);
  return json;
}

}  // namespace mex::store
