#include "http/request_line.h"

#include "http/characters.h"

namespace mex::http {
namespace {

constexpr std::string_view kHttpScheme = "http://";
constexpr std::string_view kHttpsScheme = "https://";

// Visible ASCII without '#' (RFC 3986). A few visible characters that the RFC wants encoded, such
// as '|', are let through because browsers send them.
LineFault check_target_bytes(std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    const unsigned char byte = as_byte(target[i]);
    if (byte == '#') return {ParseError::TargetFragment, i};
    if (byte <= 0x20 || byte >= 0x7F) {
      return {fault_of_byte(target[i], ParseError::TargetInvalid), i};
    }
  }
  return {};
}

void split_path_and_query(std::string_view text, RequestHead& head) {
  const std::size_t mark = text.find('?');
  head.path = text.substr(0, mark);
  head.has_query = mark != kNotFound;
  head.query = head.has_query ? text.substr(mark + 1) : std::string_view();
  // RFC 9110 section 4.2.3: an empty path means "/".
  if (head.path.empty()) head.path = "/";
}

ParseError parse_absolute_form(RequestHead& head) {
  std::string_view rest = head.target;
  if (starts_with_ignoring_case(rest, kHttpScheme)) {
    rest.remove_prefix(kHttpScheme.size());
  } else if (starts_with_ignoring_case(rest, kHttpsScheme)) {
    rest.remove_prefix(kHttpsScheme.size());
  } else {
    return ParseError::TargetSchemeUnknown;
  }
  const std::size_t end = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, end);
  // RFC 9110 section 4.2.4: a deprecated way to make one host look like another.
  if (authority.find('@') != kNotFound) return ParseError::TargetUserInfo;
  const std::optional<Authority> host = parse_authority(authority);
  if (!host) return ParseError::HostInvalid;
  head.target_form = TargetForm::Absolute;
  head.host_text = authority;
  head.host = *host;
  split_path_and_query(end == kNotFound ? std::string_view() : rest.substr(end), head);
  return ParseError::None;
}

ParseError parse_target_form(RequestHead& head) {
  if (head.target.front() == '/') {
    head.target_form = TargetForm::Origin;
    split_path_and_query(head.target, head);
    return ParseError::None;
  }
  if (head.target == "*") {
    if (head.method != Method::Options) return ParseError::TargetFormNotAllowed;
    head.target_form = TargetForm::Asterisk;
    head.path = head.target;
    head.query = {};
    head.has_query = false;
    return ParseError::None;
  }
  if (head.target.find("://") == kNotFound) return ParseError::TargetFormNotAllowed;
  return parse_absolute_form(head);
}

}  // namespace

ParseError parse_version(std::string_view text, Version& version) {
  if (text == "HTTP/1.1") {
    version = Version::Http11;
    return ParseError::None;
  }
  if (text == "HTTP/1.0") {
    version = Version::Http10;
    return ParseError::None;
  }
  const bool well_formed = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                           text[6] == '.' && is_digit(text[7]);
  return well_formed ? ParseError::VersionUnsupported : ParseError::VersionInvalid;
}

LineFault parse_request_line(std::string_view line, RequestHead& head) {
  std::size_t method_end = 0;
  while (method_end < line.size() && is_method_byte(line[method_end])) ++method_end;
  if (method_end == line.size()) return {ParseError::RequestLineInvalid, method_end};
  if (method_end == 0 || line[method_end] != ' ') {
    return {fault_of_byte(line[method_end], ParseError::MethodInvalid), method_end};
  }
  head.method_text = line.substr(0, method_end);
  head.method = recognise_method(head.method_text);

  // RFC 9112 section 3 lets a server split at any white space; then a request line with spaces in
  // its target means different things to different servers, so it is single spaces only.
  const std::size_t target_start = method_end + 1;
  const std::size_t target_end = line.find(' ', target_start);
  if (target_end == kNotFound || target_end == target_start) {
    return {ParseError::RequestLineInvalid, target_start};
  }
  head.target = line.substr(target_start, target_end - target_start);
  LineFault fault = check_target_bytes(head.target);
  fault.offset += target_start;
  if (fault.error != ParseError::None) return fault;

  fault.offset = target_end + 1;
  const std::string_view version = line.substr(fault.offset);
  if (const std::size_t bad = find_non_value_byte(version); bad != kNotFound) {
    return {fault_of_byte(version[bad], ParseError::ControlByte), fault.offset + bad};
  }
  if (version.find(' ') != kNotFound) return {ParseError::RequestLineInvalid, fault.offset};
  fault.error = parse_version(version, head.version);
  if (fault.error != ParseError::None) return fault;

  fault.offset = 0;
  if (head.method == Method::Connect) {
    fault.error = ParseError::MethodNotImplemented;
    return fault;
  }
  fault.offset = target_start;
  fault.error = parse_target_form(head);
  return fault;
}

}  // namespace mex::http
