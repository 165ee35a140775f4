#include "openstack/error_body.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "openstack/json_reader.h"

namespace mex::openstack {
namespace {

constexpr std::size_t kMaxMessage = 400;

std::string text_at(const nlohmann::json& json, const char* key) {
  if (!json.is_object()) return {};
  const auto found = json.find(key);
  if (found == json.end()) return {};
  const auto* const text = found->get_ptr<const std::string*>();
  return text == nullptr ? std::string() : *text;
}

ErrorBody read_json(const nlohmann::json& json) {
  if (!json.is_object() || json.empty()) return {};
  if (const std::string message = text_at(json, "message"); !message.empty()) {
    return {.type = text_at(json, "type"), .message = message};
  }
  const std::string& key = json.begin().key();
  const nlohmann::json& value = json.begin().value();
  if (const auto* const text = value.get_ptr<const std::string*>()) {
    return {.type = key, .message = *text};
  }
  if (key == "errors" && value.is_array() && !value.empty()) {
    return {.type = text_at(value.front(), "title"), .message = text_at(value.front(), "detail")};
  }
  if (key == "NeutronError") {
    return {.type = text_at(value, "type"), .message = text_at(value, "message")};
  }
  if (key == "error") {
    return {.type = text_at(value, "title"), .message = text_at(value, "message")};
  }
  return {.type = key, .message = text_at(value, "message")};
}

// The text between the tags, without the head, whose title says the same as the heading.
std::string text_of_html(std::string_view html) {
  if (const std::size_t end = html.find("</head>"); end != std::string_view::npos) {
    html.remove_prefix(end);
  }
  std::string text;
  while (!html.empty()) {
    const std::size_t tag = html.find('<');
    text += html.substr(0, tag);
    text += ' ';
    if (tag == std::string_view::npos) break;
    const std::size_t end = html.find('>', tag);
    html.remove_prefix(end == std::string_view::npos ? html.size() : end + 1);
  }
  return text;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  if (line.size() <= kMaxMessage) return line;
  std::size_t end = kMaxMessage;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80U) --end;
  return line.substr(0, end) + "…";
}

ErrorBody read_error_body(std::string_view body) {
  nlohmann::json json;
  ErrorBody result;
  if (parse_json(body, json).ok()) {
    result = read_json(json);
    if (result.message.empty()) result.message = to_string(json);
  } else if (body.find('<') != std::string_view::npos) {
    result.message = text_of_html(body);
  } else {
    result.message = body;
  }
  result.type = one_line(result.type);
  result.message = one_line(result.message);
  return result;
}

}  // namespace mex::openstack
