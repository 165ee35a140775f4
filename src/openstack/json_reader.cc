#include "openstack/json_reader.h"

#include "base/status.h"

namespace mex::openstack {

JsonReader::JsonReader(const nlohmann::json& json, std::string_view what)
    : json_(json), what_(what) {
  if (!json.is_object()) {
    status_ = base::error(absl::StatusCode::kInternal, "{}: the answer is not a JSON object", what);
  }
}

const nlohmann::json* JsonReader::find(const char* key) const {
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

void JsonReader::reject(const char* key, std::string_view fault) {
  if (status_.ok()) {
    status_ = base::error(absl::StatusCode::kInternal, "{}: '{}' {}", what_, key, fault);
  }
}

std::string JsonReader::required_text(const char* key) {
  std::string value = text(key);
  if (value.empty()) reject(key, "is missing");
  return value;
}

std::string JsonReader::text(const char* key) {
  const nlohmann::json* const value = find(key);
  if (value == nullptr) return {};
  if (const auto* const text = value->get_ptr<const std::string*>()) return *text;
  reject(key, "is not a string");
  return {};
}

bool JsonReader::boolean(const char* key) {
  const nlohmann::json* const value = find(key);
  if (value == nullptr) return false;
  if (const auto* const boolean = value->get_ptr<const bool*>()) return *boolean;
  reject(key, "is not true or false");
  return false;
}

std::optional<std::int64_t> JsonReader::integer(const char* key) {
  const nlohmann::json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer()) return value->get<std::int64_t>();
  reject(key, "is not an integer");
  return std::nullopt;
}

std::vector<std::string> JsonReader::texts(const char* key) {
  std::vector<std::string> result;
  for (const nlohmann::json& element : array(key)) {
    const auto* const text = element.get_ptr<const std::string*>();
    if (text == nullptr) {
      reject(key, "is not a list of strings");
      return {};
    }
    result.push_back(*text);
  }
  return result;
}

const nlohmann::json& JsonReader::array(const char* key) {
  static const nlohmann::json kEmpty = nlohmann::json::array();
  const nlohmann::json* const value = find(key);
  if (value != nullptr && value->is_array()) return *value;
  if (value != nullptr) reject(key, "is not a list");
  return kEmpty;
}

const nlohmann::json& JsonReader::object(const char* key) {
  static const nlohmann::json kEmpty = nlohmann::json::object();
  const nlohmann::json* const value = find(key);
  if (value != nullptr && value->is_object()) return *value;
  if (value != nullptr) reject(key, "is not an object");
  return kEmpty;
}

absl::Status parse_json(std::string_view text, nlohmann::json& json) {
  json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_discarded()) return absl::OkStatus();
  json = nullptr;
  return absl::InternalError("the answer is not JSON");
}

std::string to_string(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace mex::openstack
