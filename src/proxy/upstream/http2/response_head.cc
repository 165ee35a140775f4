#include "proxy/upstream/http2/response_head.h"

#include "http/body_framing.h"
#include "http/characters.h"
#include "http/field_line.h"
#include "http/known_header.h"
#include "http/response_parser.h"
#include "server/http2/field_rules.h"

namespace mex::proxy::upstream::http2 {
namespace {

using http::BodyFraming;

// Memory of a head that is kept for the next one.
constexpr std::size_t kUsualText = 4096;

}  // namespace

void ResponseHead::reset() {
  head_.status = 0;
  head_.headers.clear();
  lines_.clear();
  if (lines_.capacity() > 2 * kUsualText) lines_.shrink_to_fit();
  size_ = 0;
  has_field_ = false;
}

ResponseHead::Fault ResponseHead::add(std::string_view name, std::string_view value) {
  const std::size_t limit = http::ResponseLimits().head;
  size_ += name.size() + value.size() + server::http2::kFieldOverhead;
  if (size_ > 2 * limit) return Fault::Endless;
  if (size_ > limit) return Fault::TooLarge;
  if (name.starts_with(':')) return add_status(name, value);
  has_field_ = true;
  if (!server::http2::is_well_formed_field(name, value)) return Fault::Malformed;
  if (server::http2::is_connection_specific(http::recognise_header(name), value)) {
    return Fault::Malformed;
  }
  lines_.append(name).append(": ").append(value).append("\r\n");
  return Fault::None;
}

// Once, before all other fields, and no other pseudo-header field than this.
ResponseHead::Fault ResponseHead::add_status(std::string_view name, std::string_view value) {
  if (name != ":status" || has_field_ || head_.status != 0 || value.size() != 3) {
    return Fault::Malformed;
  }
  for (const char digit : value) {
    if (!http::is_digit(digit)) return Fault::Malformed;
    head_.status = head_.status * 10 + (digit - '0');
  }
  // RFC 9113 section 8.6: there is no switching of protocols.
  const bool is_status = head_.status >= 100 && head_.status <= 599 && head_.status != 101;
  return is_status ? Fault::None : Fault::Malformed;
}

ResponseHead::Fault ResponseHead::finish(http::Method request_method, bool ends) {
  if (head_.status == 0) return Fault::Malformed;
  // Each line was well-formed by itself.
  if (!http::parse_field_lines(lines_, head_.headers)) return Fault::TooLarge;
  if (is_interim()) return ends ? Fault::Malformed : Fault::None;
  const http::FramingVerdict verdict =
      http::response_framing(http::Version::Http11, head_.status, request_method, head_.headers);
  if (verdict.error != http::ParseError::None) return Fault::Malformed;
  head_.framing = verdict.framing;
  head_.keep_alive = true;
  switch (head_.framing.kind) {
    case BodyFraming::Kind::ContentLength:
      return ends && head_.framing.length > 0 ? Fault::Malformed : Fault::None;
    case BodyFraming::Kind::UntilClose:
      head_.framing.kind = ends ? BodyFraming::Kind::None : BodyFraming::Kind::Chunked;
      return Fault::None;
    default:
      return Fault::None;
  }
}

}  // namespace mex::proxy::upstream::http2
