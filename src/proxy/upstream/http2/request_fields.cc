#include "proxy/upstream/http2/request_fields.h"

#include "http/known_header.h"
#include "server/http2/field_rules.h"

namespace mex::proxy::upstream::http2 {
namespace {

using http::KnownHeader;

constexpr std::string_view kLineEnd = "\r\n";

bool ends_here(KnownHeader name) {
  switch (name) {
    case KnownHeader::Connection:
    case KnownHeader::Http2Settings:
    case KnownHeader::KeepAlive:
    case KnownHeader::ProxyConnection:
    case KnownHeader::Te:
    case KnownHeader::TransferEncoding:
    case KnownHeader::Upgrade:
      return true;
    default:
      return false;
  }
}

// The next line of `head`, without its end.
std::string_view take_line(std::string_view& head) {
  const std::size_t end = head.find(kLineEnd);
  if (end == std::string_view::npos) return {};
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(end + kLineEnd.size());
  return line;
}

}  // namespace

bool RequestFields::add(std::string_view name, std::string_view value) {
  if (size_ == fields_.size()) return false;
  fields_[size_++] = server::http2::library_field(name, value);
  return true;
}

bool RequestFields::read(std::string_view head, bool is_tls, bool accepts_trailers) {
  constexpr std::string_view kHost = "Host: ";
  size_ = 0;
  const std::string_view request_line = take_line(head);
  const std::string_view host = take_line(head);
  if (!host.starts_with(kHost)) return false;
  if (!add_pseudo_fields(request_line, host.substr(kHost.size()), is_tls)) return false;
  for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return false;
    const std::string_view name = line.substr(0, colon);
    const KnownHeader known = http::recognise_header(name);
    if (known == KnownHeader::Host) return false;
    if (!ends_here(known) && !add(name, line.substr(colon + 2))) return false;
  }
  return !accepts_trailers || add("te", "trailers");
}

// RFC 9113 section 8.3.1.
bool RequestFields::add_pseudo_fields(std::string_view request_line, std::string_view authority,
                                      bool is_tls) {
  const std::size_t first = request_line.find(' ');
  const std::size_t second = request_line.rfind(' ');
  if (first == std::string_view::npos || second == first) return false;
  return add(":method", request_line.substr(0, first)) &&
         add(":scheme", is_tls ? "https" : "http") && add(":authority", authority) &&
         add(":path", request_line.substr(first + 1, second - first - 1));
}

}  // namespace mex::proxy::upstream::http2
