#include "proxy/passed_headers.h"

#include "http/known_header.h"

namespace mex::proxy {
namespace {

using http::KnownHeader;

bool has_references(const http::HeaderList& headers) {
  return headers.has(KnownHeader::Location) || headers.has(KnownHeader::SetCookie) ||
         headers.has(KnownHeader::ContentLocation) || headers.has(KnownHeader::Refresh);
}

bool append_rewritten(const http::Header& header, const route::PublicReference& reference,
                      std::string& text) {
  switch (header.known) {
    case KnownHeader::Location:
    case KnownHeader::ContentLocation:
      return reference.rewrite_reference(header.value, text);
    case KnownHeader::Refresh:
      return reference.rewrite_refresh(header.value, text);
    case KnownHeader::SetCookie:
      return reference.rewrite_cookie(header.value, text);
    default:
      return false;
  }
}

}  // namespace

void PassedHeaders::add_all(const http::HeaderList& headers,
                            const route::PublicReference& reference) {
  const std::size_t first = size_;
  for (const http::Header& header : headers) {
    if (!header.hop_by_hop) add(header.name, header.value);
  }
  if (has_references(headers)) rewrite(headers, first, reference);
}

// The text grows while values are appended, so views of it are made at the end.
void PassedHeaders::rewrite(const http::HeaderList& headers, std::size_t first,
                            const route::PublicReference& reference) {
  struct Rewritten {
    std::size_t field;
    std::size_t begin;
    std::size_t end;
  };
  std::array<Rewritten, http::HeaderList::kCapacity> rewritten;
  std::size_t count = 0;
  text_.clear();
  std::size_t field = first;
  for (const http::Header& header : headers) {
    if (header.hop_by_hop) continue;
    const std::size_t begin = text_.size();
    if (append_rewritten(header, reference, text_))
      rewritten[count++] = {field, begin, text_.size()};
    ++field;
  }
  for (const Rewritten& each : std::span(rewritten).first(count)) {
    fields_[each.field].value = std::string_view(text_).substr(each.begin, each.end - each.begin);
  }
}

}  // namespace mex::proxy
