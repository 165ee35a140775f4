#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// Reading answers of an API server without exceptions: what is missing, or of another type than
// expected, reads as empty. Callers check for members that they cannot do without.
namespace mex::kubernetes {

// The member, or a JSON null if `object` is no object or has none of that name.
const nlohmann::json& member(const nlohmann::json& object, const char* name);

std::string text_at(const nlohmann::json& object, const char* name);
bool flag_at(const nlohmann::json& object, const char* name);
std::int64_t number_at(const nlohmann::json& object, const char* name);

// "namespace/name" of an object of Kubernetes, or "name" if it has no namespace.
std::string object_name(const nlohmann::json& object);

// Internal if `text` is not JSON.
absl::StatusOr<nlohmann::json> parse_answer(std::string_view text);

// One line; bytes that are not UTF-8 become U+FFFD.
std::string json_text(const nlohmann::json& value);

}  // namespace mex::kubernetes
