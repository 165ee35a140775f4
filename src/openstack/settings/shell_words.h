#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "openstack/settings/shell_cursor.h"
#include "openstack/settings/shell_syntax.h"

namespace mex::openstack {

// Reads the words of a script.
class ShellWords {
 public:
  explicit ShellWords(ShellCursor& cursor) : cursor_(cursor) {}

  // Over blanks, newlines and comments.
  void skip_to_command();
  // Over a newline, with the here-documents that were announced on the line before.
  void skip_newline();

  // The word that begins here; without parts if none does.
  ShellWord word();
  // "NAME=value" or "NAME+=value", if that begins here: then `assignment` has it.
  bool assignment(ShellAssignment& assignment);
  // ">file", "2>&1", "<<END", …: skipped if one begins here.
  bool redirection();

 private:
  struct HereDocument {
    std::string end;
    bool strips_tabs = false;
  };

  // Each stands at the character that begins what it reads, and adds to `parts`.
  void escaped(std::vector<ShellPart>& parts);
  void single_quoted(std::vector<ShellPart>& parts);
  void double_quoted(std::vector<ShellPart>& parts);
  void ansi_quoted(std::vector<ShellPart>& parts);
  void backquoted(std::vector<ShellPart>& parts, bool is_quoted);
  void dollar(std::vector<ShellPart>& parts, bool is_quoted);
  void braced_parameter(std::vector<ShellPart>& parts, bool is_quoted);
  std::vector<ShellPart> operand(bool is_quoted);
  std::uint32_t number(std::uint32_t base, int max_digits);

  ShellCursor& cursor_;
  int depth_ = 0;
  std::vector<HereDocument> here_documents_;
};

}  // namespace mex::openstack
