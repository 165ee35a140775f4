#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "openstack/settings/shell_evaluation.h"
#include "openstack/settings/shell_syntax.h"

namespace mex::openstack {

// What a word stands for, as far as it is known.
struct ShellExpansion {
  std::string text;
  std::optional<OpenValue> open;  // why the text is not known
  std::string missing;            // the first variable in it that is not set
};

// The variables of a script while it is read, over those of the environment.
class ShellScope {
 public:
  explicit ShellScope(const Variables& environment) : environment_(environment) {}

  ShellExpansion expand(const ShellWord& word) { return expand(word.parts, word.line, false); }
  // The value of an assignment to `name`: with "~/" at its beginning, and open if something in it
  // is missing, other than what `name` was before.
  ShellExpansion expand_value(const ShellWord& word, std::string_view name);

  void set(const std::string& name, ShellExpansion value);
  void set_open(const std::string& name, OpenValue why);
  void unset(const std::string& name);
  void unset_names(const std::string& prefix);  // all that begin with it
  // Null if the script has not set it.
  const ShellExpansion* find(std::string_view name) const;
  bool is_set(const std::string& name);

  ShellVariables variables() const;

 private:
  ShellExpansion expand(const std::vector<ShellPart>& parts, int line, bool is_assignment);
  ShellExpansion expand_parameter(const ShellPart& part, int line);
  ShellExpansion value_of(const std::string& name, int line);

  const Variables& environment_;
  std::map<std::string, ShellExpansion, std::less<>> set_;
  std::set<std::string, std::less<>> unset_;
  std::vector<std::string> hidden_prefixes_;
};

}  // namespace mex::openstack
