#include "kubernetes/yaml_text.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/status.h"

namespace mex::kubernetes {
namespace {

using nlohmann::ordered_json;

// The code unit of an escape "\uXXXX" at `position`, or 0.
std::uint32_t code_unit_at(std::string_view text, std::size_t position) {
  if (text.size() < position + 6 || text.substr(position, 2) != "\\u") return 0;
  return static_cast<std::uint32_t>(
      std::stoul(std::string(text.substr(position + 2, 4)), nullptr, 16));
}

// JSON writes characters beyond U+FFFF as two escapes of four digits, which YAML does not know: it
// has one of eight (YAML 1.2 section 5.7).
std::string without_surrogates(const std::string& text) {
  std::string yaml;
  yaml.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint32_t high = text[i] == '\\' ? code_unit_at(text, i) : 0;
    if (high >= 0xD800 && high < 0xDC00) {
      const std::uint32_t low = code_unit_at(text, i + 6);
      yaml += fmt::format("\\U{:08x}", 0x10000 + ((high - 0xD800) << 10U) + (low - 0xDC00));
      i += 11;
    } else {
      yaml += text[i];
      // The second half of an escape is not the beginning of another.
      if (text[i] == '\\') yaml += text[++i];
    }
  }
  return yaml;
}

std::string scalar_text(const ordered_json& value) {
  return without_surrogates(
      value.dump(-1, ' ', /*ensure_ascii=*/true, ordered_json::error_handler_t::replace));
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Plain where nothing else could be meant by it.
std::string key_text(const std::string& key) {
  const bool plain =
      !key.empty() && is_letter(key[0]) && std::all_of(key.begin(), key.end(), [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  // Words that some parsers take for something other than text.
  constexpr std::string_view kWords[] = {"y",   "n",    "yes",   "no",  "on",
                                         "off", "true", "false", "null"};
  std::string lower = key;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool word = std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords);
  return plain && !word ? key : scalar_text(key);
}

bool is_inline(const ordered_json& value) { return !value.is_structured() || value.empty(); }

// The lines of a structure that is not empty, each indented by `indent` blanks.
std::string block_text(const ordered_json& value, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string text;
  if (value.is_array()) {
    for (const ordered_json& element : value) {
      if (is_inline(element)) {
        text += margin + "- " + scalar_text(element) + "\n";
      } else {
        std::string lines = block_text(element, indent + 2);
        lines[indent] = '-';
        text += lines;
      }
    }
    return text;
  }
  for (const auto& [key, member] : value.items()) {
    text += margin + key_text(key) + ":";
    text += is_inline(member) ? " " + scalar_text(member) + "\n"
                              : "\n" + block_text(member, indent + 2);
  }
  return text;
}

}  // namespace

std::string yaml_text(const ordered_json& value) {
  return is_inline(value) ? scalar_text(value) + "\n" : block_text(value, 0);
}

}  // namespace mex::kubernetes
