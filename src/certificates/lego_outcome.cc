#include "certificates/lego_outcome.h"

#include <algorithm>
#include <cctype>

#include "base/utf8.h"

namespace mex::certificates {
namespace {

constexpr std::size_t kMaxReason = 1000;

// Log lines begin with "2026/11/22 13:28:25 ".
constexpr std::size_t kStampLength = 20;

bool has_stamp(std::string_view line) {
  constexpr std::string_view kForm = "0000/00/00 00:00:00 ";
  if (line.size() < kStampLength) return false;
  return std::equal(kForm.begin(), kForm.end(), line.begin(), [](char form, char c) {
    return form == '0' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : form == c;
  });
}

std::string_view line_at(std::string_view text, std::size_t begin) {
  return text.substr(begin, text.find('\n', begin) - begin);
}

// The last log line that is none of the running commentary, with all that follows it: what made
// lego give up.
std::string_view last_words(std::string_view output) {
  std::string_view found = output;
  for (std::size_t at = 0; at < output.size();) {
    const std::string_view line = line_at(output, at);
    const bool is_comment = has_stamp(line) && line.substr(kStampLength).starts_with("[INFO]");
    if (has_stamp(line) && !is_comment) found = output.substr(at + kStampLength);
    at += line.size() + 1;
  }
  return found;
}

// White space of any length becomes one space; bytes that are no text become question marks.
std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty() && line.size() < kMaxReason) {
    const std::size_t length = base::utf8_sequence_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (first <= ' ' || first == 0x7F) {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else if (length == 0) {
      line += '?';
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

// Let's Encrypt: "…, retry after 2026-11-23 04:05:06 UTC: see …", or with the T and Z of RFC 3339.
std::optional<base::WallTime> retry_time(std::string_view text) {
  constexpr std::string_view kMark = "retry after ";
  const std::size_t mark = text.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  std::string stamp(text.substr(mark + kMark.size(), 19));
  std::replace(stamp.begin(), stamp.end(), ' ', 'T');
  return base::parse_rfc3339(stamp + "Z");
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

LegoFailure read_lego_failure(std::string_view output) {
  LegoFailure failure;
  failure.reason = one_line(last_words(output));
  if (failure.reason.empty()) failure.reason = "lego ended without a word";
  failure.is_rate_limited = contains(output, "urn:ietf:params:acme:error:rateLimited") ||
                            contains(output, "error: 429 ::");
  if (failure.is_rate_limited) failure.not_before = retry_time(output);
  failure.is_account_unknown = contains(output, "urn:ietf:params:acme:error:accountDoesNotExist");
  return failure;
}

}  // namespace mex::certificates
