#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "openstack/settings/shell_syntax.h"

namespace mex::openstack {

// What ends a word outside of quotes.
inline constexpr std::string_view kEndsShellWord = " \t\n;&|<>()";

// A place in a script that moves from left to right. The first fault ends the script: from then on
// the place is its end.
class ShellCursor {
 public:
  explicit ShellCursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  int line() const { return line_; }
  std::string_view rest() const { return text_.substr(at_); }
  char peek(std::size_t ahead = 0) const;  // '\0' behind the end
  bool starts_with(std::string_view expected) const { return rest().starts_with(expected); }
  // Whether the next word is exactly that, without quotes.
  bool is_next(std::string_view reserved_word) const;

  void skip(std::size_t count);
  void skip_blanks();
  void skip_rest_of_line();
  // Over a quoted stretch, or one character.
  void skip_opaque();
  // To the "}" that closes what was opened before.
  void skip_to_brace();
  // From an opening parenthesis to behind the one that closes it; what stands between them.
  std::string parentheses();

  void fail(int line, std::string_view what);
  const ShellFault& fault() const { return fault_; }

 private:
  const std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  ShellFault fault_;
};

}  // namespace mex::openstack
