#include "openstack/settings/shell_syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <utility>

#include "openstack/settings/shell_cursor.h"
#include "openstack/settings/shell_words.h"

namespace mex::openstack {
namespace {

constexpr int kMaxCommandDepth = 40;

using Kind = ShellCommand::Kind;
using Next = ShellCommand::Next;

class ShellParser {
 public:
  explicit ShellParser(std::string_view text) : cursor_(text), words_(cursor_) {}

  ShellList script(ShellFault& fault) {
    ShellList commands = list({});
    if (!cursor_.at_end()) cursor_.fail(cursor_.line(), "a ) or ;; that ends nothing");
    fault = cursor_.fault();
    return commands;
  }

 private:
  using Ends = std::initializer_list<std::string_view>;

  // Commands up to one of the reserved words, ")" or ";;", which are left to be read.
  ShellList list(Ends ends) {
    ShellList commands;
    for (words_.skip_to_command(); !cursor_.at_end(); words_.skip_to_command()) {
      const bool ends_here = cursor_.peek() == ')' || cursor_.starts_with(";;") ||
                             std::any_of(ends.begin(), ends.end(), [&](std::string_view end) {
                               return cursor_.is_next(end);
                             });
      if (ends_here) break;
      commands.push_back(command());
      commands.back().next = joint();
    }
    return commands;
  }

  Next joint() {
    cursor_.skip_blanks();
    if (cursor_.starts_with("&&")) return cursor_.skip(2), Next::And;
    if (cursor_.starts_with("||")) return cursor_.skip(2), Next::Or;
    if (cursor_.peek() == '|') return cursor_.skip(cursor_.peek(1) == '&' ? 2 : 1), Next::Pipe;
    const bool is_single =
        cursor_.peek() == '&' || (cursor_.peek() == ';' && cursor_.peek(1) != ';');
    if (is_single) cursor_.skip(1);
    return Next::Sequence;
  }

  ShellCommand command() {
    ShellCommand command;
    if (++depth_ > kMaxCommandDepth) cursor_.fail(cursor_.line(), "commands are nested too deeply");
    for (; cursor_.is_next("!"); cursor_.skip_blanks()) {
      command.is_negated = !command.is_negated;
      cursor_.skip(1);
      cursor_.skip_blanks();
    }
    command.line = cursor_.line();
    if (is_compound(command)) {
      do {
        cursor_.skip_blanks();
      } while (words_.redirection());
    } else {
      read_simple(command);
    }
    --depth_;
    return command;
  }

  bool is_compound(ShellCommand& command) {
    if (cursor_.is_next("if")) return read_if(command), true;
    if (cursor_.is_next("for") || cursor_.is_next("select")) return read_for(command), true;
    if (cursor_.is_next("while") || cursor_.is_next("until")) return read_while(command), true;
    if (cursor_.is_next("case")) return read_case(command), true;
    if (cursor_.is_next("[[")) return read_test(command), true;
    if (cursor_.is_next("function")) return read_function(command), true;
    if (cursor_.is_next("{")) {
      command.kind = Kind::Group;
      cursor_.skip(1);
      command.bodies.push_back(list({"}"}));
      return expect("}", command.line, "{"), true;
    }
    if (cursor_.peek() == '(') {
      command.kind = Kind::Subshell;
      return cursor_.parentheses(), true;
    }
    return false;
  }

  // Over `word`, which closes the `opener` of `line`.
  void expect(std::string_view word, int line, std::string_view opener) {
    words_.skip_to_command();
    if (cursor_.is_next(word)) return cursor_.skip(word.size());
    cursor_.fail(line, fmt::format("the '{}' that begins here has no '{}'", opener, word));
  }

  void read_if(ShellCommand& command) {
    command.kind = Kind::If;
    std::string_view opener = "if";
    while (cursor_.is_next(opener)) {
      cursor_.skip(opener.size());
      command.bodies.push_back(list({"then"}));
      expect("then", command.line, "if");
      command.bodies.push_back(list({"elif", "else", "fi"}));
      opener = "elif";
    }
    if (cursor_.is_next("else")) {
      cursor_.skip(4);
      command.bodies.push_back(list({"fi"}));
    }
    expect("fi", command.line, "if");
  }

  void read_loop_body(ShellCommand& command, std::string_view opener) {
    if (cursor_.peek() == ';') cursor_.skip(1);
    expect("do", command.line, opener);
    command.bodies.push_back(list({"done"}));
    expect("done", command.line, opener);
  }

  void read_for(ShellCommand& command) {
    command.kind = Kind::For;
    words_.word();
    cursor_.skip_blanks();
    if (cursor_.starts_with("((")) {
      cursor_.parentheses();
    } else {
      command.name = std::string(words_.word().bare_text());
      words_.skip_to_command();
      if (cursor_.is_next("in")) {
        cursor_.skip(2);
        for (cursor_.skip_blanks(); !cursor_.at_end(); cursor_.skip_blanks()) {
          if (cursor_.peek() == '\n' || cursor_.peek() == ';') break;
          if (!add_word(command)) break;
        }
      }
    }
    cursor_.skip_blanks();
    read_loop_body(command, "for");
  }

  void read_while(ShellCommand& command) {
    command.kind = Kind::While;
    words_.word();
    command.bodies.push_back(list({"do"}));
    read_loop_body(command, "while");
  }

  void read_case(ShellCommand& command) {
    command.kind = Kind::Case;
    words_.word();
    cursor_.skip_blanks();
    add_word(command);
    expect("in", command.line, "case");
    for (words_.skip_to_command(); !cursor_.at_end() && !cursor_.is_next("esac");
         words_.skip_to_command()) {
      while (!cursor_.at_end() && cursor_.peek() != ')') {
        if (words_.word().parts.empty()) cursor_.skip(1);
      }
      cursor_.skip(1);
      command.bodies.push_back(list({"esac"}));
      while (cursor_.peek() == ';' || cursor_.peek() == '&') cursor_.skip(1);
    }
    expect("esac", command.line, "case");
  }

  // Operators are words in there.
  void read_test(ShellCommand& command) {
    command.kind = Kind::Test;
    cursor_.skip(2);
    for (words_.skip_to_command(); !cursor_.at_end() && !cursor_.is_next("]]");
         words_.skip_to_command()) {
      if (ShellWord word = words_.word(); !word.parts.empty()) {
        command.words.push_back(std::move(word));
        continue;
      }
      const bool is_double = cursor_.starts_with("&&") || cursor_.starts_with("||");
      ShellPart part;
      part.text = std::string(is_double ? 2 : 1, cursor_.peek());
      cursor_.skip(part.text.size());
      command.words.push_back({.parts = {std::move(part)}, .line = cursor_.line()});
    }
    expect("]]", command.line, "[[");
  }

  void read_function(ShellCommand& command) {
    words_.word();
    cursor_.skip_blanks();
    command.name = std::string(words_.word().bare_text());
    read_function_body(command);
  }

  void read_function_body(ShellCommand& command) {
    command.kind = Kind::Function;
    cursor_.skip_blanks();
    if (cursor_.peek() == '(') cursor_.parentheses();
    words_.skip_to_command();
    command.bodies.emplace_back();
    if (!cursor_.at_end()) command.bodies.back().push_back(this->command());
  }

  bool add_word(ShellCommand& command) {
    ShellWord word = words_.word();
    if (word.parts.empty()) {
      cursor_.fail(cursor_.line(),
                   fmt::format("a {} that is not in quotes", shown(cursor_.peek())));
      return false;
    }
    command.words.push_back(std::move(word));
    return true;
  }

  static std::string shown(char c) {
    return std::isprint(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : "character";
  }

  void read_simple(ShellCommand& command) {
    constexpr std::array kMisplaced{"then", "else", "elif", "fi", "do", "done", "esac", "}"};
    for (const std::string_view word : kMisplaced) {
      if (cursor_.is_next(word)) {
        return cursor_.fail(cursor_.line(), fmt::format("'{}' closes nothing", word));
      }
    }
    for (cursor_.skip_blanks(); !is_end_of_command(); cursor_.skip_blanks()) {
      if (words_.redirection()) continue;
      ShellAssignment assignment;
      if (command.words.empty() && words_.assignment(assignment)) {
        check_glued(assignment.name);
        command.assignments.push_back(std::move(assignment));
        continue;
      }
      if (cursor_.peek() == '(' && command.words.size() == 1 && command.assignments.empty() &&
          !command.words[0].bare_text().empty()) {
        command.name = std::string(command.words[0].bare_text());
        command.words.clear();
        return read_function_body(command);
      }
      if (!add_word(command)) return;
      const std::string& first = command.words.back().parts[0].text;
      if (command.words.size() > 1) check_glued(first.substr(0, first.find('=')));
    }
  }

  bool is_end_of_command() const {
    const char c = cursor_.peek();
    return cursor_.at_end() || c == '\n' || c == ';' || c == '|' || c == ')' || c == '#' ||
           (c == '&' && cursor_.peek(1) != '>');
  }

  // A character that ends a word directly behind the value of a setting: most likely it belongs to
  // the value.
  void check_glued(std::string_view name) {
    if (!name.starts_with("OS_") || !is_shell_name(name)) return;
    const char c = cursor_.peek();
    const bool is_list = cursor_.starts_with("&&") || cursor_.starts_with("||");
    const bool is_operator =
        c != '\0' && std::string_view("&|<>(").find(c) != std::string_view::npos && !is_list;
    if (!is_operator && !(c == ';' && is_word_behind_semicolon())) return;
    cursor_.fail(cursor_.line(),
                 fmt::format("{}: a value with {} must stand in quotes", name, shown(c)));
  }

  // ";xyz" that is neither an assignment nor a command that such files have.
  bool is_word_behind_semicolon() const {
    std::string word;
    while (std::isalnum(static_cast<unsigned char>(cursor_.peek(word.size() + 1))) != 0 ||
           cursor_.peek(word.size() + 1) == '_') {
      word += cursor_.peek(word.size() + 1);
    }
    constexpr std::array kCommands{"export", "unset", "declare", "typeset", "fi",
                                   "done",   "then",  "do",      "else",    "echo"};
    return !word.empty() && cursor_.peek(word.size() + 1) != '=' &&
           std::find(kCommands.begin(), kCommands.end(), word) == kCommands.end();
  }

  ShellCursor cursor_;
  ShellWords words_;
  int depth_ = 0;
};

}  // namespace

std::string_view ShellWord::bare_text() const {
  const bool is_bare =
      parts.size() == 1 && parts[0].kind == ShellPart::Kind::Text && !parts[0].is_quoted;
  return is_bare ? std::string_view(parts[0].text) : std::string_view();
}

bool is_shell_name(std::string_view text) {
  const auto is_part = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
         std::all_of(text.begin(), text.end(), is_part);
}

ShellList parse_shell(std::string_view text, ShellFault& fault) {
  return ShellParser(text).script(fault);
}

}  // namespace mex::openstack
