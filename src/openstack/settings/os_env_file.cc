#include "openstack/settings/os_env_file.h"

#include <algorithm>
#include <string>

#include "base/status.h"

namespace mex::openstack {
namespace {

absl::Status to_status(std::string_view file, const ShellFault& fault) {
  return base::error(absl::StatusCode::kInvalidArgument, "{}:{}: {}", file, fault.line, fault.what);
}

// Without byte order mark, and with "\n" where a line ends.
std::string plain_text(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool ends_line = text[i] == '\r' && (i + 1 == text.size() || text[i + 1] == '\n');
    if (!ends_line) plain += text[i];
  }
  return plain;
}

// A line break in a setting is not meant: a quote was not closed, and the next one ends it.
ShellFault find_line_break(const ShellVariables& variables) {
  for (const auto& [name, value] : variables.known) {
    if (name.starts_with("OS_") && value.find('\n') != std::string::npos) {
      return {.line = 1, .what = name + " goes over several lines: is a quote not closed?"};
    }
  }
  return {};
}

}  // namespace

absl::StatusOr<ShellVariables> parse_os_env(std::string_view text, std::string_view file,
                                            const Variables& environment) {
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
    return to_status(file, {.line = static_cast<int>(line) + 1,
                            .what = "the line holds a zero byte: this is not a text in UTF-8"});
  }
  ShellFault fault;
  const std::string plain = plain_text(text);
  const ShellList script = parse_shell(plain, fault);
  if (!fault.empty()) return to_status(file, fault);
  ShellVariables variables = evaluate_shell(script, environment, fault);
  if (fault.empty()) fault = find_line_break(variables);
  if (!fault.empty()) return to_status(file, fault);
  return variables;
}

}  // namespace mex::openstack
