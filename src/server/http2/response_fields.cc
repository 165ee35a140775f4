#include "server/http2/response_fields.h"

#include <charconv>

#include "http/characters.h"
#include "http/known_header.h"
#include "net/buffer.h"
#include "server/http2/field_rules.h"

namespace mex::server::http2 {
namespace {

using http::KnownHeader;

// What HTTP/1 can send.
constexpr std::size_t kMaxBytes = net::BufferPool::kMaxBlock;

// Decided by the stream, or of no meaning over HTTP/2 (RFC 9113 section 8.2.2).
bool belongs_to_stream(KnownHeader header) {
  switch (header) {
    case KnownHeader::Connection:
    case KnownHeader::ContentLength:
    case KnownHeader::Http2Settings:
    case KnownHeader::KeepAlive:
    case KnownHeader::ProxyConnection:
    case KnownHeader::TransferEncoding:
    case KnownHeader::Upgrade:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool ResponseFields::add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size();
  if (size_ == fields_.size() || bytes_ > kMaxBytes) return false;
  fields_[size_++] = library_field(name, value);
  return true;
}

bool ResponseFields::fill(const Plan& plan) {
  size_ = 0;
  bytes_ = 0;
  const int status = plan.opens_websocket ? 200 : plan.status;
  std::to_chars(status_.data(), status_.data() + status_.size(), status);
  bool fits = add(":status", {status_.data(), status_.size()});
  bool is_dated = plan.date.empty();
  for (const HeaderView& header : plan.headers) {
    const KnownHeader known = http::recognise_header(header.name);
    if (belongs_to_stream(known)) continue;
    // RFC 8441 section 5: the answer to a key that the client does not know.
    if (plan.opens_websocket && http::equals_ignoring_case(header.name, "Sec-WebSocket-Accept")) {
      continue;
    }
    const std::string_view value = http::trim_white_space(header.value);
    if (!http::is_token(header.name) || http::find_non_value_byte(value) != http::kNotFound) {
      return false;
    }
    is_dated = is_dated || known == KnownHeader::Date;
    fits = fits && add(header.name, value);
  }
  if (!is_dated) fits = fits && add("date", plan.date);
  if (plan.length) {
    const char* const end =
        std::to_chars(length_.data(), length_.data() + length_.size(), *plan.length).ptr;
    fits = fits &&
           add("content-length", {length_.data(), static_cast<std::size_t>(end - length_.data())});
  }
  return fits;
}

}  // namespace mex::server::http2
