#include "openstack/settings/shell_words.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdint>
#include <optional>
#include <utility>

namespace mex::openstack {
namespace {

constexpr int kMaxWordDepth = 20;
constexpr std::string_view kSpecialParameters = "@*#?$!-0123456789";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

void append_text(std::vector<ShellPart>& parts, std::string_view text, bool is_quoted) {
  const bool goes_on = !parts.empty() && parts.back().kind == ShellPart::Kind::Text &&
                       parts.back().is_quoted == is_quoted;
  if (!goes_on) {
    ShellPart part;
    part.is_quoted = is_quoted;
    parts.push_back(std::move(part));
  }
  parts.back().text += text;
}

ShellPart part_of(ShellPart::Kind kind, std::string text, bool is_quoted) {
  ShellPart part;
  part.kind = kind;
  part.text = std::move(text);
  part.is_quoted = is_quoted;
  return part;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
  } else {
    put(0xF0 | ((code >> 18) & 0x07));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

}  // namespace

void ShellWords::skip_newline() {
  cursor_.skip(1);
  for (const HereDocument& document : std::exchange(here_documents_, {})) {
    while (!cursor_.at_end()) {
      std::string_view line = cursor_.rest();
      line = line.substr(0, line.find('\n'));
      cursor_.skip_rest_of_line();
      cursor_.skip(1);
      while (document.strips_tabs && line.starts_with('\t')) line.remove_prefix(1);
      if (line == document.end) break;
    }
  }
}

void ShellWords::skip_to_command() {
  for (;;) {
    cursor_.skip_blanks();
    if (cursor_.peek() == '#') {
      cursor_.skip_rest_of_line();
    } else if (cursor_.peek() == '\n') {
      skip_newline();
    } else {
      return;
    }
  }
}

ShellWord ShellWords::word() {
  ShellWord word;
  word.line = cursor_.line();
  while (!cursor_.at_end() && kEndsShellWord.find(cursor_.peek()) == std::string_view::npos) {
    const char c = cursor_.peek();
    if (c == '\'') {
      single_quoted(word.parts);
    } else if (c == '"') {
      double_quoted(word.parts);
    } else if (c == '`') {
      backquoted(word.parts, false);
    } else if (c == '$') {
      dollar(word.parts, false);
    } else if (c == '\\') {
      escaped(word.parts);
    } else {
      append_text(word.parts, cursor_.rest().substr(0, 1), false);
      cursor_.skip(1);
    }
  }
  return word;
}

// A backslash outside of quotes: the character behind it, or nothing where the line goes on.
void ShellWords::escaped(std::vector<ShellPart>& parts) {
  cursor_.skip(1);
  if (!cursor_.at_end() && cursor_.peek() != '\n')
    append_text(parts, cursor_.rest().substr(0, 1), true);
  cursor_.skip(1);
}

void ShellWords::single_quoted(std::vector<ShellPart>& parts) {
  const std::string_view rest = cursor_.rest();
  const std::size_t end = rest.find('\'', 1);
  if (end == std::string_view::npos) {
    return cursor_.fail(cursor_.line(), "the single quote that opens here is not closed");
  }
  append_text(parts, rest.substr(1, end - 1), true);
  cursor_.skip(end + 1);
}

void ShellWords::double_quoted(std::vector<ShellPart>& parts) {
  constexpr std::string_view kEscapable = "\"\\$`";
  const int opened = cursor_.line();
  cursor_.skip(1);
  append_text(parts, "", true);
  while (!cursor_.at_end() && cursor_.peek() != '"') {
    if (cursor_.peek() == '$') {
      dollar(parts, true);
    } else if (cursor_.peek() == '`') {
      backquoted(parts, true);
    } else if (cursor_.starts_with("\\\n")) {
      cursor_.skip(2);
    } else {
      if (cursor_.peek() == '\\' && cursor_.peek(1) != '\0' &&
          kEscapable.find(cursor_.peek(1)) != std::string_view::npos) {
        cursor_.skip(1);
      }
      append_text(parts, cursor_.rest().substr(0, 1), true);
      cursor_.skip(1);
    }
  }
  if (cursor_.at_end())
    return cursor_.fail(opened, "the double quote that opens here is not closed");
  cursor_.skip(1);
}

// $'…': what C makes of backslashes. As bash has it, a character of code zero ends the text, and a
// backslash that means nothing stays.
void ShellWords::ansi_quoted(std::vector<ShellPart>& parts) {
  constexpr std::string_view kLetters = "abefnrtv";
  constexpr std::string_view kMeanings = "\a\b\x1b\f\n\r\t\v";
  constexpr std::string_view kThemselves = "\\'\"?";
  const int opened = cursor_.line();
  cursor_.skip(2);
  std::string value;
  std::optional<std::size_t> end;
  const auto add_byte = [&](std::uint32_t code) {
    const char byte = static_cast<char>(code);
    if (byte == '\0' && !end) end = value.size();
    value += byte;
  };
  while (!cursor_.at_end() && cursor_.peek() != '\'') {
    if (cursor_.peek() != '\\') {
      value += cursor_.peek();
      cursor_.skip(1);
      continue;
    }
    cursor_.skip(1);
    const char c = cursor_.peek();
    if (const std::size_t letter = kLetters.find(c); c != '\0' && letter != kLetters.npos) {
      value += kMeanings[letter];
      cursor_.skip(1);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      cursor_.skip(1);
      if (std::isxdigit(static_cast<unsigned char>(cursor_.peek())) == 0) {
        value += '\\';
        value += c;
        continue;
      }
      const std::uint32_t code = number(16, c == 'x' ? 2 : c == 'u' ? 4 : 8);
      c == 'x' || code == 0 ? add_byte(code) : append_utf8(value, code);
    } else if (c >= '0' && c <= '7') {
      add_byte(number(8, 3));
    } else if (!cursor_.at_end()) {
      if (kThemselves.find(c) == kThemselves.npos) value += '\\';
      value += c;
      cursor_.skip(1);
    }
  }
  if (cursor_.at_end())
    return cursor_.fail(opened, "the single quote that opens here is not closed");
  cursor_.skip(1);
  if (end) value.resize(*end);
  append_text(parts, value, true);
}

// The digits that are next, at most so many.
std::uint32_t ShellWords::number(std::uint32_t base, int max_digits) {
  std::uint32_t value = 0;
  for (; max_digits > 0; --max_digits) {
    const auto c = static_cast<unsigned char>(cursor_.peek());
    const bool is_one = base == 16 ? std::isxdigit(c) != 0 : c >= '0' && c <= '7';
    if (!is_one) break;
    const int digit = std::isdigit(c) != 0 ? c - '0' : std::tolower(c) - 'a' + 10;
    value = value * base + static_cast<std::uint32_t>(digit);
    cursor_.skip(1);
  }
  return value;
}

void ShellWords::backquoted(std::vector<ShellPart>& parts, bool is_quoted) {
  const int opened = cursor_.line();
  cursor_.skip(1);
  const std::string_view inside = cursor_.rest();
  while (!cursor_.at_end() && cursor_.peek() != '`') cursor_.skip(cursor_.peek() == '\\' ? 2 : 1);
  if (cursor_.at_end()) return cursor_.fail(opened, "the ` that opens here is not closed");
  parts.push_back(part_of(ShellPart::Kind::Command,
                          std::string(inside.substr(0, inside.size() - cursor_.rest().size())),
                          is_quoted));
  cursor_.skip(1);
}

void ShellWords::dollar(std::vector<ShellPart>& parts, bool is_quoted) {
  const char next = cursor_.peek(1);
  if (next == '\'' && !is_quoted) return ansi_quoted(parts);
  if (next == '"' && !is_quoted) return cursor_.skip(1);
  if (next == '{') return braced_parameter(parts, is_quoted);
  if (next == '(') {
    cursor_.skip(1);
    parts.push_back(part_of(ShellPart::Kind::Command, cursor_.parentheses(), is_quoted));
    return;
  }
  cursor_.skip(1);
  std::size_t length = 0;
  if (is_name_start(next)) {
    while (is_name_part(cursor_.peek(length))) ++length;
  } else if (next != '\0' && kSpecialParameters.find(next) != std::string_view::npos) {
    length = 1;
  }
  if (length == 0) return append_text(parts, "$", is_quoted);
  parts.push_back(part_of(ShellPart::Kind::Parameter, std::string(cursor_.rest().substr(0, length)),
                          is_quoted));
  cursor_.skip(length);
}

void ShellWords::braced_parameter(std::vector<ShellPart>& parts, bool is_quoted) {
  const int opened = cursor_.line();
  cursor_.skip(2);
  ShellPart part = part_of(ShellPart::Kind::Parameter, {}, is_quoted);
  const char first = cursor_.peek();
  if ((first == '#' || first == '!') && is_name_start(cursor_.peek(1))) {
    part.modifier = first == '#' ? "#" : "other";
    cursor_.skip(1);
  }
  while (is_name_part(cursor_.peek())) {
    part.text += cursor_.peek();
    cursor_.skip(1);
  }
  if (part.text.empty() && kSpecialParameters.find(cursor_.peek()) != std::string_view::npos) {
    part.text = cursor_.peek();
    cursor_.skip(1);
  }
  const std::size_t colon = cursor_.peek() == ':' ? 1 : 0;
  constexpr std::string_view kDefaults = "-=?+";
  if (first == '!' && (cursor_.starts_with("*}") || cursor_.starts_with("@}"))) {
    part.kind = ShellPart::Kind::Names;
    cursor_.skip(1);
  } else if (part.modifier.empty() && !part.text.empty() && cursor_.peek(colon) != '\0' &&
             kDefaults.find(cursor_.peek(colon)) != std::string_view::npos) {
    part.modifier = std::string(cursor_.rest().substr(0, colon + 1));
    cursor_.skip(colon + 1);
    part.operand = operand(is_quoted);
  } else if (cursor_.peek() != '}') {
    part.modifier = "other";
    cursor_.skip_to_brace();
  }
  if (cursor_.peek() != '}') return cursor_.fail(opened, "the ${ that opens here is not closed");
  cursor_.skip(1);
  parts.push_back(std::move(part));
}

std::vector<ShellPart> ShellWords::operand(bool is_quoted) {
  std::vector<ShellPart> parts;
  if (++depth_ > kMaxWordDepth) cursor_.fail(cursor_.line(), "${ is nested too deeply");
  while (!cursor_.at_end() && cursor_.peek() != '}') {
    if (cursor_.peek() == '\'' && !is_quoted) {
      single_quoted(parts);
    } else if (cursor_.peek() == '"') {
      double_quoted(parts);
    } else if (cursor_.peek() == '`') {
      backquoted(parts, is_quoted);
    } else if (cursor_.peek() == '$') {
      dollar(parts, is_quoted);
    } else if (cursor_.peek() == '\\') {
      escaped(parts);
    } else {
      append_text(parts, cursor_.rest().substr(0, 1), is_quoted);
      cursor_.skip(1);
    }
  }
  --depth_;
  return parts;
}

bool ShellWords::assignment(ShellAssignment& assignment) {
  if (!is_name_start(cursor_.peek())) return false;
  std::size_t length = 1;
  while (is_name_part(cursor_.peek(length))) ++length;
  const bool appends = cursor_.peek(length) == '+';
  if (cursor_.peek(length + (appends ? 1 : 0)) != '=') return false;
  assignment.name = std::string(cursor_.rest().substr(0, length));
  assignment.appends = appends;
  cursor_.skip(length + (appends ? 2 : 1));
  assignment.value.line = cursor_.line();
  if (cursor_.peek() == '(') {
    assignment.value.parts.push_back(
        part_of(ShellPart::Kind::Command, cursor_.parentheses(), false));
  } else {
    assignment.value = word();
  }
  return true;
}

bool ShellWords::redirection() {
  std::size_t digits = 0;
  while (is_digit(cursor_.peek(digits))) ++digits;
  const bool is_both = digits == 0 && cursor_.starts_with("&>");
  const char operation = cursor_.peek(digits);
  if (!is_both && operation != '<' && operation != '>') return false;
  cursor_.skip(digits);
  HereDocument document{.end = {}, .strips_tabs = cursor_.starts_with("<<-")};
  const bool is_here_document = cursor_.starts_with("<<") && cursor_.peek(2) != '<';
  while (cursor_.peek() != '\0' &&
         std::string_view("<>&|-").find(cursor_.peek()) != std::string_view::npos) {
    if (cursor_.peek(1) == '(') break;
    cursor_.skip(1);
  }
  cursor_.skip_blanks();
  if (cursor_.starts_with("<(") || cursor_.starts_with(">(")) {
    cursor_.skip(1);
    cursor_.parentheses();
    return true;
  }
  for (const ShellPart& part : word().parts) document.end += part.text;
  if (is_here_document) here_documents_.push_back(std::move(document));
  return true;
}

}  // namespace mex::openstack
