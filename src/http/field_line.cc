#include "http/field_line.h"

#include <algorithm>

#include "http/characters.h"

namespace mex::http {
namespace {

LineFault name_fault(std::string_view line, std::size_t end) {
  if (end == line.size()) return {ParseError::HeaderColonMissing, end};
  const char byte = line[end];
  if (byte == ' ' || byte == '\t') {
    // RFC 9112 section 5.1: white space before the colon is where header names were hidden from one
    // of two parsers.
    const std::string_view rest = trim_white_space(line.substr(end));
    const bool colon = !rest.empty() && rest.front() == ':';
    return {colon ? ParseError::SpaceBeforeColon : ParseError::HeaderNameInvalid, end};
  }
  return {fault_of_byte(byte, ParseError::HeaderNameInvalid), end};
}

}  // namespace

ParseError fault_of_byte(char byte, ParseError otherwise) {
  if (byte == '\r') return ParseError::BareCarriageReturn;
  return is_value_byte(byte) ? otherwise : ParseError::ControlByte;
}

LineFault parse_field_line(std::string_view line, std::size_t max_headers, HeaderList& headers) {
  // RFC 9112 sections 2.2 (white space before the first field) and 5.2 (obsolete line folding).
  if (line.front() == ' ' || line.front() == '\t') return {ParseError::LineFolding, 0};

  std::size_t name_end = 0;
  while (name_end < line.size() && is_token_byte(line[name_end])) ++name_end;
  if (name_end == line.size() || line[name_end] != ':') return name_fault(line, name_end);
  if (name_end == 0) return {ParseError::HeaderNameInvalid, 0};

  const std::string_view value = trim_white_space(line.substr(name_end + 1));
  if (const std::size_t bad = find_non_value_byte(value); bad != kNotFound) {
    const auto value_offset = static_cast<std::size_t>(value.data() - line.data());
    return {fault_of_byte(value[bad], ParseError::ControlByte), value_offset + bad};
  }
  if (headers.size() >= max_headers || !headers.append(line.substr(0, name_end), value)) {
    return {ParseError::TooManyHeaders, 0};
  }
  return {};
}

bool parse_field_lines(std::string_view lines, HeaderList& headers) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    if (line.empty()) return false;
    if (parse_field_line(line, HeaderList::kCapacity, headers).error != ParseError::None) {
      return false;
    }
    lines.remove_prefix(std::min(end + 2, lines.size()));
  }
  return true;
}

}  // namespace mex::http
