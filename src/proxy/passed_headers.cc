#include "proxy/passed_headers.h"

#include <algorithm>

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

bool PassedHeaders::add_location(const route::LocationTemplate& location,
                                 const route::LocationParts& parts) {
  text_.clear();
  if (!location.expand(parts, text_)) return false;
  add(http::to_string(KnownHeader::Location), text_);
  return true;
}

void PassedHeaders::apply(const route::HeaderChanges& changes) {
  if (changes.is_empty()) return;
  const auto end = std::remove_if(
      fields_.begin(), fields_.begin() + static_cast<std::ptrdiff_t>(size_),
      [&changes](const server::HeaderView& field) { return changes.drops(field.name); });
  size_ = static_cast<std::size_t>(end - fields_.begin());
  for (const route::HeaderValue& each : changes.added()) add(each.name, each.value);
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
