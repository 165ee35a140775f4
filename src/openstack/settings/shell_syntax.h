#pragma once

#include <string>
#include <string_view>
#include <vector>

// Environment files are shell scripts: "openrc.sh" asks for a password, "admin-openrc.sh" begins
// with a loop. This is what such a file says, as a tree; shell_evaluation.h makes variables of it.
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html, and what bash adds.
namespace mex::openstack {

// A stretch of a word: text, or something that a shell puts in its place.
struct ShellPart {
  enum class Kind {
    Text,
    Parameter,  // ${text}, with `modifier` and `operand`
    Names,      // ${!text*}: the names of the variables that begin with it
    Command,    // $(text), `text`, $((text)), (array): known to a shell alone
  };

  Kind kind = Kind::Text;
  std::string text;
  bool is_quoted = false;
  // Of a parameter: "" for the value itself, "-", "=", "?", "+" with a colon before it or not, "#"
  // for its length; "other" for what changes the value (%, /, ^, …).
  std::string modifier;
  std::vector<ShellPart> operand;
};

struct ShellWord {
  std::vector<ShellPart> parts;
  int line = 1;

  // The word if it is plain text without quotes, else "": what reserved words must be.
  std::string_view bare_text() const;
};

struct ShellAssignment {
  std::string name;
  bool appends = false;  // NAME+=value
  ShellWord value;
};

struct ShellCommand;
using ShellList = std::vector<ShellCommand>;

struct ShellCommand {
  enum class Kind {
    Simple,    // assignments, then words
    Test,      // [[ words ]]
    If,        // bodies: condition, body, condition, body, …, and the else body if they are odd
    For,       // `name` over `words`: bodies[0]
    While,     // bodies: condition, body; `until` likewise
    Case,      // bodies, one for each pattern
    Group,     // bodies[0]
    Subshell,  // of which nothing is seen outside; so is ((…))
    Function,  // `name`: bodies[0]
  };
  enum class Next { Sequence, And, Or, Pipe };  // how the command behind it is joined

  Kind kind = Kind::Simple;
  int line = 1;
  bool is_negated = false;
  std::string name;
  std::vector<ShellAssignment> assignments;
  std::vector<ShellWord> words;
  std::vector<ShellList> bodies;
  Next next = Next::Sequence;
};

// Why a text is no script that can be read. Never shows a value: it may be a password.
struct ShellFault {
  int line = 0;
  std::string what;

  bool empty() const { return what.empty(); }
};

// Takes `text` apart; lines end with "\n". The list counts if `fault` is empty afterwards.
ShellList parse_shell(std::string_view text, ShellFault& fault);

bool is_shell_name(std::string_view text);

}  // namespace mex::openstack
