#include "openstack/settings/shell_evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "openstack/settings/shell_condition.h"
#include "openstack/settings/shell_expansion.h"

namespace mex::openstack {
namespace {

constexpr int kMaxCalls = 16;
// Of commands; a script whose functions call each other could go on without end.
constexpr int kMaxSteps = 20'000;

using Kind = ShellCommand::Kind;
using Next = ShellCommand::Next;

// Whether a command succeeds; nothing where only a shell can know.
using Success = std::optional<bool>;

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Evaluator {
 public:
  explicit Evaluator(const Variables& environment) : scope_(environment) {}

  ShellVariables run(const ShellList& script, ShellFault& fault) {
    run_list(script);
    fault = std::move(fault_);
    return scope_.variables();
  }

 private:
  bool has_ended() const { return is_returning_ || !fault_.empty() || steps_ > kMaxSteps; }

  void fail(int line, std::string what) {
    if (fault_.empty()) fault_ = {.line = line, .what = std::move(what)};
  }

  Success run_list(const ShellList& list) {
    Success success = true;
    for (std::size_t i = 0; i < list.size() && !has_ended(); ++i) {
      const Next joined = i == 0 ? Next::Sequence : list[i - 1].next;
      if (list[i].next == Next::Pipe || joined == Next::Pipe) {
        success = std::nullopt;  // each part of a pipe is another process
        continue;
      }
      if (joined == Next::And || joined == Next::Or) {
        const bool wanted = joined == Next::And;
        if (success && *success != wanted) continue;
        if (!success) {
          run_perhaps(list[i]);
          continue;
        }
      }
      success = run_command(list[i]);
      if (list[i].is_negated && success) success = !*success;
    }
    return success;
  }

  // Under a condition that is not known: what it sets is open afterwards.
  template <typename Commands>
  void run_perhaps(const Commands& commands) {
    ++uncertain_;
    if constexpr (std::is_same_v<Commands, ShellList>) {
      run_list(commands);
    } else {
      run_command(commands);
    }
    --uncertain_;
  }

  Success run_command(const ShellCommand& command) {
    if (++steps_ > kMaxSteps) fail(command.line, "does more than a file of settings should");
    if (has_ended()) return std::nullopt;
    switch (command.kind) {
      case Kind::Simple:
        return run_simple(command);
      case Kind::Test:
        return evaluate_condition(scope_, command.words);
      case Kind::If:
        return run_if(command);
      case Kind::For:
        run_for(command);
        return std::nullopt;
      case Kind::While:
        run_perhaps(command.bodies[0]);
        run_perhaps(command.bodies[1]);
        return std::nullopt;
      case Kind::Case:
        for (const ShellList& body : command.bodies) run_perhaps(body);
        return std::nullopt;
      case Kind::Group:
        return run_list(command.bodies[0]);
      case Kind::Function:
        functions_[command.name] = &command.bodies[0];
        return true;
      case Kind::Subshell:
        break;
    }
    return std::nullopt;
  }

  Success run_if(const ShellCommand& command) {
    bool is_open = false;
    std::size_t i = 0;
    for (; i + 1 < command.bodies.size(); i += 2) {
      const Success condition = run_list(command.bodies[i]);
      if (condition && !*condition) continue;
      if (condition && !is_open) return run_list(command.bodies[i + 1]);
      run_perhaps(command.bodies[i + 1]);
      if (condition) return std::nullopt;
      is_open = true;
    }
    if (i == command.bodies.size()) return is_open ? Success() : Success(true);
    if (!is_open) return run_list(command.bodies[i]);
    run_perhaps(command.bodies[i]);
    return std::nullopt;
  }

  void run_for(const ShellCommand& command) {
    std::vector<std::string> values;
    bool is_open = command.name.empty();
    for (const ShellWord& word : command.words) {
      if (unsets_names(command, word)) continue;
      ShellExpansion value = scope_.expand(word);
      is_open = is_open || value.open || !value.missing.empty();
      values.push_back(std::move(value.text));
    }
    if (is_open) {
      if (!command.name.empty()) {
        scope_.set_open(command.name, open(command.line, "is one of several in a loop"));
      }
      return run_perhaps(command.bodies[0]);
    }
    for (std::string& value : values) {
      if (has_ended()) return;
      scope_.set(command.name, {.text = std::move(value), .open = {}, .missing = {}});
      run_list(command.bodies[0]);
    }
  }

  // `for key in $(set | awk … OS_ …); do unset $key; done`, and the same with ${!OS_*}: the
  // settings that may be in the environment are taken away.
  bool unsets_names(const ShellCommand& loop, const ShellWord& word) {
    const auto uses_variable = [&](const ShellWord& each) {
      return std::any_of(each.parts.begin(), each.parts.end(), [&](const ShellPart& part) {
        return part.kind == ShellPart::Kind::Parameter && part.text == loop.name;
      });
    };
    const ShellList& body = loop.bodies[0];
    const bool is_unset = std::any_of(body.begin(), body.end(), [&](const ShellCommand& each) {
      return !each.words.empty() && each.words[0].bare_text() == "unset" &&
             std::any_of(each.words.begin(), each.words.end(), uses_variable);
    });
    if (!is_unset) return false;
    for (const ShellPart& part : word.parts) {
      const bool is_command = part.kind == ShellPart::Kind::Command;
      if (is_command && part.text.find("OS_") != std::string::npos) return take_away("OS_"), true;
      if (part.kind == ShellPart::Kind::Names) return take_away(part.text), true;
    }
    return false;
  }

  void take_away(const std::string& prefix) {
    if (uncertain_ == 0) scope_.unset_names(prefix);
  }

  static OpenValue open(int line, std::string why) {
    return {.line = line, .why = std::move(why), .is_blank = false};
  }

  void assign(const ShellAssignment& assignment) {
    ShellExpansion value = scope_.expand_value(assignment.value, assignment.name);
    const ShellExpansion* before = scope_.find(assignment.name);
    if (assignment.appends && before != nullptr) {
      value.text = before->text + value.text;
      if (before->open) value.open = before->open;
    }
    const bool is_known = !value.open || value.open->is_blank;
    const bool is_same = before != nullptr && !before->open && before->text == value.text;
    if (uncertain_ > 0 && is_known && !is_same)
      return set_perhaps(assignment.name, assignment.value.line);
    scope_.set(assignment.name, std::move(value));
  }

  void set_perhaps(const std::string& name, int line) {
    scope_.set_open(name, open(line, "depends on a condition that only a shell can check"));
  }

  Success run_simple(const ShellCommand& command) {
    if (command.words.empty()) {
      for (const ShellAssignment& assignment : command.assignments) assign(assignment);
      return true;
    }
    std::size_t first = 0;
    while (first + 1 < command.words.size() &&
           is_one_of<2>(command.words[first].bare_text(), {"command", "builtin"})) {
      ++first;
    }
    const std::vector<ShellWord> words(command.words.begin() + static_cast<std::ptrdiff_t>(first),
                                       command.words.end());
    const ShellExpansion name = scope_.expand(words[0]);
    check_is_no_setting(command, words, name.text);
    if (name.open || has_ended()) return std::nullopt;
    return run_named(words, name.text);
  }

  // What people write that have another syntax in mind.
  void check_is_no_setting(const ShellCommand& command, const std::vector<ShellWord>& words,
                           std::string_view name) {
    const std::string_view bare = words[0].bare_text();
    if (bare.starts_with("OS_")) {
      return fail(command.line, fmt::format("{}: expected NAME=value, without blanks around the =",
                                            bare.substr(0, bare.find_first_of(":=+-"))));
    }
    for (const ShellAssignment& assignment : command.assignments) {
      if (!assignment.name.starts_with("OS_")) continue;
      return fail(command.line,
                  fmt::format("{}: a value with blanks must stand in quotes", assignment.name));
    }
    if (words.size() > 1 && is_one_of<2>(name, {"set", "setenv"}) &&
        words[1].parts[0].text.starts_with("OS_")) {
      fail(command.line,
           fmt::format("'{}' assigns nothing here: expected export NAME=value", name));
    }
  }

  Success run_named(const std::vector<ShellWord>& words, const std::string& name) {
    if (is_one_of<5>(name, {"export", "declare", "typeset", "readonly", "local"})) {
      for (std::size_t i = 1; i < words.size(); ++i) declare(words[i]);
      return true;
    }
    if (is_one_of<5>(name, {":", "true", "echo", "printf", "alias"})) return true;
    if (name == "false") return false;
    if (name == "unset") return run_unset(words), true;
    if (name == "read") return run_read(words), true;
    if (name == "[" || name == "test") return evaluate_condition(scope_, words);
    if (name == "return" || name == "exit") {
      is_returning_ = uncertain_ == 0;
      return true;
    }
    const auto function = functions_.find(name);
    if (function == functions_.end() || calls_ >= kMaxCalls) return std::nullopt;
    ++calls_;
    run_list(*function->second);
    is_returning_ = false;
    --calls_;
    return std::nullopt;
  }

  // An argument of export and its like: "-x", NAME, or NAME=value.
  void declare(const ShellWord& word) {
    if (word.parts.empty() || word.parts[0].kind != ShellPart::Kind::Text) return;
    const std::string& text = word.parts[0].text;
    const std::size_t equals = text.find('=');
    const bool appends = equals != std::string::npos && equals > 0 && text[equals - 1] == '+';
    const std::string name = text.substr(0, appends ? equals - 1 : equals);
    if (equals == std::string::npos || !is_shell_name(name)) {
      if (name.starts_with("OS") && !is_shell_name(name)) {
        fail(word.line, "expected NAME=value here");
      }
      return;
    }
    ShellAssignment assignment{.name = name, .appends = appends, .value = word};
    assignment.value.parts[0].text = text.substr(equals + 1);
    assign(assignment);
  }

  void run_unset(const std::vector<ShellWord>& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      const bool is_names =
          words[i].parts.size() == 1 && words[i].parts[0].kind == ShellPart::Kind::Names;
      if (is_names) {
        take_away(words[i].parts[0].text);
        continue;
      }
      const ShellExpansion name = scope_.expand(words[i]);
      if (name.open || !is_shell_name(name.text)) continue;
      if (uncertain_ == 0) {
        scope_.unset(name.text);
      } else if (scope_.is_set(name.text)) {
        set_perhaps(name.text, words[i].line);
      }
    }
  }

  // Options of read that take a value: it is in the same word or in the next one.
  void run_read(const std::vector<ShellWord>& words) {
    constexpr std::string_view kWithValue = "adinNptu";
    for (std::size_t i = 1; i < words.size(); ++i) {
      const ShellExpansion word = scope_.expand(words[i]);
      if (word.text.starts_with('-') && word.text.size() > 1) {
        const std::size_t option = word.text.find_first_of(kWithValue, 1);
        if (option == word.text.size() - 1) ++i;
        continue;
      }
      if (!is_shell_name(word.text)) continue;
      scope_.set_open(word.text, open(words[i].line, "is asked for at a terminal (read)"));
    }
  }

  ShellScope scope_;
  ShellFault fault_;
  std::map<std::string, const ShellList*, std::less<>> functions_;
  int uncertain_ = 0;  // conditions around the command that are not known
  int calls_ = 0;
  int steps_ = 0;
  bool is_returning_ = false;
};

}  // namespace

ShellVariables evaluate_shell(const ShellList& script, const Variables& environment,
                              ShellFault& fault) {
  return Evaluator(environment).run(script, fault);
}

}  // namespace mex::openstack
