#include "openstack/os_env_file.h"

#include <cstddef>
#include <optional>
#include <string>

#include "base/status.h"

namespace mex::openstack {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

// Reads one line from left to right. Faults are text for people.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  // Puts the line's assignments into `variables`; the fault if there is one.
  std::optional<std::string> read(Variables& variables) {
    skip_blanks();
    skip_export();
    while (!rest_.empty() && rest_.front() != '#') {
      const std::string name = take_name();
      if (name.empty() || rest_.empty() || rest_.front() != '=') {
        return "expected NAME=value here; a value with blanks must stand in quotes";
      }
      rest_.remove_prefix(1);
      std::string value;
      if (auto fault = take_value(value)) return name + ": " + *fault;
      variables[name] = value;
      skip_blanks();
    }
    return std::nullopt;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  void skip_export() {
    constexpr std::string_view kExport = "export";
    if (rest_.starts_with(kExport) && rest_.size() > kExport.size() &&
        is_blank(rest_[kExport.size()])) {
      rest_.remove_prefix(kExport.size());
      skip_blanks();
    }
  }

  std::string take_name() {
    std::string name;
    while (!rest_.empty() &&
           (name.empty() ? is_name_start(rest_.front()) : is_name_part(rest_.front()))) {
      name += rest_.front();
      rest_.remove_prefix(1);
    }
    return name;
  }

  std::optional<std::string> take_value(std::string& value) {
    while (!rest_.empty() && !is_blank(rest_.front())) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\'') {
        if (!take_single_quoted(value)) return "the single quote is not closed on this line";
      } else if (c == '"') {
        if (!take_double_quoted(value)) return "the double quote is not closed on this line";
      } else if (c == '\\') {
        if (rest_.empty()) return "a value cannot go on in the next line";
        take_char(value);
      } else if (c == ';' || c == '&' || c == '|' || c == '<' || c == '>' || c == '(' || c == ')') {
        return "a value with ; & | < > ( ) must stand in quotes";
      } else {
        value += c;
      }
    }
    return std::nullopt;
  }

  bool take_single_quoted(std::string& value) {
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) return false;
    value += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool take_double_quoted(std::string& value) {
    constexpr std::string_view kEscapable = "\"\\$`";
    while (!rest_.empty()) {
      if (rest_.front() == '"') {
        rest_.remove_prefix(1);
        return true;
      }
      if (rest_.front() == '\\' && rest_.size() > 1 &&
          kEscapable.find(rest_[1]) != std::string_view::npos) {
        rest_.remove_prefix(1);
      }
      take_char(value);
    }
    return false;
  }

  void take_char(std::string& value) {
    value += rest_.front();
    rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

}  // namespace

absl::StatusOr<Variables> parse_os_env(std::string_view text, std::string_view file) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Variables variables;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::optional<std::string> fault;
    if (line.find('\0') != std::string_view::npos) {
      fault = "the line holds a zero byte: this is not a text file";
    } else {
      fault = LineReader(line).read(variables);
    }
    if (fault) {
      return base::error(absl::StatusCode::kInvalidArgument, "{}:{}: {}", file, number, *fault);
    }
  }
  return variables;
}

}  // namespace mex::openstack
