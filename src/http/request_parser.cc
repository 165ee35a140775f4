#include "http/request_parser.h"

#include "http/characters.h"
#include "http/connection_options.h"
#include "http/field_line.h"
#include "http/request_line.h"

namespace mex::http {
namespace {

// RFC 9112 section 3.2: exactly one Host in HTTP/1.1, and a valid one. Section 3.2.2 lets the
// authority of an absolute-form target win over a Host that differs; no honest client sends such a
// request, so it is refused.
ParseError check_host(RequestHead& head) {
  const std::size_t count = head.headers.count(KnownHeader::Host);
  if (count > 1) return ParseError::HostDuplicate;
  if (count == 0) {
    return head.version == Version::Http11 ? ParseError::HostMissing : ParseError::None;
  }
  const std::string_view text = head.headers.value(KnownHeader::Host);
  const std::optional<Authority> host = parse_authority(text);
  if (!host) return ParseError::HostInvalid;
  if (head.target_form == TargetForm::Absolute &&
      (!equals_ignoring_case(host->host, head.host.host) ||
       effective_port(head, *host) != effective_port(head, head.host))) {
    return ParseError::HostMismatch;
  }
  head.host_text = text;
  head.host = *host;
  return ParseError::None;
}

ParseError check_expectation(RequestHead& head) {
  // RFC 9110 section 10.1.1: ignored in HTTP/1.0.
  if (!head.headers.has(KnownHeader::Expect) || head.version == Version::Http10) {
    return ParseError::None;
  }
  for (const Header& header : head.headers) {
    if (header.known == KnownHeader::Expect &&
        !equals_ignoring_case(header.value, "100-continue")) {
      return ParseError::ExpectationUnknown;
    }
  }
  const BodyFraming& framing = head.framing;
  head.expects_continue = framing.kind == BodyFraming::Kind::Chunked || framing.length > 0;
  return ParseError::None;
}

ParseError apply_connection_options(RequestHead& head) {
  const ConnectionOptions options = read_connection_options(head.headers);
  const bool is_http11 = head.version == Version::Http11;
  // RFC 9112 section 9.3.
  head.keep_alive = !options.close && (is_http11 || options.keep_alive);
  // RFC 9110 section 7.8: Upgrade in HTTP/1.0 is ignored.
  head.wants_upgrade = is_http11 && options.upgrade && head.headers.has(KnownHeader::Upgrade);
  return options.error;
}

// The rules that concern the head as a whole.
ParseError check_head(RequestHead& head) {
  if (const ParseError error = check_host(head); error != ParseError::None) return error;
  const FramingVerdict verdict = request_framing(head.version, head.headers);
  if (verdict.error != ParseError::None) return verdict.error;
  head.framing = verdict.framing;
  if (const ParseError error = apply_connection_options(head); error != ParseError::None) {
    return error;
  }
  return check_expectation(head);
}

}  // namespace

RequestParser::RequestParser(RequestLimits limits) : limits_(limits) {}

void RequestParser::reset() {
  rewind();
  base_ = nullptr;
}

void RequestParser::rewind() {
  lines_.rewind();
  stage_ = Stage::Start;
  head_.headers.clear();
  head_.host_text = {};
  head_.host = {};
  head_.expects_continue = false;
}

ParseOutcome RequestParser::feed(std::string_view bytes) {
  if (bytes.data() != base_) {
    rewind();
    base_ = bytes.data();
  }
  if (bytes.empty()) return {};
  // Said at once rather than after a line that may never end: a TLS handshake on a plain port.
  if (!is_method_byte(bytes.front()) && bytes.front() != '\r' && bytes.front() != '\n') {
    return ParseOutcome::rejected(fault_of_byte(bytes.front(), ParseError::MethodInvalid), 0);
  }
  while (true) {
    const bool in_headers = stage_ == Stage::Headers;
    const CutLine line = lines_.next(bytes, in_headers ? limits_.head : limits_.request_line);
    switch (line.state) {
      case CutLine::State::NeedMore:
        return {};
      case CutLine::State::TooLong:
        return ParseOutcome::rejected(
            in_headers ? ParseError::HeadTooLarge : ParseError::RequestLineTooLong, line.offset);
      case CutLine::State::Rejected:
        return ParseOutcome::rejected(line.error, line.offset);
      case CutLine::State::Line:
        break;
    }
    if (in_headers && line.text.empty()) return finish();
    const LineFault fault = parse_line(line.text);
    if (fault.error != ParseError::None)
      return ParseOutcome::rejected(fault.error, line.offset + fault.offset);
  }
}

LineFault RequestParser::parse_line(std::string_view line) {
  if (stage_ == Stage::Headers) {
    return parse_field_line(line, limits_.headers, head_.headers);
  }
  if (line.empty()) {
    // RFC 9112 section 2.2: at least one empty line before the request line is ignored, for clients
    // that end a body with a CRLF too many. More than one is not excused by anything.
    if (stage_ == Stage::AfterEmptyLine) return {ParseError::RequestLineInvalid, 0};
    stage_ = Stage::AfterEmptyLine;
    return {};
  }
  stage_ = Stage::Headers;
  return parse_request_line(line, head_);
}

ParseOutcome RequestParser::finish() {
  const std::size_t length = lines_.position();
  if (const ParseError error = check_head(head_); error != ParseError::None) {
    return ParseOutcome::rejected(error, length);
  }
  return {ParseOutcome::State::Complete, ParseError::None, 0, length};
}

}  // namespace mex::http
