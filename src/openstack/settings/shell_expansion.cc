#include "openstack/settings/shell_expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mex::openstack {
namespace {

// Far more than any setting; keeps a script that doubles a variable from growing without end.
constexpr std::size_t kMaxValue = std::size_t{64} << 10U;

OpenValue open_value(int line, std::string why) {
  return {.line = line, .why = std::move(why), .is_blank = false};
}

bool is_positional(std::string_view name) {
  return name == "@" || name == "*" ||
         (name != "0" && name.find_first_not_of("0123456789") == std::string_view::npos);
}

std::string missing_text(std::string_view name) {
  return fmt::format(
      "${}, which is set neither in this file nor in the agent's environment (a $ that belongs to "
      "the value must stand in single quotes)",
      name);
}

}  // namespace

const ShellExpansion* ShellScope::find(std::string_view name) const {
  const auto found = set_.find(name);
  return found == set_.end() ? nullptr : &found->second;
}

void ShellScope::set(const std::string& name, ShellExpansion value) {
  if (value.text.size() > kMaxValue) {
    value.text.clear();
    value.open = open_value(0, "is longer than 64 KiB");
  }
  unset_.erase(name);
  set_[name] = std::move(value);
}

void ShellScope::set_open(const std::string& name, OpenValue why) {
  set(name, {.text = {}, .open = std::move(why), .missing = {}});
}

void ShellScope::unset(const std::string& name) {
  set_.erase(name);
  unset_.insert(name);
}

void ShellScope::unset_names(const std::string& prefix) {
  std::erase_if(set_, [&](const auto& each) { return each.first.starts_with(prefix); });
  hidden_prefixes_.push_back(prefix);
}

bool ShellScope::is_set(const std::string& name) { return value_of(name, 0).missing.empty(); }

// What the script has set; else what the environment has, unless the script has taken it away. A
// setting of the environment becomes the script's when the script looks at it.
ShellExpansion ShellScope::value_of(const std::string& name, int line) {
  if (const ShellExpansion* known = find(name)) {
    // To the one that uses it, it is as missing as what it was made of.
    const bool is_blank = known->open && known->open->is_blank;
    return is_blank ? ShellExpansion{.text = {}, .open = {}, .missing = known->missing} : *known;
  }
  const ShellExpansion nothing{.text = {}, .open = {}, .missing = name};
  if (name == "#") return {.text = "0", .open = {}, .missing = {}};
  if (is_positional(name)) return nothing;  // such a file is read without arguments
  if (!is_shell_name(name)) {
    return {
        .text = {},
        .open = open_value(line, fmt::format("holds ${}, which only a shell has (a $ that "
                                             "belongs to the value must stand in single quotes)",
                                             name)),
        .missing = {}};
  }
  const bool is_hidden =
      unset_.contains(name) ||
      std::any_of(hidden_prefixes_.begin(), hidden_prefixes_.end(),
                  [&](const std::string& prefix) { return name.starts_with(prefix); });
  const auto found = environment_.find(name);
  if (is_hidden || found == environment_.end()) return nothing;
  const ShellExpansion value{.text = found->second, .open = {}, .missing = {}};
  if (name.starts_with("OS_")) set_[name] = value;
  return value;
}

ShellExpansion ShellScope::expand_parameter(const ShellPart& part, int line) {
  ShellExpansion value = value_of(part.text, line);
  if (part.modifier.empty() || value.open) return value;
  if (part.modifier == "#") {
    value.text = fmt::format("{}", value.text.size());
    value.missing.clear();
    return value;
  }
  if (part.modifier == "other") {
    value.open =
        open_value(line, fmt::format("changes ${} in a way that only a shell can", part.text));
    return value;
  }
  const bool counts_empty = part.modifier.front() == ':';
  const bool is_there = value.missing.empty() && !(counts_empty && value.text.empty());
  const char kind = part.modifier.back();
  if (kind == '+') {
    return is_there ? expand(part.operand, line, false) : ShellExpansion{};
  }
  if (is_there || kind == '?') return value;
  ShellExpansion instead = expand(part.operand, line, false);
  if (kind == '=' && is_shell_name(part.text)) set(part.text, instead);
  return instead;
}

ShellExpansion ShellScope::expand(const std::vector<ShellPart>& parts, int line,
                                  bool is_assignment) {
  ShellExpansion whole;
  bool is_first = true;
  for (const ShellPart& part : parts) {
    ShellExpansion piece;
    switch (part.kind) {
      case ShellPart::Kind::Text:
        piece.text = part.text;
        if (is_assignment && is_first && !part.is_quoted &&
            (part.text == "~" || part.text.starts_with("~/"))) {
          const ShellExpansion home = value_of("HOME", line);
          if (home.missing.empty()) piece.text.replace(0, 1, home.text);
        }
        break;
      case ShellPart::Kind::Parameter:
        piece = expand_parameter(part, line);
        break;
      case ShellPart::Kind::Names:
      case ShellPart::Kind::Command:
        piece.open = open_value(line, "is the output of a command, and the agent runs none");
        break;
    }
    is_first = false;
    whole.text += piece.text;
    if (!whole.open) whole.open = piece.open;
    if (whole.missing.empty()) whole.missing = piece.missing;
    if (whole.text.size() > kMaxValue) break;
  }
  return whole;
}

ShellExpansion ShellScope::expand_value(const ShellWord& word, std::string_view name) {
  ShellExpansion value = expand(word.parts, word.line, true);
  if (value.missing == name && !value.text.empty()) value.missing.clear();
  if (value.open || value.missing.empty()) return value;
  const bool is_blank = value.text.empty();
  value.open =
      OpenValue{.line = word.line,
                .why = fmt::format("{} {}", is_blank ? "is" : "holds", missing_text(value.missing)),
                .is_blank = is_blank};
  if (is_blank) return value;
  value.text.clear();
  return value;
}

ShellVariables ShellScope::variables() const {
  ShellVariables variables;
  for (const auto& [name, value] : set_) {
    if (value.open) variables.open[name] = *value.open;
    if (!value.open || value.open->is_blank) variables.known[name] = value.text;
  }
  return variables;
}

}  // namespace mex::openstack
