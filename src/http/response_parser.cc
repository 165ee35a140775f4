#include "http/response_parser.h"

#include "http/characters.h"
#include "http/connection_options.h"
#include "http/request_line.h"

namespace mex::http {
namespace {

constexpr std::size_t kVersionLength = 8;  // "HTTP/1.1"

// RFC 9112 section 4: version SP three digits SP [reason]. The second space is missing in answers
// of some old servers when there is no reason; nothing can be misread by that, so it is accepted.
LineFault parse_status_line(std::string_view line, ResponseHead& head) {
  if (const std::size_t bad = find_non_value_byte(line); bad != kNotFound) {
    return {fault_of_byte(line[bad], ParseError::ControlByte), bad};
  }
  if (line.size() < kVersionLength + 4 || line[kVersionLength] != ' ') {
    return {ParseError::StatusLineInvalid, 0};
  }
  const ParseError version_error = parse_version(line.substr(0, kVersionLength), head.version);
  if (version_error != ParseError::None) return {version_error, 0};

  const std::string_view digits = line.substr(kVersionLength + 1, 3);
  head.status = 0;
  for (char c : digits) {
    if (!is_digit(c)) return {ParseError::StatusCodeInvalid, kVersionLength + 1};
    head.status = head.status * 10 + (c - '0');
  }
  // RFC 9110 section 15: codes outside of this range are invalid.
  if (head.status < 100 || head.status > 599) {
    return {ParseError::StatusCodeInvalid, kVersionLength + 1};
  }
  const std::string_view rest = line.substr(kVersionLength + 4);
  if (!rest.empty() && rest.front() != ' ') {
    return {ParseError::StatusLineInvalid, kVersionLength + 4};
  }
  head.reason = rest.empty() ? rest : rest.substr(1);
  return {};
}

// The rules that concern the head as a whole.
ParseError check_head(ResponseHead& head, Method request_method) {
  const FramingVerdict verdict =
      response_framing(head.version, head.status, request_method, head.headers);
  if (verdict.error != ParseError::None) return verdict.error;
  head.framing = verdict.framing;
  const ConnectionOptions options = read_connection_options(head.headers);
  // RFC 9112 section 9.3; a body that ends with the connection leaves none to keep.
  head.keep_alive = !options.close && (head.version == Version::Http11 || options.keep_alive) &&
                    head.framing.kind != BodyFraming::Kind::UntilClose;
  return options.error;
}

}  // namespace

ResponseParser::ResponseParser(ResponseLimits limits) : limits_(limits) {}

void ResponseParser::reset(Method request_method) {
  rewind();
  base_ = nullptr;
  request_method_ = request_method;
}

void ResponseParser::rewind() {
  lines_.rewind();
  status_line_done_ = false;
  head_.headers.clear();
}

ParseOutcome ResponseParser::feed(std::string_view bytes) {
  if (bytes.data() != base_) {
    rewind();
    base_ = bytes.data();
  }
  if (bytes.empty()) return {};
  while (true) {
    const CutLine line = lines_.next(bytes, limits_.head);
    switch (line.state) {
      case CutLine::State::NeedMore:
        return {};
      case CutLine::State::TooLong:
        return ParseOutcome::rejected(ParseError::HeadTooLarge, line.offset);
      case CutLine::State::Rejected:
        return ParseOutcome::rejected(line.error, line.offset);
      case CutLine::State::Line:
        break;
    }
    if (status_line_done_ && line.text.empty()) return finish();
    const LineFault fault = parse_line(line.text);
    if (fault.error != ParseError::None)
      return ParseOutcome::rejected(fault.error, line.offset + fault.offset);
  }
}

LineFault ResponseParser::parse_line(std::string_view line) {
  if (status_line_done_) return parse_field_line(line, limits_.headers, head_.headers);
  status_line_done_ = true;
  return parse_status_line(line, head_);
}

ParseOutcome ResponseParser::finish() {
  const std::size_t length = lines_.position();
  if (const ParseError error = check_head(head_, request_method_); error != ParseError::None) {
    return ParseOutcome::rejected(error, length);
  }
  return {ParseOutcome::State::Complete, ParseError::None, 0, length};
}

}  // namespace mex::http
