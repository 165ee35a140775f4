#include "openstack/settings/shell_condition.h"

#include <string>
#include <string_view>

namespace mex::openstack {
namespace {

using Answer = std::optional<bool>;

// Reads the condition from left to right: `or` binds less than `and`, `and` less than `!`.
class Condition {
 public:
  Condition(ShellScope& scope, const std::vector<ShellWord>& words) : scope_(scope) {
    const std::string_view command = words.empty() ? "" : words[0].bare_text();
    at_ = command == "[" || command == "test" ? 1 : 0;
    for (const ShellWord& word : words) words_.push_back(&word);
    if (command == "[" && words.back().bare_text() == "]") words_.pop_back();
  }

  Answer answer() {
    if (at_ >= words_.size()) return false;  // no condition at all is not true
    const Answer result = any();
    return at_ == words_.size() ? result : std::nullopt;
  }

 private:
  bool is_next(std::string_view a, std::string_view b) const {
    if (at_ >= words_.size()) return false;
    const std::string_view word = words_[at_]->bare_text();
    return word == a || word == b;
  }

  Answer any() {
    Answer result = all();
    while (is_next("||", "-o")) {
      ++at_;
      const Answer other = all();
      result = result == true || other == true ? Answer(true)
               : result && other               ? Answer(false)
                                               : std::nullopt;
    }
    return result;
  }

  Answer all() {
    Answer result = one();
    while (is_next("&&", "-a")) {
      ++at_;
      const Answer other = one();
      result = result == false || other == false ? Answer(false)
               : result && other                 ? Answer(true)
                                                 : std::nullopt;
    }
    return result;
  }

  Answer one() {
    bool is_negated = false;
    for (; is_next("!", "!") && at_ + 1 < words_.size(); ++at_) is_negated = !is_negated;
    const Answer result = primary();
    return result && is_negated ? Answer(!*result) : result;
  }

  Answer primary() {
    if (at_ >= words_.size()) return std::nullopt;
    const bool is_comparison = at_ + 2 < words_.size() && is_operator(at_ + 1);
    if (is_comparison) return compare();
    const std::string_view flag = words_[at_]->bare_text();
    if (flag.size() == 2 && flag[0] == '-' && at_ + 1 < words_.size()) {
      at_ += 2;
      const ShellWord& word = *words_[at_ - 1];
      if (flag == "-v") return scope_.is_set(std::string(word.bare_text()));
      if (flag != "-z" && flag != "-n") return std::nullopt;
      const ShellExpansion value = scope_.expand(word);
      if (value.open && !value.open->is_blank) return std::nullopt;
      return value.text.empty() == (flag == "-z");
    }
    const ShellExpansion value = scope_.expand(*words_[at_++]);
    if (value.open && !value.open->is_blank) return std::nullopt;
    return !value.text.empty();
  }

  bool is_operator(std::size_t at) const {
    const std::string_view word = words_[at]->bare_text();
    return word == "=" || word == "==" || word == "!=" || word == "=~" || word == "<" ||
           word == ">" || (word.size() == 3 && word[0] == '-');
  }

  Answer compare() {
    const std::string_view op = words_[at_ + 1]->bare_text();
    const ShellExpansion left = scope_.expand(*words_[at_]);
    const ShellExpansion right = scope_.expand(*words_[at_ + 2]);
    const bool is_pattern =
        words_[at_ + 2]->bare_text().find_first_of("*?[") != std::string_view::npos;
    at_ += 3;
    const bool is_text = op == "=" || op == "==" || op == "!=";
    const bool is_open =
        (left.open && !left.open->is_blank) || (right.open && !right.open->is_blank);
    if (!is_text || is_pattern || is_open) return std::nullopt;
    return (left.text == right.text) == (op != "!=");
  }

  ShellScope& scope_;
  std::vector<const ShellWord*> words_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<bool> evaluate_condition(ShellScope& scope, const std::vector<ShellWord>& words) {
  return Condition(scope, words).answer();
}

}  // namespace mex::openstack
