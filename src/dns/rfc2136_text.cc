#include "dns/rfc2136_text.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

#include "base/dns_name.h"
#include "base/ipv4.h"
#include "base/json_text.h"
#include "base/status.h"

namespace mex::dns {
namespace {

using absl::StatusCode;

constexpr std::size_t kMaxText = 255;  // RFC 1035 section 3.3

// Labels of services begin with an underscore (RFC 8552).
bool is_owner_name(std::string_view name) {
  std::string plain(name);
  if (plain.starts_with("*.")) plain.erase(0, 2);
  for (std::size_t at = 0; at < plain.size(); ++at) {
    const bool begins_label = at == 0 || plain[at - 1] == '.';
    if (plain[at] == '_' && begins_label) plain[at] = 'u';
  }
  return base::is_dns_name(plain);
}

bool is_ipv6_text(std::string_view text) {
  return text.find(':') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
         });
}

bool is_text(std::string_view text) {
  return text.size() <= kMaxText &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_content(RecordType type, std::string_view content) {
  switch (type) {
    case RecordType::A:
      return base::parse_ipv4(content).has_value();
    case RecordType::Aaaa:
      return is_ipv6_text(content);
    case RecordType::Txt:
      return is_text(content);
  }
  return false;
}

// RFC 1035 section 5.1.
std::string written(const DnsRecord& record) {
  if (record.type != RecordType::Txt) return record.content;
  std::string text = "\"";
  for (const char c : record.content) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

std::optional<char> decimal_escape(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value > 255) {
    return std::nullopt;
  }
  return static_cast<char>(value);
}

// The strings of a TXT record, put together.
std::string text_of(std::string_view written) {
  std::string text;
  bool is_quoted = false;
  for (std::size_t at = 0; at < written.size(); ++at) {
    const char c = written[at];
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == '\\' && at + 1 < written.size()) {
      const auto number =
          at + 3 < written.size() ? decimal_escape(written.substr(at + 1, 3)) : std::nullopt;
      text += number ? *number : written[at + 1];
      at += number ? 3 : 1;
    } else if (is_quoted || c != ' ') {
      text += c;
    }
  }
  return text;
}

// "edge.example.net.  300  IN  A  203.0.113.5"
std::optional<DnsRecord> record_in(const std::string& line) {
  std::istringstream fields(line);
  std::string name;
  std::string kind;
  std::string type;
  std::int64_t ttl = 0;
  if (!(fields >> name >> ttl >> kind >> type) || kind != "IN") return std::nullopt;
  DnsRecord record;
  record.name = base::normal_dns_name(name);
  record.ttl = std::chrono::seconds(ttl);
  std::string content;
  std::getline(fields >> std::ws, content);
  for (const RecordType each : {RecordType::A, RecordType::Aaaa, RecordType::Txt}) {
    if (type != to_string(each)) continue;
    record.type = each;
    record.content = each == RecordType::Txt ? text_of(content) : content;
    return record;
  }
  return std::nullopt;
}

std::string_view word_behind(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + mark.size());
  return rest.substr(0, rest.find_first_of(", \n\r"));
}

// RFC 1035 section 4.1.1 and RFC 2136 section 2.2, as BIND's tools spell them.
StatusCode code_of(std::string_view answer) {
  if (answer == "REFUSED") return StatusCode::kPermissionDenied;
  if (answer.starts_with("NOTAUTH") || answer == "NOTZONE") return StatusCode::kNotFound;
  if (answer == "SERVFAIL") return StatusCode::kUnavailable;
  return StatusCode::kFailedPrecondition;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  const std::size_t line = text.rfind('\n');
  return std::string(line == std::string_view::npos ? text : text.substr(line + 1));
}

}  // namespace

absl::Status check_record(const DnsRecord& record) {
  if (!is_owner_name(record.name)) {
    return base::error(StatusCode::kInvalidArgument, "{} is no DNS name",
                       base::quoted(record.name));
  }
  if (!is_content(record.type, record.content)) {
    return base::error(StatusCode::kInvalidArgument, "{} cannot be in a record of type {}",
                       base::quoted(record.content), to_string(record.type));
  }
  return absl::OkStatus();
}

std::string add_line(const DnsRecord& record) {
  return fmt::format("update add {}. {} {} {}\n", record.name, record.ttl.count(),
                     to_string(record.type), written(record));
}

std::string delete_line(const DnsRecord& record) {
  return fmt::format("update delete {}. {} {}\n", record.name, to_string(record.type),
                     written(record));
}

absl::StatusOr<std::vector<DnsRecord>> read_answer(std::string_view output, const std::string& name,
                                                   RecordType type) {
  const std::string_view answer = word_behind(output, "status: ");
  if (answer.empty()) {
    return base::error(StatusCode::kUnavailable, "no answer: {}", last_line(output));
  }
  // RFC 8945 section 5.2: in answers to questions NOTAUTH is always about the key.
  if (answer == "NOTAUTH") {
    return base::error(StatusCode::kUnauthenticated, "the TSIG key is refused ({})", answer);
  }
  std::vector<DnsRecord> records;
  if (answer == "NXDOMAIN") return records;
  if (answer != "NOERROR") {
    return base::error(code_of(answer), "{}: the server answers {}", name, answer);
  }
  std::istringstream lines{std::string(output)};
  for (std::string line; std::getline(lines, line);) {
    const auto record = record_in(line);
    if (record && record->name == name && record->type == type) records.push_back(*record);
  }
  return records;
}

absl::Status update_error(std::string_view output) {
  if (contains(output, "BADSIG") || contains(output, "BADKEY") || contains(output, "BADTIME")) {
    return base::error(StatusCode::kUnauthenticated, "the TSIG key is refused: {}",
                       last_line(output));
  }
  const std::string_view answer = word_behind(output, "update failed: ");
  if (answer.empty()) return base::error(StatusCode::kUnavailable, "{}", last_line(output));
  return base::error(code_of(answer), "the update is refused: {}", answer);
}

}  // namespace mex::dns
