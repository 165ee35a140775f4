#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace mex::openstack {

// Reads the members of one JSON object of an answer. Nothing throws: the first member that is
// missing or of the wrong type is remembered, reading goes on with empty values, and status() tells
// at the end. A null counts as missing, as Nova and Neutron mean it.
class JsonReader {
 public:
  // `what` names the object in messages and outlives the reader; `json` may be of any type.
  JsonReader(const nlohmann::json& json, std::string_view what);

  std::string required_text(const char* key);
  std::string text(const char* key);  // "" if missing
  bool boolean(const char* key);      // false if missing
  std::optional<std::int64_t> integer(const char* key);
  std::vector<std::string> texts(const char* key);  // empty if missing
  // The member if it is an array or an object; an empty one if missing.
  const nlohmann::json& array(const char* key);
  const nlohmann::json& object(const char* key);

  // Remembers a fault found by the caller.
  void reject(const char* key, std::string_view fault);

  // OK, or Internal: "port: 'id' is missing".
  absl::Status status() const { return status_; }

 private:
  const nlohmann::json* find(const char* key) const;

  const nlohmann::json& json_;
  std::string_view what_;
  absl::Status status_;
};

// Parses without exceptions; Internal if `text` is not JSON.
absl::Status parse_json(std::string_view text, nlohmann::json& json);

// One line, never throws: bytes that are not UTF-8 become U+FFFD.
std::string to_string(const nlohmann::json& json);

}  // namespace mex::openstack
