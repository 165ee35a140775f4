#include "base/secret_text.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/file.h"
#include "base/status.h"
#include "base/utf8.h"

namespace mex::base {
namespace {

constexpr std::size_t kMaxFile = 16U << 10U;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::array<std::string_view, 3> kLineEnds{"\n", "\r", kByteOrderMark};
// Also what web pages put around a text: no-break spaces, and those of no width.
constexpr std::array<std::string_view, 10> kBlanks{
    "\n", "\r", kByteOrderMark, " ", "\t", "\v", "\f", "\xC2\xA0", "\xE2\x80\x8B", "\xE2\x81\xA0"};

template <std::size_t N>
std::string_view without_ends(std::string_view text, const std::array<std::string_view, N>& ends) {
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (const std::string_view end : ends) {
      if (text.starts_with(end)) {
        text.remove_prefix(end.size());
        has_changed = true;
      }
      if (text.ends_with(end)) {
        text.remove_suffix(end.size());
        has_changed = true;
      }
    }
  }
  return text;
}

bool starts_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         });
}

bool is_in_quotes(std::string_view text) {
  return text.size() >= 2 && text.front() == text.back() &&
         (text.front() == '"' || text.front() == '\'' || text.front() == '`');
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// NAME=VALUE. Base64 has '=' at its end alone, and never a name of letters and '_' before it.
bool is_assignment(std::string_view text) {
  if (starts_ignoring_case(text, "export ")) return true;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const std::string_view name = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  return std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), is_name_character) &&
         value.find_first_not_of('=') != std::string_view::npos;
}

bool is_header(std::string_view text) {
  constexpr std::array<std::string_view, 8> kBeginnings{
      "Bearer ", "Bearer:", "Token ", "Basic ", "X-Auth-", "token:", "Authorization", "curl "};
  return std::any_of(kBeginnings.begin(), kBeginnings.end(), [text](std::string_view beginning) {
    return starts_ignoring_case(text, beginning);
  });
}

bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
         text.find('\0') != std::string_view::npos;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F';
}

// What the text is instead of a secret; empty if it may be one of any kind.
std::string_view looks_like(std::string_view text) {
  if (is_utf16(text)) return "is no text in UTF-8: save it as such";
  if (text.find("-----BEGIN") != std::string_view::npos) return "looks like a PEM file";
  if (text.find_first_of("\r\n") != std::string_view::npos) return "has more than one line";
  if (std::any_of(text.begin(), text.end(), is_control)) return "has control characters in it";
  if (!is_utf8(text)) return "is no text in UTF-8: save it as such";
  return {};
}

// The same of one that is one word.
std::string_view word_looks_like(std::string_view text) {
  if (is_in_quotes(text)) return "is in quotation marks: leave them out";
  if (is_header(text)) return "looks like a header or a command: the value alone belongs here";
  if (is_assignment(text)) {
    return "looks like a line of a shell (NAME=VALUE): the value alone belongs here";
  }
  if (text.starts_with("http://") || text.starts_with("https://")) return "looks like a URL";
  if (text.starts_with('{') || text.starts_with('[')) return "looks like JSON";
  if (text.starts_with('<') && text.ends_with('>')) return "looks like a placeholder";
  if (text.find_first_of(" \t") != std::string_view::npos) return "has a blank in it";
  const bool is_visible =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  return is_visible ? std::string_view() : "has characters in it that are not ASCII";
}

}  // namespace

std::string_view without_blank_ends(std::string_view text) { return without_ends(text, kBlanks); }

std::string_view without_line_ends(std::string_view text) { return without_ends(text, kLineEnds); }

bool is_base64(std::string_view text) {
  const std::size_t end = std::min(text.find('='), text.size());
  const std::string_view digits = text.substr(0, end);
  const std::string_view padding = text.substr(end);
  // RFC 4648 sections 4 and 5; one alphabet or the other.
  const auto is_of = [digits](char plus, char slash) {
    return std::all_of(digits.begin(), digits.end(), [=](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == plus || c == slash;
    });
  };
  const bool is_whole = !digits.empty() && digits.size() % 4 != 1;
  const bool is_padded = padding.empty() || (padding.size() == (4 - digits.size() % 4) % 4 &&
                                             padding.find_first_not_of('=') == padding.npos);
  return is_whole && is_padded && (is_of('+', '/') || is_of('-', '_'));
}

absl::StatusOr<Secret> parse_secret(std::string_view text, SecretKind kind,
                                    std::string_view where) {
  const auto refuse = [where](std::string_view what) {
    return error(absl::StatusCode::kInvalidArgument, "{} {}", where, what);
  };
  const bool is_password = kind == SecretKind::Password;
  const std::string_view plain = is_password ? without_line_ends(text) : without_blank_ends(text);
  if (plain.empty()) return refuse("holds nothing");
  std::string_view what = looks_like(plain);
  if (what.empty() && !is_password) what = word_looks_like(plain);
  if (what.empty() && kind == SecretKind::Base64 && !is_base64(plain)) {
    what = "is not base64, or is cut short";
  }
  if (!what.empty()) return refuse(what);
  return Secret(std::string(plain));
}

absl::StatusOr<Secret> read_secret_file(const std::string& path, SecretKind kind,
                                        std::string_view flag) {
  auto text = read_file(path, kMaxFile);
  if (!text.ok()) return annotate(text.status(), flag);
  const Secret wiped(*std::move(text));
  return parse_secret(wiped.reveal(), kind, fmt::format("{}: {}", flag, path));
}

}  // namespace mex::base
