#include "kubernetes/json_access.h"

namespace mex::kubernetes {

using nlohmann::json;

const json& member(const json& object, const char* name) {
  static const json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::string text_at(const json& object, const char* name) {
  const auto* const text = member(object, name).get_ptr<const std::string*>();
  return text == nullptr ? std::string() : *text;
}

bool flag_at(const json& object, const char* name) {
  const auto* const flag = member(object, name).get_ptr<const bool*>();
  return flag != nullptr && *flag;
}

std::int64_t number_at(const json& object, const char* name) {
  const json& value = member(object, name);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

std::string object_name(const json& object) {
  const json& metadata = member(object, "metadata");
  const std::string space = text_at(metadata, "namespace");
  return (space.empty() ? "" : space + "/") + text_at(metadata, "name");
}

absl::StatusOr<json> parse_answer(std::string_view text) {
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return absl::InternalError("the answer is not JSON");
  return value;
}

std::string json_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace mex::kubernetes
