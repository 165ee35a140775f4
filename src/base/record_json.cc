#include "base/record_json.h"

#include <fmt/format.h>

#include "base/json_text.h"
#include "base/status.h"

namespace mex::base {

std::string JsonPath::to_string() const {
  if (parent_ == nullptr) return {};
  std::string text = parent_->to_string();
  if (member_ != nullptr) {
    text += text.empty() ? "" : ".";
    text += member_;
  } else if (key_ != nullptr) {
    text += fmt::format("[{}]", base::quoted(*key_));
  } else {
    text += fmt::format("[{}]", index_);
  }
  return text;
}

bool JsonReader::read(const Json& json, std::string& value, const JsonPath& path) {
  const auto* text = json.get_ptr<const std::string*>();
  if (text == nullptr) return fail(path, "must be a string");
  value = *text;
  return true;
}

bool JsonReader::read(const Json& json, bool& value, const JsonPath& path) {
  const auto* flag = json.get_ptr<const bool*>();
  if (flag == nullptr) return fail(path, "must be true or false");
  value = *flag;
  return true;
}

bool JsonReader::read(const Json& json, WallTime& value, const JsonPath& path) {
  WallTime::duration since_epoch{};
  if (!read(json, since_epoch, path)) return false;
  value = WallTime(since_epoch);
  return true;
}

bool JsonReader::fail(const JsonPath& path, std::string_view what) {
  const std::string where = path.to_string();
  problem_ = where.empty() ? std::string(what) : fmt::format("{}: {}", where, what);
  return false;
}

bool JsonReader::fail_range(const JsonPath& path, std::int64_t min, std::uint64_t max) {
  return fail(path, fmt::format("must be {} to {}", min, max));
}

absl::Status damaged_record(std::string_view key, std::string_view problem) {
  return error(absl::StatusCode::kDataLoss,
               "store: the record {} is damaged or was written by another version: {}", key,
               problem);
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parse_json(std::string_view text) { return Json::parse(text, nullptr, false); }

}  // namespace mex::base
