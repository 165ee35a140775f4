#include "openstack/error_body.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "openstack/json_reader.h"

namespace mex::openstack {
namespace {

constexpr std::size_t kMaxMessage = 400;
constexpr std::size_t kMaxRead = 16 * 1024;  // of a text: the rest of a page says nothing more

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

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() > word.size() &&
         std::equal(word.begin(), word.end(), text.begin(),
                    [](char lower, char c) { return lower == (c | 0x20); }) &&
         !is_letter(text[word.size()]);
}

// Where the tag at the beginning of `text` ends, behind its '>'; 0 if no tag begins there: "2 < 3",
// "<-". What is never shown goes with its tags: a head, whose title says the same as the heading, a
// style, a script.
std::size_t end_of_tag(std::string_view text) {
  const auto behind = [&](std::string_view mark, std::size_t from) {
    const std::size_t at = text.find(mark, from);
    return at == std::string_view::npos ? text.size() : at + mark.size();
  };
  if (text.size() < 2 || text[0] != '<') return 0;
  if (text.starts_with("<!--")) return behind("-->", 4);
  if (text[1] != '/' && text[1] != '!' && text[1] != '?' && !is_letter(text[1])) return 0;
  for (const std::string_view hidden : {"head", "style", "script"}) {
    if (!starts_with_word(text.substr(1), hidden)) continue;
    for (std::size_t at = text.find("</", 1); at != text.npos; at = text.find("</", at + 1)) {
      if (starts_with_word(text.substr(at + 2), hidden)) return behind(">", at);
    }
  }
  return behind(">", 1);
}

// Without its tags, a space for each; entities stay.
std::string without_tags(std::string_view html) {
  std::string text;
  while (!html.empty()) {
    const std::size_t tag = end_of_tag(html);
    if (tag > 0) {
      text += ' ';
      html.remove_prefix(tag);
    } else {
      text += html.front();
      html.remove_prefix(1);
    }
  }
  return text;
}

std::string with_entities_read(std::string_view text) {
  constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&lt;", '<'},    {"&gt;", '>'},   {"&quot;", '"'}, {"&#34;", '"'},
      {"&apos;", '\''}, {"&#39;", '\''}, {"&nbsp;", ' '}, {"&amp;", '&'}};
  std::string result;
  while (!text.empty()) {
    const auto* const entity =
        std::find_if(std::begin(kEntities), std::end(kEntities),
                     [&](const auto& each) { return text.starts_with(each.first); });
    result += entity == std::end(kEntities) ? text.front() : entity->second;
    text.remove_prefix(entity == std::end(kEntities) ? 1 : entity->first.size());
  }
  return result;
}

// The services put HTML into their JSON, too, and proxies in front of them answer with pages. A
// text whose entities make tags again has those taken out as well.
std::string without_html(std::string_view text) {
  return without_tags(with_entities_read(without_tags(text)));
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : without_html(text.substr(0, kMaxRead))) {
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
  } else {
    result.message = body;
  }
  result.type = one_line(result.type);
  result.message = one_line(result.message);
  return result;
}

}  // namespace mex::openstack
