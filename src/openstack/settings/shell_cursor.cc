#include "openstack/settings/shell_cursor.h"

#include <fmt/format.h>

namespace mex::openstack {

char ShellCursor::peek(std::size_t ahead) const {
  return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
}

bool ShellCursor::is_next(std::string_view reserved_word) const {
  if (!starts_with(reserved_word)) return false;
  const std::size_t behind = at_ + reserved_word.size();
  return behind == text_.size() || kEndsShellWord.find(text_[behind]) != std::string_view::npos;
}

void ShellCursor::skip(std::size_t count) {
  for (; count > 0 && !at_end(); --count) {
    if (text_[at_++] == '\n') ++line_;
  }
}

void ShellCursor::skip_blanks() {
  while (peek() == ' ' || peek() == '\t' || starts_with("\\\n")) skip(peek() == '\\' ? 2 : 1);
}

void ShellCursor::skip_rest_of_line() {
  while (!at_end() && peek() != '\n') skip(1);
}

void ShellCursor::fail(int line, std::string_view what) {
  if (fault_.empty()) fault_ = {.line = line, .what = std::string(what)};
  at_ = text_.size();
}

void ShellCursor::skip_opaque() {
  const char quote = peek();
  if (quote == '\\') return skip(2);
  if (quote != '\'' && quote != '"' && quote != '`') return skip(1);
  const int opened = line_;
  skip(1);
  while (!at_end() && peek() != quote) skip(peek() == '\\' && quote != '\'' ? 2 : 1);
  if (at_end()) return fail(opened, fmt::format("the {} that opens here is not closed", quote));
  skip(1);
}

void ShellCursor::skip_to_brace() {
  for (int open = 0; !at_end() && (open > 0 || peek() != '}');) {
    if (peek() == '{') ++open;
    if (peek() == '}') --open;
    skip_opaque();
  }
}

std::string ShellCursor::parentheses() {
  const int opened = line_;
  const std::size_t begin = at_ + 1;
  int open = 0;
  while (!at_end()) {
    const char before = at_ == 0 ? ' ' : text_[at_ - 1];
    if (peek() == '#' && (before == ' ' || before == '\n' || before == '\t')) {
      skip_rest_of_line();
      continue;
    }
    if (peek() == '(') ++open;
    if (peek() == ')' && --open == 0) {
      std::string inside(text_.substr(begin, at_ - begin));
      skip(1);
      return inside;
    }
    skip_opaque();
  }
  fail(opened, "the ( that opens here is not closed");
  return {};
}

}  // namespace mex::openstack
